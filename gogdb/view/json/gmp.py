"""go-gmp as JSON, in the runtime's own field names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gogdb.inferior.protocol import Thread
from gogdb.runtime.clock import Clock
from gogdb.runtime.goroutines import frame_outside_runtime, is_system_goroutine
from gogdb.runtime.model import SCHED_COUNTERS, M, P
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.trace_cache import TraceBatch
from gogdb.runtime.unwind import Frame
from gogdb.view.doc.json_rows import Hole, RowBatch
from gogdb.view.json.g_header import all_labels, bubble_entries
from gogdb.view.json.values import as_hex, id_of

__all__ = ["clock", "goroutine_form", "goroutines", "ms", "ps", "sched", "threads_without_m"]

# What many goroutines have in common
_SHARED = (
    "atomicstatus",
    "waitreason_code",
    "m",
    "lockedm",
    "startpc",
    "gopc",
    "parent_goid",
    "bubble",
    "unreadable",
)


def goroutines(runtime: Runtime, batch: TraceBatch) -> RowBatch:
    """Return a row for each goroutine, in the form of `goroutine_form`."""
    column = batch.gs.column
    holes = [
        (Hole.ADDRESS, column("address")),
        (Hole.NUMBER, column("goid")),
        (Hole.NUMBER_OR_NULL, column("waitsince")),
    ]
    labels = all_labels(runtime, column("labels"))
    if labels is not None:
        holes.append((Hole.VALUE, labels))
    with_labels = [labels is not None] * len(batch)
    return RowBatch([batch.shapes, *map(column, _SHARED), with_labels], holes)


def goroutine_form(runtime: Runtime, key: tuple[Any, ...]) -> dict[str, object]:
    """Return the form of the rows with this key, one element of each of the `keys` of `goroutines`.

    `where` is the innermost frame that is not the runtime's, `user` the innermost one that is not
    the standard library's.
    """
    shape, status, reason, m, lockedm, startpc, gopc, parent_goid, *more = key
    bubble, unreadable, with_labels = more
    names = ("?", "") if unreadable else runtime.constants.status_and_reason(status, reason)
    start = runtime.function_names.get(startpc, "")
    return {
        "address": Hole.ADDRESS,
        "goid": Hole.NUMBER,
        "status": names[0],
        "waitreason": names[1] or None,
        "waitsince": Hole.NUMBER_OR_NULL,
        "m": id_of(runtime.m(m), m),
        "lockedm": id_of(runtime.m(lockedm), lockedm),
        "start": start or None,
        "creator": runtime.function_names.get(gopc) or None,
        "parent_goid": parent_goid,
        **bubble_entries(runtime, bubble, status, reason),
        "labels": Hole.VALUE if with_labels else None,
        "where": _place(frame_outside_runtime(shape.frames)),
        "user": _place(None if shape.user is None else shape.frames[shape.user]),
        "system": is_system_goroutine(start, shape.frames),
        "unreadable": unreadable or None,
    }


def clock(now: Clock) -> dict[str, object]:
    """Return the time to compare `waitsince` with, in ns; unless exact, it lags behind."""
    return {"now": now.now, "exact": now.exact}


def _place(frame: Frame | None) -> Mapping[str, object] | None:
    return frame and {"function": frame.function, "file": frame.file, "line": frame.line}


def sched(runtime: Runtime) -> dict[str, object]:
    """Return the scheduler's own state (schedt)."""
    s = runtime.sched
    return {
        "address": as_hex(s.address),
        "gomaxprocs": runtime.gomaxprocs,
        "ncpu": runtime.ncpu,
        "allglen": runtime.allglen,
        **{field: getattr(s, field) for field in (*SCHED_COUNTERS, "runqsize")},
        "runq": [_goid(runtime, g) for g in s.runq],
        "midle": [id_of(runtime.m(a), a) for a in s.midle],
        "pidle": [id_of(runtime.p(a), a) for a in s.pidle],
        "gfree": s.gfree,
        "unreadable": s.unreadable or None,
    }


def _goid(runtime: Runtime, address: int) -> int | str | None:
    """Return a g's goid, the name of a system stack, or its address when there is neither."""
    if not address:
        return None
    g = runtime.g(address)
    if g is None or g.unreadable:
        return as_hex(address)
    return g.name if g.is_system else g.goid


def ps(runtime: Runtime) -> list[dict[str, object]]:
    """Return every P."""
    return [_p(runtime, p) for p in runtime.ps]


def _p(runtime: Runtime, p: P) -> dict[str, object]:
    return {
        "address": as_hex(p.address),
        "id": p.id,
        "status": p.status,
        "m": id_of(runtime.m(p.m), p.m),
        "runnext": _goid(runtime, p.runnext),
        "runq": [_goid(runtime, g) for g in p.runq],
        "schedtick": p.schedtick,
        "syscalltick": p.syscalltick,
        "unreadable": p.unreadable or None,
    }


def ms(runtime: Runtime) -> list[dict[str, object]]:
    """Return every M."""
    return [_m(runtime, m) for m in runtime.ms]


def threads_without_m(runtime: Runtime) -> list[dict[str, object] | None] | None:
    """Return the threads that have no M, None if the Ms are not all known."""
    return None if runtime.lacks("ms") else [_thread(each) for each in runtime.threads.without_m]


def _thread(thread: Thread | None) -> dict[str, object] | None:
    return thread._asdict() if thread else None


def _m(runtime: Runtime, m: M) -> dict[str, object]:
    return {
        "address": as_hex(m.address),
        "id": m.id,
        "procid": m.procid,
        "thread": _thread(runtime.threads.of(m)),
        "g0": as_hex(m.g0),
        "gsignal": as_hex(m.gsignal),
        "curg": _goid(runtime, m.curg),
        "p": id_of(runtime.p(m.p), m.p),
        "nextp": id_of(runtime.p(m.nextp), m.nextp),
        "oldp": id_of(runtime.p(m.oldp), m.oldp),
        "spinning": m.spinning,
        "blocked": m.blocked,
        "locks": m.locks,
        "lockedg": _goid(runtime, m.lockedg),
        "unreadable": m.unreadable or None,
    }
