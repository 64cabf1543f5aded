"""The layout of runtime.schedt, the one struct that no descriptor tells.

`runtime.sched` is a variable and never allocated, so the linker keeps no descriptor of its
type. schedt.json has what the debug information of each Go release says (amd64, the same for
static, PIE, cgo and race builds); `tests/snapshots/make_schedt.py` writes it.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from gogdb.inferior.layout import Field, Struct, View

__all__ = ["layout", "newest", "plausible"]

_MAX_MS = 10_000  # proc.go, schedinit: sched.maxmcount
_MAX_COUNT = 1 << 16  # of Ms, Ps or system goroutines
_COUNTS = ("nmidle", "nmidlelocked", "nmsys", "ngsys", "npidle", "nmspinning", "stopwait")
_POINTERS = (
    *(("midle.obj", "midle"), ("pidle",), ("runq.head",), ("runq.tail",)),
    *(("sudogcache",), ("deferpool",), ("freem",)),
)
_UNDER_WAY = 4  # Ms and Ps that may be on their way between two lists at a stop


@cache
def _tables() -> dict[int, Struct]:
    text = Path(__file__).with_name("schedt.json").read_text(encoding="utf-8")
    return {
        int(minor): Struct(
            "runtime.schedt",
            table["size"],
            {path: Field(*place) for path, *place in table["fields"]},
        )
        for minor, table in json.loads(text).items()
    }


def layout(go_minor: int) -> Struct | None:
    """The layout in Go 1.`go_minor`; None for a release that is not in the table."""
    return _tables().get(go_minor)


def newest(go_minor: int) -> Struct | None:
    """The newest layout known, for a release newer than it; else None.

    A guess: to be believed only while `plausible` says so.
    """
    last = max(_tables())
    return _tables()[last] if go_minor > last else None


def plausible(
    view: View,
    *,
    ms: int | None = None,
    idle_ps: int | None = None,
    largest_goid: int | None = None,
) -> bool:
    """Whether a guessed layout makes sense of the bytes of runtime.sched.

    `ms` is the length of allm, `idle_ps` the number of Ps whose status is idle; what is None
    is not compared. Before schedinit everything is zero, under any layout: True, but ask
    again at the next stop. A program that called debug.SetMaxThreads is never plausible.
    The counts lie in front: a field put in behind nmspinning shows only where it makes a
    pointer of something else, so a guess that passes is still to be called one.
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
        and (ms is None or abs(created - freed - ms) <= _UNDER_WAY)
        and (idle_ps is None or abs(view["npidle"] - idle_ps) <= _UNDER_WAY)
        and (largest_goid is None or view["goidgen"] >= largest_goid)
    )


def _is_pointer(word: int) -> bool:
    """Nil, or an aligned address that is no small number."""
    return word == 0 or (word % 8 == 0 and 1 << 16 <= word < 1 << 47)
