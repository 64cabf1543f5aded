"""Profiler labels in hand-made memory: slices, maps up to go1.23, and damaged ones."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest

from gogdb.runtime.labels import LabelSets
from gogdb.runtime.model import LabelSet
from gogdb.view.g_header import labels as labels_text
from gogdb.view.json.g_header import all_labels
from tests.support import factories
from tests.support.recorded_memory import Image

HEAP = 0xC000_0000_0000
SET, ARRAY, TEXTS = HEAP, HEAP + 0x1000, HEAP + 0x2000
HMAP, BUCKETS, OLD, OVERFLOW = HEAP + 0x1000, HEAP + 0x3000, HEAP + 0x5000, HEAP + 0x7000
TEXT = b"routeuserabc\xff\xc3\xbc"


def string(text: bytes) -> bytes:
    return struct.pack("<QQ", TEXTS + TEXT.index(text) if text else 0, len(text))


def slice_of(*pairs: tuple[bytes, bytes]) -> dict[int, bytes]:
    array = b"".join(string(text) for pair in pairs for text in pair)
    header = struct.pack("<QQQ", ARRAY if pairs else 0, len(pairs), len(pairs))
    return {SET: header, ARRAY: array, TEXTS: TEXT}


def read(ranges: dict[int, bytes], *, as_slices: bool = True) -> LabelSet:
    return LabelSets(Image(ranges), as_slices=as_slices)[SET]


def test_slice() -> None:
    found = read(slice_of((b"route", b"abc"), (b"user", b"")))
    assert found == LabelSet((("route", "abc"), ("user", "")))
    assert read(slice_of()) == LabelSet()


def bucket(*pairs: tuple[bytes, bytes], tophash: int = 200, overflow: int = 0) -> bytes:
    filled = bytes([tophash] * len(pairs)).ljust(8, b"\0")
    keys = b"".join(string(key) for key, _ in pairs).ljust(128, b"\0")
    values = b"".join(string(value) for _, value in pairs).ljust(128, b"\0")
    return filled + keys + values + struct.pack("<Q", overflow)


def map_of(count: int, log: int, old: int, buckets: bytes, flags: int = 0) -> dict[int, bytes]:
    hmap = struct.pack("<QBB6xQQ", count, flags, log, BUCKETS, old)
    return {SET: struct.pack("<Q", HMAP), HMAP: hmap, BUCKETS: buckets, TEXTS: TEXT}


def test_map_is_sorted_by_key() -> None:
    buckets = bucket((b"user", b"abc")) + bucket((b"abc", b"user"), (b"route", b""))
    found = read(map_of(3, 1, 0, buckets), as_slices=False)
    assert found.pairs == (("abc", "user"), ("route", ""), ("user", "abc"))


def test_map_with_an_overflow_bucket() -> None:
    ranges = map_of(2, 0, 0, bucket((b"user", b"abc"), overflow=OVERFLOW))
    ranges[OVERFLOW] = bucket((b"abc", b"user"))
    assert read(ranges, as_slices=False).pairs == (("abc", "user"), ("user", "abc"))


@pytest.mark.parametrize(("log", "flags"), [(1, 0), (0, 8)])
def test_map_that_is_growing(log: int, flags: int) -> None:
    """One old bucket is yet to be moved; slots of one that was moved are marked (map.go)."""
    new = bucket((b"user", b"abc")) * 1 + bucket() * log
    ranges = map_of(2, log, OLD, new, flags)
    ranges[OLD] = bucket((b"route", b"user"))
    assert len(read(ranges, as_slices=False).pairs) == 2
    ranges[OLD] = bucket((b"user", b"abc"), tophash=2)
    assert read(ranges, as_slices=False).pairs == (("user", "abc"),)


def test_no_map() -> None:
    assert read({SET: bytes(8)}, as_slices=False) == LabelSet()


DAMAGED: Sequence[tuple[dict[int, bytes], bool, str]] = [
    ({}, True, f"cannot read 16 bytes at {SET:#x}"),
    ({}, False, f"cannot read 8 bytes at {SET:#x}"),
    ({SET: struct.pack("<QQQ", ARRAY, 1, 1)}, True, f"cannot read 32 bytes at {ARRAY:#x}"),
    ({SET: struct.pack("<QQQ", 0, 1, 1)}, True, "cannot read 32 bytes at 0x0"),
    (
        {SET: struct.pack("<QQQ", ARRAY, 1 << 40, 1)},
        True,
        f"it has {1 << 40} labels, which is implausible",
    ),
    (
        {SET: struct.pack("<QQQ", ARRAY, 1, 1), ARRAY: struct.pack("<4Q", TEXTS, 1 << 50, 0, 0)},
        True,
        f"cannot read {1 << 50} bytes at {TEXTS:#x}",
    ),
    (
        {SET: struct.pack("<Q", HMAP)},
        False,
        f"cannot read 32 bytes at {HMAP:#x}",
    ),
    (
        map_of(1 << 40, 0, 0, bucket()),
        False,
        f"it has {1 << 40} labels in 1 << 0 buckets, which is implausible",
    ),
    (
        map_of(1, 40, 0, bucket()),
        False,
        "it has 1 labels in 1 << 40 buckets, which is implausible",
    ),
    (
        map_of(1, 0, 0, bucket((b"user", b"abc"), overflow=BUCKETS)),
        False,
        f"the bucket at {BUCKETS:#x} overflows without an end",
    ),
]


@pytest.mark.parametrize(("ranges", "as_slices", "why"), DAMAGED)
def test_damaged_labels(ranges: dict[int, bytes], as_slices: bool, why: str) -> None:
    sets = LabelSets(Image(ranges), as_slices=as_slices)
    assert sets[SET] == LabelSet(unreadable=why)
    g = factories.g(1, labels=SET)
    runtime = factories.runtime(gs=[g], labels=sets)
    assert labels_text(runtime, g) == why
    assert all_labels(runtime, [0, SET]) == [None, why]


def test_labels_as_text_and_json() -> None:
    g = factories.g(1, labels=SET)
    sets = LabelSets(Image(slice_of((b"user", b"abc"), (b"", b"c\xff\xc3\xbc"))))
    runtime = factories.runtime(gs=[g], labels=sets)
    assert labels_text(runtime, g) == r'{: "c\xff\u00fc", user: abc}'
    assert all_labels(runtime, [SET, 0]) == [{"": "c\ufffdü", "user": "abc"}, None]
    assert labels_text(runtime, factories.g(2)) == ""


def test_goroutines_that_share_labels_cost_one_reading() -> None:
    image = Image(slice_of((b"user", b"abc")))
    sets = LabelSets(image)
    sets.read([SET] * 1000)
    reads = image.reads
    sets.read([SET] * 1000)
    assert sets[SET].pairs == (("user", "abc"),)
    assert image.reads == reads <= 4
    assert list(sets) == [SET]
