"""Time spans and ranges of names as text."""

from __future__ import annotations

import pytest

from gogdb.view.format import duration, ranges

SECOND = 1_000_000_000  # ns


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "< 1 ms"),
        (999_999, "< 1 ms"),
        (1_000_000, "1 ms"),
        (SECOND - 1, "999 ms"),
        (SECOND, "1.0 s"),
        (1_299_999_999, "1.2 s"),
        (60 * SECOND - 1, "59.9 s"),
        (60 * SECOND, "1 min"),
        (185 * SECOND, "3 min 5 s"),
        (3600 * SECOND - 1, "59 min 59 s"),
        (3600 * SECOND + 59 * SECOND, "1 h"),
        (7500 * SECOND, "2 h 5 min"),
        (24 * 3600 * SECOND + 3599 * SECOND, "1 d"),
        (52 * 3600 * SECOND, "2 d 4 h"),
        (400 * 24 * 3600 * SECOND, "400 d"),
    ],
)
def test_duration_is_rounded_down(ns: int, text: str) -> None:
    assert duration(ns) == text


@pytest.mark.parametrize(
    ("ids", "text"),
    [
        ((), ""),
        ((3,), "p3"),
        ((3, 4), "p3 p4"),
        ((5, 3, 4), "p3–p5"),
        ((0, 2, 3, 4, 6, 7, 9), "p0 p2–p4 p6 p7 p9"),
    ],
)
def test_ranges_of_ids(ids: tuple[int, ...], text: str) -> None:
    assert ranges("p", ids) == text
