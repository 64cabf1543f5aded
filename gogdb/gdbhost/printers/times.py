"""time.Time and time.Duration."""

from __future__ import annotations

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost.printers.memory import MEMORY
from gogdb.gdbhost.printers.shown import Text
from gogdb.gdbhost.printers.strings import raw_string
from gogdb.runtime.values.durations import duration_text
from gogdb.runtime.values.times import UTC, Zone, time_text, unix_seconds

__all__ = ["show_duration", "show_time"]

_MAX_ZONES, _MAX_TRANSITIONS = 1000, 10_000


def show_duration(value: gdb.Value) -> Text:
    return Text(duration_text(int(value)))


def show_time(value: gdb.Value) -> Text:
    """Show a time.Time; where its zone is not known then, in UTC, with the location's name."""
    wall, ext = int(value["wall"]), int(value["ext"])
    try:
        zone, note = _zone(value["loc"], unix_seconds(wall, ext))
    except (gdb.error, GogdbError) as error:
        zone, note = UTC, f" <no location: {error}>"
    return Text(time_text(wall, ext, zone) + note)


def _zone(pointer: gdb.Value, seconds: int) -> tuple[Zone, str]:
    """Return the zone of a location at a time, and what to say if it is not known.

    As Location.lookup in time/zoneinfo.go, but without the rule for times behind the last
    transition (extend).
    """
    if int(pointer) == 0:
        return UTC, ""
    MEMORY.read(int(pointer), int(pointer.type.target().sizeof))
    location = pointer.dereference()
    zones, transitions = location["zone"], location["tx"]
    count = int(zones["len"])
    if count == 0:
        return UTC, ""
    cached = location["cacheZone"]
    if int(cached) and int(location["cacheStart"]) <= seconds < int(location["cacheEnd"]):
        return _named(cached.dereference()), ""
    last = int(transitions["len"]) - 1
    if not (0 < count <= _MAX_ZONES and -1 <= last < _MAX_TRANSITIONS):
        raise GogdbError("it makes no sense")
    if last < 0:
        return _named(zones["array"][0]), ""
    index = _last_before(transitions["array"], last + 1, seconds)
    if index is None or (index == last and int(location["extend"]["len"])):
        name = raw_string(location["name"])
        return UTC, f" (in {name})"
    return _named(zones["array"][int(transitions["array"][index]["index"])]), ""


def _last_before(transitions: gdb.Value, count: int, seconds: int) -> int | None:
    """Return the index of the last transition that is not after a time, None if all are."""
    low, high = -1, count
    while high - low > 1:
        middle = (low + high) // 2
        if int(transitions[middle]["when"]) <= seconds:
            low = middle
        else:
            high = middle
    return low if low >= 0 else None


def _named(zone: gdb.Value) -> Zone:
    return Zone(raw_string(zone["name"]), int(zone["offset"]))
