"""Many places in few reads, and what cannot be read is missing alone."""

from __future__ import annotations

import random

from gogdb.target.bulk import pieces
from tests.unit.recorded import Image

START, SIZE = 0x10000, 1 << 22


def content(start: int, size: int) -> bytes:
    return random.Random(start).randbytes(size)


def read(image: Image, starts: list[int], size: int) -> dict[int, bytes]:
    """The places by address; each of them at most once."""
    found: dict[int, bytes] = {}
    for data, low, inside in pieces(image, starts, [start + size for start in starts]):
        for index in inside:
            at = starts[index] - low
            assert starts[index] not in found
            found[starts[index]] = data[at : at + size]
    return found


def test_in_any_order_and_as_they_are() -> None:
    image = Image({START: content(START, SIZE)})
    starts = [START + 448 * n for n in range(5000)]
    random.Random(1).shuffle(starts)
    found = read(image, starts, 440)
    assert found == {start: image.ranges[START][start - START :][:440] for start in starts}
    assert image.reads == 9  # a quarter of a megabyte at a time


def test_far_apart_is_read_apart() -> None:
    image = Image({START: content(START, SIZE)})
    read(image, [START, START + 8192, START + 2 * 8192 + 1], 8)
    assert image.reads == 2


def test_only_what_is_unreadable_is_missing() -> None:
    image = Image({START: content(START, 8192), START + 12288: content(2, 8192)})
    starts = [START + 512 * n for n in range(48)]
    found = read(image, starts, 512)
    hole = {start for start in starts if START + 8192 <= start < START + 12288}
    beyond = {start for start in starts if start >= START + 12288 + 8192}
    assert set(starts) - found.keys() == hole | beyond
    assert all(len(data) == 512 for data in found.values())


def test_nothing_at_all() -> None:
    assert list(pieces(Image({}), [], [])) == []
    assert list(pieces(Image({}), [START], [START + 8])) == []
