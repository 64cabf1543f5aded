"""The entries of Go's maps: Swiss tables since go1.24, hash buckets before."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gogdb.errors import GogdbError
from gogdb.inferior.memory import Memory

__all__ = ["BucketMap", "Entry", "GroupLayout", "SwissMap"]

_SLOTS = 8  # of a group or bucket: MapGroupSlots, OldMapBucketCount in internal/abi
_MAX_GROUPS = 128  # of a table: maxTableCapacity / MapGroupSlots (internal/runtime/maps/table.go)
_MAX_TABLES = 1 << 16
_MAX_B = 48  # 1 << B is the number of buckets
_MAX_CHAIN = 1 << 10  # buckets that overflow from one another; more than a few are rare
_EMPTY = 0x80  # bit of a control byte: the slot is empty or deleted (group.go)
_MIN_TOPHASH = 5  # smaller ones mark slots that are empty, or moved by growing (map.go)
_SAME_SIZE_GROW = 8  # flag: oldbuckets has as many buckets as buckets, not half of them
_WORD = struct.Struct("<Q")


class Entry(NamedTuple):
    """The addresses of the slots that hold a key and its element."""

    key: int
    element: int


class GroupLayout(NamedTuple):
    """Sizes and offsets in bytes of a group of slots, or of a bucket.

    `key` and `element` are the offsets of the first ones, the strides lead to the next. Keys and
    elements alternate in a group (slots), and follow each other in two arrays in a bucket, and in a
    group of GOEXPERIMENT=mapsplitgroup.
    """

    size: int
    key: int
    key_stride: int
    element: int
    element_stride: int

    def entry(self, address: int, slot: int) -> Entry:
        """Return the entry in a slot of the group at `address`."""
        return Entry(
            address + self.key + slot * self.key_stride,
            address + self.element + slot * self.element_stride,
        )


class SwissMap(NamedTuple):
    """A map of internal/runtime/maps: the fields of Map, and the layouts behind dirPtr.

    `groups` and `length_mask` are the offsets of groups.data and groups.lengthMask in a table;
    `control` is that of a group's control word.
    """

    directory: int
    directory_length: int
    groups: int
    length_mask: int
    control: int
    group: GroupLayout

    def entries(self, memory: Memory) -> Iterator[Entry]:
        """Yield the entries as they are stored. Raises `GogdbError` where the map is damaged."""
        if self.directory_length == 0:  # at most eight entries, in a group without a table
            if self.directory:
                yield from self._group_entries(memory, self.directory, 1)
            return
        if not 0 < self.directory_length < 1 << 48:
            raise GogdbError(f"the map's directory has {self.directory_length} tables")
        for table in self._tables(memory):
            groups = _word(memory, table + self.groups)
            count = _word(memory, table + self.length_mask) + 1
            if count > _MAX_GROUPS:
                raise GogdbError(f"the table at {table:#x} has {count} groups")
            yield from self._group_entries(memory, groups, count)

    def _tables(self, memory: Memory) -> Iterator[int]:
        """Yield each table once: several entries of the directory may lead to the same."""
        seen: set[int] = set()
        for index in range(self.directory_length):
            table = _word(memory, self.directory + 8 * index)
            if table in seen:
                continue
            if len(seen) == _MAX_TABLES:
                raise GogdbError(f"the map has more than {_MAX_TABLES} tables")
            seen.add(table)
            yield table

    def _group_entries(self, memory: Memory, groups: int, count: int) -> Iterator[Entry]:
        for address in range(groups, groups + count * self.group.size, self.group.size):
            controls = memory.read(address + self.control, _SLOTS)
            for slot, control in enumerate(controls):
                if not control & _EMPTY:
                    yield self.group.entry(address, slot)


class BucketMap(NamedTuple):
    """A map of runtime/map.go up to go1.23: the fields of hmap, and the layout of a bucket.

    `tophash` and `overflow` are offsets in a bucket.
    """

    flags: int
    b: int
    buckets: int
    old_buckets: int
    tophash: int
    overflow: int
    bucket: GroupLayout

    def entries(self, memory: Memory) -> Iterator[Entry]:
        """Yield the entries as they are stored. Raises `GogdbError` where the map is damaged.

        While a map grows, the entries that are not moved yet are in its old buckets.
        """
        if self.b > _MAX_B:
            raise GogdbError(f"the map has 1 << {self.b} buckets")
        number = 1 << self.b
        old_number = number if self.flags & _SAME_SIZE_GROW else number // 2
        for first, count in ((self.buckets, number), (self.old_buckets, old_number)):
            for index in range(count if first else 0):
                yield from self._chain(memory, first + index * self.bucket.size)

    def _chain(self, memory: Memory, address: int) -> Iterator[Entry]:
        seen: set[int] = set()
        while address:
            if address in seen or len(seen) == _MAX_CHAIN:
                raise GogdbError(f"the bucket at {address:#x} overflows without an end")
            seen.add(address)
            bucket: Sequence[int] = memory.read(address, self.bucket.size)
            for slot, tophash in enumerate(bucket[self.tophash : self.tophash + _SLOTS]):
                if tophash >= _MIN_TOPHASH:
                    yield self.bucket.entry(address, slot)
            address = _WORD.unpack_from(bytes(bucket), self.overflow)[0]


def _word(memory: Memory, address: int) -> int:
    return int(_WORD.unpack(memory.read(address, 8))[0])
