"""Many small places of memory in few reads: what lies close together comes in one piece."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import pairwise

from gogdb.errors import Unreadable
from gogdb.target.protocol import Memory

__all__ = ["pieces"]

# A read of 8 KiB costs hardly more than one of 8 bytes, so gaps up to that are read along;
# beyond 256 KiB a read gets dearer by the byte: malloc maps and unmaps its buffer each time.
_GAP = 8192
_CHUNK = 1 << 18


def pieces(
    memory: Memory, starts: Sequence[int], ends: Sequence[int]
) -> Iterator[tuple[bytes, int, Sequence[int]]]:
    """The content of the places [`starts`[i], `ends`[i]), which may come in any order.

    Yields (data, its address, the indices of the places in it). A place that cannot be read
    is in none of them.
    """
    order = sorted(range(len(starts)), key=starts.__getitem__)
    rising = [starts[index] for index in order]
    apart = [k for k, (low, high) in enumerate(pairwise(rising), 1) if high - low > _GAP]
    for first, last in pairwise((0, *apart, len(order))):
        while first < last:
            end = bisect_left(rising, rising[first] + _CHUNK, first, last)
            yield from _read(memory, starts, ends, order[first:end])
            first = end


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
