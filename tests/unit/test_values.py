"""What Go's values in memory mean: maps, strings, times, durations, locks and dynamic types."""

from __future__ import annotations

import struct
from datetime import datetime, timedelta
from itertools import islice

import pytest

from gogdb.errors import GogdbError, Unreadable
from gogdb.runtime.values.durations import duration_text
from gogdb.runtime.values.dynamic_types import DynamicTypes
from gogdb.runtime.values.locks import mutex_text, once_text, rw_mutex_text, wait_group_text
from gogdb.runtime.values.maps import BucketMap, Entry, GroupLayout, SwissMap
from gogdb.runtime.values.quoting import quote
from gogdb.runtime.values.times import UTC, Zone, time_text, unix_seconds

BASE = 0x1000
INTERLEAVED = GroupLayout(8 + 8 * 16, key=8, key_stride=16, element=16, element_stride=16)
SPLIT = GroupLayout(8 + 8 * 16, key=8, key_stride=8, element=72, element_stride=8)
BUCKET = GroupLayout(8 + 8 * 16 + 8, key=8, key_stride=8, element=72, element_stride=8)
EMPTY, DELETED = 0x80, 0xFE


class Made:
    """Memory of 64 KiB at `BASE`, filled with zeros."""

    def __init__(self) -> None:
        self.data = bytearray(1 << 16)

    def read(self, address: int, size: int) -> bytes:
        if not BASE <= address <= address + size <= BASE + len(self.data):
            raise Unreadable(address, size)
        return bytes(self.data[address - BASE :][:size])

    def put(self, address: int, *words: int) -> None:
        struct.pack_into(f"<{len(words)}Q", self.data, address - BASE, *words)

    def put_bytes(self, address: int, data: bytes) -> None:
        self.data[address - BASE : address - BASE + len(data)] = data


def swiss(directory: int, length: int, group: GroupLayout = INTERLEAVED) -> SwissMap:
    return SwissMap(directory, length, groups=16, length_mask=24, control=0, group=group)


def buckets(b: int, first: int, old: int = 0, flags: int = 0) -> BucketMap:
    return BucketMap(flags, b, first, old, tophash=0, overflow=BUCKET.size - 8, bucket=BUCKET)


@pytest.fixture
def memory() -> Made:
    return Made()


@pytest.mark.parametrize("group", [INTERLEAVED, SPLIT])
def test_small_swiss_map(memory: Made, group: GroupLayout) -> None:
    memory.put_bytes(BASE, bytes([0x11, EMPTY, DELETED, 0x7F, *[EMPTY] * 4]))
    first = Entry(BASE + group.key, BASE + group.element)
    last = Entry(first.key + 3 * group.key_stride, first.element + 3 * group.element_stride)
    assert list(swiss(BASE, 0, group).entries(memory)) == [first, last]


def test_swiss_map_without_groups(memory: Made) -> None:
    assert list(swiss(0, 0).entries(memory)) == []


def test_swiss_tables_in_several_places_of_the_directory(memory: Made) -> None:
    first, second, groups = BASE + 0x100, BASE + 0x200, BASE + 0x1000
    memory.put(BASE, first, first, second, second)
    memory.put(first + 16, groups, 1)  # lengthMask: two groups
    memory.put(second + 16, groups + 0x1000, 0)
    for at in (groups, groups + INTERLEAVED.size, groups + 0x1000):
        memory.put_bytes(at, bytes([1, *[EMPTY] * 7]))
    found = [entry.key for entry in swiss(BASE, 4).entries(memory)]
    assert found == [groups + 8, groups + INTERLEAVED.size + 8, groups + 0x1008]


@pytest.mark.parametrize(
    ("length", "mask", "message"),
    [
        (1, 1 << 60, f"the table at 0x1100 has {(1 << 60) + 1} groups"),
        (1 << 60, 0, f"the map's directory has {1 << 60} tables"),
        (-1, 0, "the map's directory has -1 tables"),
    ],
)
def test_damaged_swiss_map(memory: Made, length: int, mask: int, message: str) -> None:
    memory.put(BASE, BASE + 0x100)
    memory.put(BASE + 0x110, BASE + 0x1000, mask)
    with pytest.raises(GogdbError, match=message):
        list(swiss(BASE, length).entries(memory))


def test_damaged_control_words_end_with_the_memory(memory: Made) -> None:
    """A directory of zeros names one table, and its groups all seem full."""
    memory.put(BASE, BASE + 0x100, 0x10)
    memory.put(BASE + 0x110, BASE + 0x1000, 127)
    entries = swiss(BASE, 1 << 20).entries(memory)
    assert len(list(islice(entries, 128 * 8))) == 128 * 8
    with pytest.raises(Unreadable, match="cannot read 8 bytes at 0x20"):
        next(entries)


