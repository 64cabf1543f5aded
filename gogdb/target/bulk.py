"""Many small places of memory in few reads: what lies close together comes in one piece."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.errors import Unreadable
from gogdb.target.protocol import Memory

__all__ = ["Piece", "gather"]

# A read of 4 KiB costs hardly more than one of 8 bytes, so gaps up to that are read along;
# beyond a megabyte a read gets no cheaper by the byte.
_GAP = 4096
_CHUNK = 1 << 20

Piece = tuple[bytes, int]  # the bytes of a read, and where in them the place begins


def gather(memory: Memory, places: Sequence[tuple[int, int]]) -> list[Piece | None]:
    """For each (address, bytes) where its content is; None where that cannot be read.

    The result is in the order of `places`, which may overlap and come in any order.
    """
    found: list[Piece | None] = [None] * len(places)
    order = sorted(range(len(places)), key=places.__getitem__)
    chunk: list[int] = []
    start = end = 0
    for index in order:
        address, size = places[index]
        if chunk and (address > end + _GAP or address + size > start + _CHUNK):
            _read(memory, places, chunk, found)
            chunk = []
        if not chunk:
            start = end = address
        chunk.append(index)
        end = max(end, address + size)
    if chunk:
        _read(memory, places, chunk, found)
    return found


def _read(
    memory: Memory,
    places: Sequence[tuple[int, int]],
    chunk: Sequence[int],
    found: list[Piece | None],
) -> None:
    """Read the places of `chunk`, which is sorted by address, at once; else each half alone."""
    start = places[chunk[0]][0]
    end = max(sum(places[index]) for index in chunk)
    try:
        data = memory.read(start, end - start)
    except Unreadable:
        if len(chunk) > 1:
            half = len(chunk) // 2
            _read(memory, places, chunk[:half], found)
            _read(memory, places, chunk[half:], found)
        return
    for index in chunk:
        found[index] = (data, places[index][0] - start)
