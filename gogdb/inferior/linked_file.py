"""The contents of a program's file by the linker's addresses, with its pointers filled in.

The file of a position-independent program has its pointers in relocations, which the dynamic loader
applies.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property

from gogdb.errors import Unreadable
from gogdb.inferior.elf import PF_W, ElfFile, Segment

__all__ = ["LinkedFile"]

_WORD = struct.Struct("<Q")


class LinkedFile:
    """`Memory` of a program that is loaded at the addresses of its file, before it has run.

    `relative` is the processor's type of a relocation that adds the load address.
    """

    def __init__(self, elf: ElfFile, relative: int) -> None:
        self.elf = elf
        self._relative = relative

    def read(self, address: int, size: int) -> bytes:
        """Return bytes that are in the file. Raises `Unreadable`, also for .bss."""
        data = self.elf.read(address, size)
        if len(data) != size:
            raise Unreadable(address, size)
        places, values = self._pointers
        low, high = bisect_left(places, address), bisect_left(places, address + size - 7)
        if low >= high:
            return data
        patched = bytearray(data)
        for place, value in zip(places[low:high], values[low:high], strict=True):
            _WORD.pack_into(patched, place - address, value)
        return bytes(patched)

    def words_equal(self, value: int) -> Iterator[int]:
        """Yield the addresses of the aligned words that have a value, in segments of data."""
        places, values = self._pointers
        yield from (place for place, other in zip(places, values, strict=True) if other == value)
        pattern = _WORD.pack(value)
        for segment in filter(_is_data, self.elf.loaded):
            yield from self._aligned(segment, pattern)

    def find(self, pattern: bytes) -> Iterator[int]:
        """Yield the aligned addresses at which the file has these bytes, in any segment."""
        for segment in self.elf.loaded:
            yield from self._aligned(segment, pattern)

    def _aligned(self, segment: Segment, pattern: bytes) -> Iterator[int]:
        data = self.elf.read(segment.address, segment.file_size)
        at = data.find(pattern)
        while at >= 0:
            if (segment.address + at) % 8 == 0:
                yield segment.address + at
            at = data.find(pattern, at + 1)

    @cached_property
    def _pointers(self) -> tuple[list[int], list[int]]:
        """The addresses of the words that are relocated, which rise, and their values."""
        found = sorted(self.elf.relocations(self._relative))
        return [place for place, _ in found], [value for _, value in found]


def _is_data(segment: Segment) -> bool:
    return bool(segment.flags & PF_W)
