"""The layout of runtime.schedt for programs without debug information.

`runtime.sched` is a variable and never allocated, so the linker keeps no descriptor of its type.
schedt.json has what the debug information of each Go release says (amd64, the same for static,
PIE, cgo and race builds); `tests/snapshots/make_schedt.py` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

from gogdb.inferior.layout import Field, Struct, View
from gogdb.resources import read_text
from gogdb.runtime.goversion import GoVersion

__all__ = ["guesses", "layout", "plausible"]

_MAX_MS = 10_000  # the value of sched.maxmcount after schedinit (proc.go)
_MAX_COUNT = 1 << 16  # of Ms, Ps or system goroutines
_COUNTS = ("nmidle", "nmidlelocked", "nmsys", "ngsys", "npidle", "nmspinning", "stopwait")
_POINTERS = (
    ("midle.obj", "midle"),
    ("pidle",),
    ("runq.head",),
    ("runq.tail",),
    ("sudogcache",),
    ("deferpool",),
    ("freem",),
)
_IN_TRANSIT = 4  # Ms and Ps that may be between two lists at a stop


@cache
def _tables() -> dict[GoVersion, Struct]:
    tables = json.loads(read_text("gogdb.runtime", "schedt.json"))
    return {
        GoVersion(1, int(minor)): Struct(
            "runtime.schedt",
            table["size"],
            {path: Field(*place) for path, *place in table["fields"]},
        )
        for minor, table in tables.items()
    }


def layout(release: GoVersion | None) -> Struct | None:
    """Return the layout in a Go release, None for one that is not in the table."""
    return _tables().get(release) if release else None


def guesses(release: GoVersion | None) -> Sequence[tuple[GoVersion, Struct]]:
    """Return all layouts of the table with their releases, nearest to `release` first.

    If `release` is None, the newest comes first. Use a guess only while it is `plausible`.
    """
    tables = _tables()
    near = release or max(tables)
    order = sorted(tables, key=lambda other: (abs(other.minor - near.minor), -other.minor))
    return [(other, tables[other]) for other in order]


def plausible(
    view: View,
    *,
    ms: int | None = None,
    idle_ps: int | None = None,
) -> bool:
    """Report whether a guessed layout makes sense of the bytes of runtime.sched.

    `ms` is the length of allm, `idle_ps` the number of Ps whose status is idle; None is not
    compared. Before schedinit all bytes are zero, which any layout makes sense of: ask again at
    the next stop. A program that called debug.SetMaxThreads is never plausible. The counts lie in
    front, and a field inserted behind nmspinning shows only where it makes a pointer of something
    else: a layout that passes is still a guess.
    """
    created, freed, limit = view["mnext"], view["nmfreed"], view["maxmcount"]
    counts = [view.get(path) or 0 for path in _COUNTS]
    if limit == 0:
        return not any((*counts, created, freed, view["goidgen"]))
    return (
        limit == _MAX_MS
        and 0 <= freed <= created
        and all(0 <= count <= _MAX_COUNT for count in counts)
        and all(_is_pointer(view.get(*paths) or 0) for paths in _POINTERS)
        and (ms is None or abs(created - freed - ms) <= _IN_TRANSIT)
        and (idle_ps is None or abs(view["npidle"] - idle_ps) <= _IN_TRANSIT)
    )


def _is_pointer(word: int) -> bool:
    """Report whether a word is nil, or an aligned address of user space."""
    return word == 0 or (word % 8 == 0 and 1 << 16 <= word < 1 << 47)
