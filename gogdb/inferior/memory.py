"""The memory of a program, and how to read many small ranges of it in few reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import compress, pairwise
from operator import ne
from struct import Struct
from typing import Protocol

from gogdb.errors import Unreadable

__all__ = ["WORD_MASK", "Memory", "gather", "words_at"]

WORD_MASK = 0xFFFF_FFFF_FFFF_FFFF  # of 8 bytes; also the highest address

# Reading 8 KiB takes hardly longer than reading 8 bytes, so smaller gaps are read along. Beyond
# 256 KiB every byte costs more, because malloc maps and unmaps the buffer each time.
_GAP = 8192  # bytes
_CHUNK = 1 << 18  # bytes

_Gather = Callable[[Sequence[int], Sequence[int]], bytes | None]


class Memory(Protocol):
    """The bytes of a program by address."""

    def read(self, address: int, size: int) -> bytes:
        """Return the `size` bytes at `address`. Raises `Unreadable` if any cannot be read."""


def words_at(offsets: Sequence[int]) -> Struct:
    """Return a struct that unpacks the words at `offsets`, which rise, in bytes."""
    form, end = "<", 0
    for offset in offsets:
        form += f"{offset - end}xQ"
        end = offset + 8
    return Struct(form)


def gather(
    memory: Memory, starts: Sequence[int], ends: Sequence[int]
) -> tuple[bytes, Sequence[int]]:
    """Return the bytes of the ranges [`starts`[i], `ends`[i]), concatenated in their order.

    Ranges may be in any order of addresses, and must not be empty. Also return the indices of those
    that cannot be read; they are filled with zeros. A memory that reads many ranges faster than one
    by one has a method `gather`, which returns the bytes, or None if that fails.
    """
    if not starts:
        return b"", ()
    # Ranges that follow one another in memory are one run; a run ends before each gap.
    gaps = list(map(ne, ends, starts[1:]))
    lows = [starts[0], *compress(starts[1:], gaps)]
    highs = [*compress(ends, gaps), ends[-1]]
    read_all: _Gather | None = getattr(memory, "gather", None)
    if read_all and (data := read_all(lows, highs)) is not None:
        return data, ()
    runs = list(pairwise((0, *compress(range(1, len(starts)), gaps), len(starts))))
    parts = [b""] * len(runs)
    for data, low, indices in _pieces(memory, lows, highs):
        for index in indices:
            parts[index] = data[lows[index] - low : highs[index] - low]
    missing: list[int] = []
    for index in [index for index, part in enumerate(parts) if not part]:
        for number in range(*runs[index]):
            size = ends[number] - starts[number]
            try:
                parts[index] += memory.read(starts[number], size)
            except Unreadable:
                missing.append(number)
                parts[index] += bytes(size)
    return b"".join(parts), missing


def _pieces(
    memory: Memory, starts: Sequence[int], ends: Sequence[int]
) -> Iterator[tuple[bytes, int, Sequence[int]]]:
    """Yield pieces of memory: the data, its address, and the indices of the ranges in it.

    Unreadable ranges are in no piece.
    """
    order = sorted(range(len(starts)), key=starts.__getitem__)
    rising = [starts[index] for index in order]
    first = 0
    while first < len(order):
        last = bisect_left(rising, rising[first] + _CHUNK, first)
        cuts = [first, last]
        # otherwise no gap between neighbours can be larger than _GAP
        if rising[last - 1] - rising[first] > _GAP * (last - first - 1):
            neighbours = pairwise(rising[first:last])
            apart = [k for k, (a, b) in enumerate(neighbours, first + 1) if b - a > _GAP]
            cuts = [first, *apart, last]
        for begin, end in pairwise(cuts):
            yield from _read(memory, starts, ends, order[begin:end])
        first = last


def _read(
    memory: Memory, starts: Sequence[int], ends: Sequence[int], indices: Sequence[int]
) -> Iterator[tuple[bytes, int, Sequence[int]]]:
    """Read the ranges at `indices`, sorted by address, at once; if that fails, each half."""
    low = starts[indices[0]]
    high = max(map(ends.__getitem__, indices))
    try:
        data = memory.read(low, high - low)
    except Unreadable:
        if len(indices) > 1:
            half = len(indices) // 2
            yield from _read(memory, starts, ends, indices[:half])
            yield from _read(memory, starts, ends, indices[half:])
        return
    yield data, low, indices
