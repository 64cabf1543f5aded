"""Many places in few reads, and what cannot be read is missing alone."""

from __future__ import annotations

import random
from collections.abc import Sequence

from gogdb.inferior.memory import gather
from tests.support.recorded_memory import Image

START, SIZE = 0x10000, 1 << 22


def content(start: int, size: int) -> bytes:
    return random.Random(start).randbytes(size)


def read(image: Image, starts: list[int], size: int) -> list[bytes | None]:
    """The places in their order, None for those that cannot be read."""
    data, missing = gather(image, starts, [start + size for start in starts])
    assert len(data) == size * len(starts)
    found = [data[at : at + size] for at in range(0, len(data), size)]
    for index in missing:
        assert found[index] == bytes(size)
    return [None if index in missing else one for index, one in enumerate(found)]


def test_in_any_order_and_as_they_are() -> None:
    image = Image({START: content(START, SIZE)})
    starts = [START + 448 * n for n in range(5000)]
    random.Random(1).shuffle(starts)
    assert read(image, starts, 440) == [
        image.ranges[START][start - START : start - START + 440] for start in starts
    ]
    assert image.reads == 9  # a quarter of a megabyte at a time


def test_sizes_may_differ() -> None:
    image = Image({START: content(START, SIZE)})
    starts = [START + 100, START + 5000, START]
    data, missing = gather(image, starts, [START + 101, START + 9000, START + 100])
    assert data == b"".join(
        (image.ranges[START][100:101], image.ranges[START][5000:9000], image.ranges[START][:100])
    )
    assert not missing


def test_far_apart_is_read_apart() -> None:
    image = Image({START: content(START, SIZE)})
    read(image, [START, START + 8192, START + 2 * 8192 + 1], 8)
    assert image.reads == 2


def test_only_what_is_unreadable_is_missing() -> None:
    """Also where they follow each other without a gap, and so are read as one."""
    image = Image({START: content(START, 8192), START + 12288: content(2, 8192)})
    starts = [START + 512 * n for n in range(48)]
    found = read(image, starts, 512)
    for start, data in zip(starts, found, strict=True):
        hole = START + 8192 <= start < START + 12288 or start >= START + 12288 + 8192
        assert (data is None) == hole
        assert hole or data == image.read(start, 512)


def test_nothing_at_all() -> None:
    assert gather(Image({}), [], []) == (b"", ())
    assert gather(Image({}), [START], [START + 8]) == (bytes(8), [0])


class Quick(Image):
    """It has a way of its own to many places, which may fail."""

    def __init__(self, ranges: dict[int, bytes], answer: bytes | None) -> None:
        super().__init__(ranges)
        self.answer = answer
        self.asked: list[tuple[int, int]] = []

    def gather(self, starts: Sequence[int], ends: Sequence[int]) -> bytes | None:
        self.asked += zip(starts, ends, strict=True)
        return self.answer


def test_a_quicker_way_is_taken() -> None:
    """It is asked for neighbours as one place."""
    image = Quick({}, b"abcdefgh")
    assert gather(image, [8, 10, 40, 20], [10, 12, 42, 22]) == (b"abcdefgh", ())
    assert image.asked == [(8, 12), (40, 42), (20, 22)]
    assert image.reads == 0


def test_where_the_quicker_way_fails_the_other_is_taken() -> None:
    image = Quick({START: b"0123456789"}, None)
    assert gather(image, [START + 8, START], [START + 10, START + 2]) == (b"8901", [])
