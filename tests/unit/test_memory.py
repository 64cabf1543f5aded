"""Reading many ranges of memory at once."""

from __future__ import annotations

import random
from collections.abc import Sequence

from gogdb.inferior.memory import gather
from tests.support.recorded_memory import Image

START, SIZE = 0x10000, 1 << 22


def content(start: int, size: int) -> bytes:
    return random.Random(start).randbytes(size)


def read(image: Image, starts: list[int], size: int) -> list[bytes | None]:
    """Return the ranges of `size` bytes in their order, None for those that cannot be read."""
    data, missing = gather(image, starts, [start + size for start in starts])
    assert len(data) == size * len(starts)
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    for index in missing:
        assert parts[index] == bytes(size)
    return [None if index in missing else part for index, part in enumerate(parts)]


def test_ranges_in_any_order() -> None:
    image = Image({START: content(START, SIZE)})
    starts = [START + 448 * n for n in range(5000)]
    random.Random(1).shuffle(starts)
    assert read(image, starts, 440) == [
        image.ranges[START][start - START : start - START + 440] for start in starts
    ]
    assert image.reads == 9  # 256 KiB at a time


def test_ranges_of_different_sizes() -> None:
    image = Image({START: content(START, SIZE)})
    starts = [START + 100, START + 5000, START]
    data, missing = gather(image, starts, [START + 101, START + 9000, START + 100])
    assert data == b"".join(
        (image.ranges[START][100:101], image.ranges[START][5000:9000], image.ranges[START][:100])
    )
    assert not missing


def test_a_large_gap_is_not_read() -> None:
    image = Image({START: content(START, SIZE)})
    read(image, [START, START + 8192, START + 2 * 8192 + 1], 8)
    assert image.reads == 2


def test_only_unreadable_ranges_are_missing() -> None:
    """Also in a run without gaps, which is read at once."""
    image = Image({START: content(START, 8192), START + 12288: content(2, 8192)})
    starts = [START + 512 * n for n in range(48)]
    for start, data in zip(starts, read(image, starts, 512), strict=True):
        hole = START + 8192 <= start < START + 12288 or start >= START + 12288 + 8192
        assert (data is None) == hole
        assert hole or data == image.read(start, 512)


def test_no_ranges_and_no_memory() -> None:
    assert gather(Image({}), [], []) == (b"", ())
    assert gather(Image({}), [START], [START + 8]) == (bytes(8), [0])


class FastImage(Image):
    """Memory with a `gather` of its own, which answers `answer`."""

    def __init__(self, ranges: dict[int, bytes], answer: bytes | None) -> None:
        super().__init__(ranges)
        self.answer = answer
        self.asked: list[tuple[int, int]] = []

    def gather(self, starts: Sequence[int], ends: Sequence[int]) -> bytes | None:
        self.asked += zip(starts, ends, strict=True)
        return self.answer


def test_memory_that_gathers_is_asked_for_whole_runs() -> None:
    image = FastImage({}, b"abcdefgh")
    assert gather(image, [8, 10, 40, 20], [10, 12, 42, 22]) == (b"abcdefgh", ())
    assert image.asked == [(8, 12), (40, 42), (20, 22)]
    assert image.reads == 0


def test_ranges_are_read_where_gathering_fails() -> None:
    image = FastImage({START: b"0123456789"}, None)
    assert gather(image, [START + 8, START], [START + 10, START + 2]) == (b"8901", [])
