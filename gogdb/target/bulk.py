"""Many small places of memory in few reads: what lies close together comes in one piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gogdb.errors import Unreadable
from gogdb.target.protocol import Memory

__all__ = ["pieces"]

# A read of 4 KiB costs hardly more than one of 8 bytes, so gaps up to that are read along;
# beyond a megabyte a read gets no cheaper by the byte.
_GAP = 4096
_CHUNK = 1 << 20


def pieces(
    memory: Memory, starts: Sequence[int], ends: Sequence[int]
) -> Iterator[tuple[bytes, int, Sequence[int]]]:
    """The content of the places [`starts`[i], `ends`[i]), which may come in any order.

    Yields (data, its address, the indices of the places in it). A place that cannot be read
    is in none of them.
    """
    inside: list[int] = []
    low = high = 0
    for index in sorted(range(len(starts)), key=starts.__getitem__):
        start, end = starts[index], ends[index]
        if start > high + _GAP or end > low + _CHUNK:
            if inside:
                yield from _read(memory, starts, ends, inside)
            inside = []
            low, high = start, end
        elif end > high:
            high = end
        inside.append(index)
    if inside:
        yield from _read(memory, starts, ends, inside)


def _read(
    memory: Memory, starts: Sequence[int], ends: Sequence[int], inside: Sequence[int]
) -> Iterator[tuple[bytes, int, Sequence[int]]]:
    """The places of `inside`, sorted by address, in one read; else each half by itself."""
    low = starts[inside[0]]
    high = max(map(ends.__getitem__, inside))
    try:
        data = memory.read(low, high - low)
    except Unreadable:
        if len(inside) > 1:
            half = len(inside) // 2
            yield from _read(memory, starts, ends, inside[:half])
            yield from _read(memory, starts, ends, inside[half:])
        return
    yield data, low, inside
