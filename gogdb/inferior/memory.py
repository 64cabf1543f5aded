"""The memory of a program, and many small ranges of it in few reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Protocol, runtime_checkable

from gogdb.errors import Unreadable

__all__ = ["Memory", "Scattered", "gather"]

# A read of 8 KiB costs hardly more than one of 8 bytes, so gaps up to that are read along;
# beyond 256 KiB a read gets dearer by the byte: malloc maps and unmaps its buffer each time.
_GAP = 8192
_CHUNK = 1 << 18


class Memory(Protocol):
    def read(self, address: int, size: int) -> bytes:
        """Return `size` bytes from `address` on; raise `Unreadable` if any cannot be read."""


@runtime_checkable
class Scattered(Protocol):
    """A memory that may have a quicker way to many places."""

    def gather(self, starts: Sequence[int], ends: Sequence[int]) -> bytes | None:
        """The content of the places, one after the other; None when that way fails."""


def gather(
    memory: Memory, starts: Sequence[int], ends: Sequence[int]
) -> tuple[bytes, Sequence[int]]:
    """The content of the places [`starts`[i], `ends`[i]), in their order, one after the other.

    They may lie in any order; none is empty. Also the indices of those that cannot be read,
    in whose stead there are zeros.
    """
    if not starts:
        return b"", ()
    apart = [k for k, end in enumerate(ends[:-1], 1) if end != starts[k]]
    runs = list(pairwise((0, *apart, len(starts))))  # of places that follow each other
    lows = [starts[first] for first, _ in runs]
    highs = [ends[last - 1] for _, last in runs]
    if isinstance(memory, Scattered):
        data = memory.gather(lows, highs)
        if data is not None:
            return data, ()
    parts = [b""] * len(runs)
    for data, low, inside in _pieces(memory, lows, highs):
        for index in inside:
            parts[index] = data[lows[index] - low : highs[index] - low]
    missing: list[int] = []
    for index in [index for index, part in enumerate(parts) if not part]:
        for place in range(*runs[index]):
            size = ends[place] - starts[place]
            try:
                parts[index] += memory.read(starts[place], size)
            except Unreadable:
                missing.append(place)
                parts[index] += bytes(size)
    return b"".join(parts), missing


def _pieces(
    memory: Memory, starts: Sequence[int], ends: Sequence[int]
) -> Iterator[tuple[bytes, int, Sequence[int]]]:
    """(data, its address, the indices of the places in it); what is unreadable is in none."""
    order = sorted(range(len(starts)), key=starts.__getitem__)
    rising = [starts[index] for index in order]
    first = 0
    while first < len(order):
        last = bisect_left(rising, rising[first] + _CHUNK, first)
        cuts = [first, last]
        if rising[last - 1] - rising[first] > _GAP * (last - first - 1):  # too far apart, in all
            near = pairwise(rising[first:last])
            apart = [k for k, (low, high) in enumerate(near, first + 1) if high - low > _GAP]
            cuts = [first, *apart, last]
        for begin, end in pairwise(cuts):
            yield from _read(memory, starts, ends, order[begin:end])
        first = last


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
