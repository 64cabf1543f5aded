"""time.Time as its String prints it (time/time.go, time/format.go)."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["UTC", "Zone", "time_text", "unix_seconds"]

_HAS_MONOTONIC = 1 << 63  # in wall: it has 33 bits of seconds since 1885, ext the monotonic clock
_NSEC_BITS = 30  # of wall: nanoseconds within the second
_SECONDS_MASK = (1 << 33) - 1
_DAY = 86400  # s
_DAYS_TO_1885 = 688117  # from 1 January of the year 1, as time.wallToInternal
_DAYS_TO_1970 = 719162  # time.unixToInternal
_CYCLE = 146097  # days of 400 years


class Zone(NamedTuple):
    """The zone of a time: its abbreviation, and its offset in s east of UTC."""

    name: str
    offset: int


UTC = Zone("UTC", 0)


def unix_seconds(wall: int, ext: int) -> int:
    """Return the seconds since 1970 of a Time with these fields."""
    return _seconds(wall, ext) - _DAYS_TO_1970 * _DAY


def _seconds(wall: int, ext: int) -> int:
    """Return the seconds since 1 January of the year 1, in UTC."""
    if wall & _HAS_MONOTONIC:
        return _DAYS_TO_1885 * _DAY + (wall >> _NSEC_BITS & _SECONDS_MASK)
    return ext


def time_text(wall: int, ext: int, zone: Zone) -> str:
    """Return a Time as Go prints it: "2009-11-10 23:00:00.5 +0000 UTC m=+0.01"."""
    days, second = divmod(_seconds(wall, ext) + zone.offset, _DAY)
    year, month, day = _date(days)
    year_text = f"-{-year:04}" if year < 0 else f"{year:04}"
    clock = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
    nanoseconds = wall & (1 << _NSEC_BITS) - 1
    fraction = f".{nanoseconds:09}".rstrip("0") if nanoseconds else ""
    text = f"{year_text}-{month:02}-{day:02} {clock}{fraction} {_offset(zone.offset)} {zone.name}"
    if wall & _HAS_MONOTONIC:
        whole, part = divmod(abs(ext), 1_000_000_000)
        text += f" m={'-' if ext < 0 else '+'}{whole}.{part:09}"
    return text


def _offset(seconds: int) -> str:
    minutes = abs(seconds) // 60
    sign = "-" if seconds < 0 and minutes else "+"
    return f"{sign}{minutes // 60:02}{minutes % 60:02}"


def _date(days: int) -> tuple[int, int, int]:
    """Return the Gregorian year, month and day, given the days since 1 January of the year 1."""
    # Years that begin in March end with the leap day, and their months repeat every five.
    cycle, day = divmod(days + 306, _CYCLE)
    year = (day - day // 1460 + day // 36524 - day // (_CYCLE - 1)) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    year += 400 * cycle
    return (year, month + 3, day + 1) if month < 10 else (year + 1, month - 9, day + 1)