def test_buckets_that_overflow_and_grow(memory: Made) -> None:
    first, overflow, old = BASE, BASE + 0x400, BASE + 0x800
    memory.put_bytes(first, bytes([5, 0, 1, 0xFF]))
    memory.put(first + BUCKET.size - 8, overflow)
    memory.put_bytes(overflow, bytes([0, 9]))
    memory.put_bytes(first + BUCKET.size, bytes([4, 2, 3]))  # moved, empty
    memory.put_bytes(old, bytes([7, 2]))
    keys = [entry.key for entry in buckets(1, first, old).entries(memory)]
    assert keys == [first + 8, first + 8 + 3 * 8, overflow + 16, old + 8]
    assert list(buckets(0, 0).entries(memory)) == []


def test_damaged_buckets(memory: Made) -> None:
    memory.put(BASE + BUCKET.size - 8, BASE)
    with pytest.raises(GogdbError, match="the bucket at 0x1000 overflows without an end"):
        list(buckets(0, BASE).entries(memory))
    with pytest.raises(GogdbError, match="the map has 1 << 200 buckets"):
        list(buckets(200, BASE).entries(memory))
    with pytest.raises(Unreadable):
        list(buckets(40, BASE + (1 << 16) - BUCKET.size).entries(memory))


@pytest.mark.parametrize(
    ("data", "quoted"),
    [
        (b"", '""'),
        (b"plain", '"plain"'),
        (b'\a\b\f\n\r\t\v\\"', r'"\a\b\f\n\r\t\v\\\""'),
        (b"\x00\x1b\x7f", r'"\x00\x1b\x7f"'),
        ("中 é".encode(), '"中 é"'),
        (b"a\xffb\xe4\xb8", r'"a\xffb\xe4\xb8"'),
        ("\u00a0\u200b\U000e0001".encode(), r'"\u00a0\u200b\U000e0001"'),
    ],
)
def test_quote(data: bytes, quoted: str) -> None:
    assert quote(data) == quoted


def test_quote_of_a_cut_string() -> None:
    """A character of which only the first bytes were read is not shown as damage."""
    assert quote(b"ab", cut=True) == '"ab"...'
    for end in (1, 2, 3):
        assert quote("a中".encode()[: 1 + end], cut=True) == ('"a中"...' if end == 3 else '"a"...')
    assert quote(b"a\xff", cut=True) == r'"a\xff"...'
    assert quote(b"", cut=True) == '""...'


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (1_100, "1.1µs"),
        (2_200_000, "2.2ms"),
        (3_300_000_000, "3.3s"),
        (-1_000_000_000, "-1s"),
        (4 * 60_000_000_000 + 5_000_000_000 + 1, "4m5.000000001s"),
        (3600 * 10**9, "1h0m0s"),
        ((1 << 63) - 1, "2562047h47m16.854775807s"),
        (-(1 << 63), "-2562047h47m16.854775808s"),
    ],
)
def test_duration(ns: int, text: str) -> None:
    assert duration_text(ns) == text


def test_time_of_every_month_in_four_centuries() -> None:
    start = datetime(1, 1, 1)
    for days in range(0, 146_097 + 400, 13):
        day = start + timedelta(days=days, seconds=3661)
        text = time_text(0, days * 86400 + 3661, UTC)
        assert text == f"{day.year:04}-{day:%m-%d %H:%M:%S} +0000 UTC"


def test_time_before_the_year_1_and_after_9999() -> None:
    assert time_text(0, -86400, UTC) == "0000-12-31 00:00:00 +0000 UTC"
    assert time_text(0, -366 * 86400 - 1, UTC) == "-0001-12-31 23:59:59 +0000 UTC"
    assert time_text(0, 1 << 62, Zone("x", 0)).startswith("146138512314-")


def test_time_with_a_monotonic_clock() -> None:
    wall = 1 << 63 | (4_000_000_000 << 30) | 5_000_000
    text = time_text(wall, -1_500_000_000, Zone("CET", 3600))
    assert text.endswith(".005 +0100 CET m=-1.500000000")
    moment = datetime(1885, 1, 1) + timedelta(seconds=4_000_000_000 + 3600)
    assert text.startswith(f"{moment:%Y-%m-%d %H:%M:%S}")
    assert unix_seconds(wall, 0) == (datetime(1885, 1, 1) - datetime(1970, 1, 1)).days * 86400 + (
        4_000_000_000
    )


def test_zone_of_half_an_hour_and_of_seconds() -> None:
    assert " -0330 X" in time_text(0, 0, Zone("X", -12600))
    assert " +0000 LMT" in time_text(0, 0, Zone("LMT", -30))


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (0, "unlocked"),
        (1, "locked"),
        (1 | 3 << 3, "locked, 3 waiting"),
        (2 | 1 << 3, "unlocked, 1 waiting, one woken"),
        (-1, "locked, 536870911 waiting, starving, one woken"),
    ],
)
def test_mutex(state: int, text: str) -> None:
    assert mutex_text(state) == text


