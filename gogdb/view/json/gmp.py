"""go-gmp as JSON: {go_version, sched, ps, ms, gs}, in the runtime's own field names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gogdb.runtime.clock import Clock
from gogdb.runtime.goroutines import user_frame
from gogdb.runtime.model import SCHED_COUNTERS, M, P
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.trace_cache import Shape, TraceBatch
from gogdb.view.doc.json_rows import Memo, as_hex

__all__ = ["clock", "goroutines", "ms", "ps", "sched"]


def goroutines(runtime: Runtime, batches: Iterable[TraceBatch]) -> Iterator[list[str]]:
    """Each goroutine as the text of a JSON object: a million of them are quick to write.

    `where` is the first frame that is not the runtime's.
    """
    kinds: Memo[tuple[Any, ...], tuple[str, str]] = Memo(lambda kind: _kind(runtime, *kind))
    for batch in batches:
        gs = batch.gs
        kind_of = map(kinds.__getitem__, zip(batch.shapes, *map(gs.column, _KIND), strict=True))
        own = map(hex, gs.column("address")), gs.column("goid"), gs.column("waitsince")
        yield [
            f'{{"address": "{address}", "goid": {goid}, {before}{waitsince or "null"}{after}'
            for (before, after), address, goid, waitsince in zip(kind_of, *own, strict=True)
        ]


# What many goroutines have in common, and so is turned into JSON once
_KIND = (
    "atomicstatus",
    "waitreason_code",
    "m",
    "lockedm",
    "startpc",
    "gopc",
    "parent_goid",
    "unreadable",
)


def _kind(runtime: Runtime, shape: Shape, *kind: Any) -> tuple[str, str]:
    """What stands before and after waitsince in the rows of a kind of goroutine."""
    status, reason, m, lockedm, startpc, gopc, parent, unreadable = kind
    said, why = ("?", "") if unreadable else runtime.constants.status_and_reason(status, reason)
    before = {"status": said, "waitreason": why or None, "waitsince": None}
    after = {
        "m": _id(runtime.m(m), m),
        "lockedm": _id(runtime.m(lockedm), lockedm),
        "start": runtime.function_names.get(startpc) or None,
        "creator": runtime.function_names.get(gopc) or None,
        "parent_goid": parent,
        "where": _where(shape),
        "unreadable": unreadable or None,
    }
    return json.dumps(before)[1:].removesuffix("null}"), ", " + json.dumps(after)[1:]


def clock(now: Clock) -> dict[str, object]:
    """What `waitsince` counts to; a clock that is not exact is late."""
    return {"now": now.now, "exact": now.exact}


def _where(shape: Shape) -> Mapping[str, object] | None:
    frame = user_frame(shape.frames)
    return frame and {"function": frame.function, "file": frame.file, "line": frame.line}


def sched(runtime: Runtime) -> dict[str, object]:
    s = runtime.sched
    return {
        "address": as_hex(s.address),
        "gomaxprocs": runtime.gomaxprocs,
        "ncpu": runtime.ncpu,
        "allglen": runtime.allglen,
        **{field: getattr(s, field) for field in (*SCHED_COUNTERS, "runqsize")},
        "runq": [_goid(runtime, g) for g in s.runq],
        "midle": [m.id for a in s.midle if (m := runtime.m(a))],
        "pidle": [p.id for a in s.pidle if (p := runtime.p(a))],
        "gfree": s.gfree,
        "unreadable": s.unreadable or None,
    }


def _goid(runtime: Runtime, g: int) -> int | str | None:
    """A g in JSON: its goid, the name of a system stack, its address when it is neither."""
    if not g:
        return None
    found = runtime.g(g)
    if found is None or found.unreadable:
        return as_hex(g)
    return found.name if found.is_system else found.goid


def _id(found: M | P | None, given: int) -> int | str | None:
    return found.id if found else as_hex(given) if given else None


def ps(runtime: Runtime) -> list[dict[str, object]]:
    return [_p(runtime, p) for p in runtime.ps]


def _p(runtime: Runtime, p: P) -> dict[str, object]:
    return {
        "address": as_hex(p.address),
        "id": p.id,
        "status": p.status,
        "m": _id(runtime.m(p.m), p.m),
        "runnext": _goid(runtime, p.runnext),
        "runq": [_goid(runtime, g) for g in p.runq],
        "schedtick": p.schedtick,
        "syscalltick": p.syscalltick,
        "unreadable": p.unreadable or None,
    }


def ms(runtime: Runtime) -> list[dict[str, object]]:
    return [_m(runtime, m) for m in runtime.ms]


def _m(runtime: Runtime, m: M) -> dict[str, object]:
    return {
        "address": as_hex(m.address),
        "id": m.id,
        "procid": m.procid,
        "g0": as_hex(m.g0),
        "gsignal": as_hex(m.gsignal),
        "curg": _goid(runtime, m.curg),
        "p": _id(runtime.p(m.p), m.p),
        "nextp": _id(runtime.p(m.nextp), m.nextp),
        "oldp": _id(runtime.p(m.oldp), m.oldp),
        "spinning": m.spinning,
        "blocked": m.blocked,
        "locks": m.locks,
        "lockedg": _goid(runtime, m.lockedg),
        "unreadable": m.unreadable or None,
    }
