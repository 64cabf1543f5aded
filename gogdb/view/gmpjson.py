"""go-gmp as JSON: {go_version, sched, ps, ms, gs}, in the runtime's own field names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from gogdb.runtime.goroutines import user_frame
from gogdb.runtime.model import M, P, Runtime
from gogdb.runtime.shapes import Shape, Trace
from gogdb.view.memo import Memo
from gogdb.view.words import hexed

__all__ = ["goroutines", "ms", "ps", "sched"]

_G = (
    '{"address": "%#x", "goid": %d, "status": %s, "waitreason": %s, "waitsince": %s, '
    '"m": %s, "lockedm": %s, "start": %s, "creator": %s, "parent_goid": %s, "where": %s, '
    '"unreadable": %s}'
)


def goroutines(runtime: Runtime, traces: Iterable[Trace]) -> Iterator[str]:
    """Each goroutine as the text of a JSON object: a million of them are quick to write.

    `where` is the first frame that is not the runtime's.
    """
    text = json.dumps
    said = Memo(text)
    function: Memo[int, str] = Memo(lambda pc: text(runtime.functions.get(pc) or None))
    number: Memo[int, str] = Memo(lambda address: text(_id(runtime.m(address), address)))
    where: Memo[Shape, str] = Memo(lambda shape: text(_where(shape)))
    for g, shape, _ in traces:
        yield _G % (
            g.address,
            g.goid,
            said[g.status],
            said[g.waitreason or None if g.waits else None],
            g.waitsince or "null",
            number[g.m],
            number[g.lockedm],
            function[g.startpc],
            function[g.gopc],
            "null" if g.parent_goid is None else g.parent_goid,
            where[shape],
            said[g.unreadable or None],
        )


def _where(shape: Shape) -> Mapping[str, object] | None:
    frame = user_frame(shape.frames)
    return frame and {"function": frame.function, "file": frame.file, "line": frame.line}


def sched(runtime: Runtime) -> dict[str, object]:
    s = runtime.sched
    counts = (
        *("goidgen", "maxmcount", "mnext", "nmfreed", "nmidle", "nmidlelocked", "nmsys", "ngsys"),
        *("npidle", "nmspinning", "gcwaiting", "sysmonwait", "lastpoll", "runqsize"),
    )
    return {
        "address": hexed(s.address),
        "gomaxprocs": runtime.gomaxprocs,
        "ncpu": runtime.ncpu,
        "allglen": runtime.allglen,
        **{field: getattr(s, field) for field in counts},
        "runq": [_goid(runtime, g) for g in s.runq],
        "midle": [m.id for a in s.midle if (m := runtime.m(a))],
        "pidle": [p.id for a in s.pidle if (p := runtime.p(a))],
        "gfree": s.gfree,
    }


def _goid(runtime: Runtime, g: int) -> int | str | None:
    """A g in JSON: its goid, the name of a system stack, its address when it is neither."""
    if not g:
        return None
    found = runtime.g(g)
    if found is None or found.unreadable:
        return hexed(g)
    return found.name if found.system else found.goid


def _id(found: M | P | None, given: int) -> int | str | None:
    return found.id if found else hexed(given) if given else None


def ps(runtime: Runtime) -> list[dict[str, object]]:
    return [_p(runtime, p) for p in runtime.ps]


def _p(runtime: Runtime, p: P) -> dict[str, object]:
    return {
        "address": hexed(p.address),
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
        "address": hexed(m.address),
        "id": m.id,
        "procid": m.procid,
        "g0": hexed(m.g0),
        "gsignal": hexed(m.gsignal),
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