@pytest.mark.parametrize(
    ("state", "count", "wait", "text"),
    [
        (0, 0, 0, "unlocked"),
        (0, 1, 0, "1 reader reading"),
        (1, -(1 << 30), 0, "locked for writing"),
        (1, 2 - (1 << 30), 0, "locked for writing, 2 readers waiting"),
        (1, 3 - (1 << 30), 2, "2 readers reading, a writer waiting, 1 reader waiting"),
        (1 | 1 << 3, -(1 << 30), 0, "locked for writing, 1 writer waiting"),
        (1, 0, 0, "unlocked, a writer is coming or going"),
    ],
)
def test_rw_mutex(state: int, count: int, wait: int, text: str) -> None:
    assert rw_mutex_text(state, count, wait) == text


def test_wait_group_and_once() -> None:
    assert wait_group_text(0) == "counter 0"
    assert wait_group_text(2 << 32 | 0x8000_0001) == "counter 2, 1 waiting"  # in a bubble
    assert wait_group_text(0xFFFF_FFFF << 32) == "counter -1"
    assert [once_text(1, 0), once_text(0, 1), once_text(0, 0)] == ["done", "running", "not done"]


TYPES = BASE + 0x100
NAMED, UNCOMMON = 4, 1
INT, STRUCT, POINTER, SLICE, MAP, ARRAY, CHAN = 2, 25, 22, 23, 21, 17, 18


def name_of(text: str) -> bytes:
    return bytes([0, len(text)]) + text.encode()


def put_type(memory: Made, at: int, kind: int, text: str, flags: int = 0, size: int = 8) -> int:
    """Write a descriptor whose text is 0x800 bytes behind it; return its address."""
    address = TYPES + at
    memory.put(address, size)
    memory.put_bytes(address + 20, bytes([flags, 8, 8, kind]))
    memory.put_bytes(address + 40, struct.pack("<i", at + 0x800))
    memory.put_bytes(address + 0x800, name_of(text))
    return address


@pytest.fixture
def types(memory: Made) -> DynamicTypes:
    return DynamicTypes(memory, [(TYPES, TYPES + 0x4000)], map_size=112)


def test_name_of_a_composed_type_has_whole_paths(memory: Made, types: DynamicTypes) -> None:
    number = put_type(memory, 0, INT, "int", NAMED)
    error = put_type(memory, 0x100, STRUCT, "*fs.PathError", NAMED | UNCOMMON | 2, size=48)
    memory.put_bytes(error + 80, struct.pack("<i", 0x3000))
    memory.put_bytes(TYPES + 0x3000, name_of("io/fs"))
    pointer = put_type(memory, 0x200, POINTER, "*fs.PathError")
    memory.put(pointer + 48, error)
    table = put_type(memory, 0x300, MAP, "map[int]*fs.PathError")
    memory.put(table + 48, number, pointer)
    slices = put_type(memory, 0x400, SLICE, "[]map[int]*fs.PathError", size=24)
    memory.put(slices + 48, table)
    array = put_type(memory, 0x500, ARRAY, "[3]int", size=24)
    memory.put(array + 48, number, slices, 3)
    channel = put_type(memory, 0x600, CHAN, "chan<- int")
    memory.put(channel + 48, number, 2)
    assert types.full_name(slices) == "[]map[int]*io/fs.PathError"
    assert types.full_name(array) == "[3]int"
    assert types.full_name(channel) == "chan<- int"
    assert types.descriptor(pointer).element == error
    assert types.descriptor(error).text == "fs.PathError"


def test_name_of_a_generic_type(memory: Made, types: DynamicTypes) -> None:
    generic = put_type(memory, 0, STRUCT, "pair.Of[example.com/x.T]", NAMED | UNCOMMON)
    memory.put_bytes(generic + 80, struct.pack("<i", 0x3000))
    memory.put_bytes(TYPES + 0x3000, name_of("example.com/pair"))
    assert types.full_name(generic) == "example.com/pair.Of[example.com/x.T]"


def test_direct_interface_by_either_flag(memory: Made, types: DynamicTypes) -> None:
    assert not types.descriptor(put_type(memory, 0, STRUCT, "a")).is_direct
    assert types.descriptor(put_type(memory, 0, STRUCT | 32, "a")).is_direct  # up to go1.25
    assert types.descriptor(put_type(memory, 0, STRUCT, "a", flags=32)).is_direct


def test_damaged_types(memory: Made, types: DynamicTypes) -> None:
    loop = put_type(memory, 0, POINTER, "*a")
    memory.put(loop + 48, loop)
    with pytest.raises(GogdbError, match="the type at 0x1100 does not end"):
        types.full_name(loop)
    with pytest.raises(GogdbError, match="no type at 0x1000"):
        types.descriptor(BASE)
    with pytest.raises(Unreadable):
        types.descriptor(0x10)
    memory.put_bytes(loop + 0x800, b"\0\xff\xff\xff\xff")
    with pytest.raises(GogdbError, match="no name at"):
        types.descriptor(loop)
