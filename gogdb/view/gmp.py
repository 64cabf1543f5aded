"""go-gmp: the scheduler's summary, its Ps, Ms and Gs, and who is bound to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from gogdb.runtime.clock import Clock
from gogdb.runtime.model import G, M, P, Runtime
from gogdb.runtime.unwind import Frame
from gogdb.view.binding import binding
from gogdb.view.doc import Cell, Column, Doc, Heading, Note, Part, Table
from gogdb.view.gmptables import gs_parts, ms_parts, ps_parts, queue
from gogdb.view.words import hexed, number, ranges

__all__ = ["as_json", "document", "g_json", "sched", "totals"]

MOST_TOTALS = 16  # rows
CHAIN = 4  # names of an idle list that are told in their order


def document(
    runtime: Runtime,
    parts: Sequence[str],
    gs: Sequence[G],
    where: Mapping[int, Frame],
    limit: int,
    *,
    counts: Mapping[tuple[str, str], int] | None = None,
    clock: Clock | None = None,
    duties: Mapping[int, str] | None = None,
) -> Doc:
    """The page of go-gmp: the parts asked for, of "sched", "p", "m" and "g".

    `counts` are those of `totals`, of all that the filters leave; `duties` what the Ms
    without a goroutine do (`runtime.duties`); without a `clock` nobody has waited.
    """
    if counts is None:
        counts = Counter((g.status, g.waitreason if g.waits else "") for g in gs)
    shown: list[Part] = []
    everything = len(parts) > 1
    if "sched" in parts:
        shown += [Heading(f"scheduler · {runtime.go_version}"), *sched(runtime)]
    if "p" in parts:
        shown += [Heading("Ps", 2), *ps_parts(runtime)]
    if "m" in parts:
        shown += [Heading("Ms", 2), *ms_parts(runtime, duties or {})]
    if everything and runtime.ms:
        shown += [Heading("M ─ P ─ G", 2), binding(runtime, duties=duties)]
    if "g" in parts:
        shown += [*totals(counts), *gs_parts(runtime, gs[:limit], where, clock)]
        if len(gs) > limit:
            shown.append(Note(f"{len(gs) - limit} more: --limit {len(gs)} shows them all"))
    shown += [Note(note, "warn") for note in runtime.notes]
    return Doc(shown)


def totals(counts: Mapping[tuple[str, str], int]) -> list[Part]:
    """How many goroutines there are by status, and by wait reason, the most frequent first.

    `counts` by (status, wait reason), the reason "" for those that do not wait.
    """
    by_status: Counter[str] = Counter()
    for (status, _), count in counts.items():
        by_status[status] += count
    said = ", ".join(f"{count} {_status(status)}" for status, count in by_status.most_common())
    heading = Heading("Gs", 2, aside=said)
    if 2 * len(counts) > by_status.total():
        return [heading]  # the table of the Gs is as short, and says more
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = [
        (number(count), Cell(_status(status), status, "status"), Cell(reason))
        for (status, reason), count in ordered[:MOST_TOTALS]
    ]
    if rest := ordered[MOST_TOTALS:]:
        others = f"of {len(rest)} more kinds"
        rows.append((number(sum(count for _, count in rest)), Cell(others, role="dim"), Cell("")))
    columns = (Column("Gs", "right", 9), Column("status", keep=9), Column("wait reason", keep=8))
    return [heading, Table(columns, rows)]


def _status(status: str) -> str:
    return "unreadable" if status == "?" else status


def sched(runtime: Runtime) -> list[Part]:
    """The scheduler's global state: what each number is, and the field that it is read from."""
    s = runtime.sched
    idle_ps = _idle(runtime, "p", s.pidle)
    idle_ms = _idle(runtime, "m", s.midle)
    rows: list[tuple[str, str, int, str | Cell]] = [
        ("Ps", "gomaxprocs", runtime.gomaxprocs, f"CPUs of the process: ncpu {runtime.ncpu}"),
        ("idle Ps", "npidle", s.npidle, idle_ps),
        ("Ms", "mnext − nmfreed", s.mnext - s.nmfreed, f"at most maxmcount {s.maxmcount}"),
        ("idle Ms", "nmidle", s.nmidle, idle_ms),
        ("spinning Ms", "nmspinning", s.nmspinning, "without work, and looking for some"),
        ("global run queue", "runqsize", s.runqsize, queue(runtime, s.runq)),
        ("goids handed out", "goidgen", s.goidgen, "to Ps, 16 at a time"),
        ("system goroutines", "ngsys", s.ngsys, "the runtime's own"),
        ("dead Gs", "gFree", s.gfree, "kept to be used again"),
        ("world to stop", "gcwaiting", s.gcwaiting, "1: Ms give up their Ps"),
        ("sysmon asleep", "sysmonwait", s.sysmonwait, "1: until there is work again"),
    ]
    if s.nmidlelocked:
        rows.insert(4, ("locked Ms", "nmidlelocked", s.nmidlelocked, "each waits for its own G"))
    columns = (
        *(Column("scheduler", keep=9), Column("field", keep=8)),
        *(Column("now", "right", 9), Column("", keep=7)),
    )
    cells = [
        (
            Cell(what),
            Cell(field, role="dim"),
            number(value),
            told if isinstance(told, Cell) else Cell(told, None, "dim"),
        )
        for what, field, value, told in rows
    ]
    return [Table(columns, cells)]


def _idle(runtime: Runtime, prefix: str, addresses: Sequence[int]) -> str:
    """An idle list, the next to be taken first; a long one by ranges."""
    if len(addresses) <= CHAIN:
        return " → ".join(runtime.name(address) for address in addresses)
    found = [runtime.m(a) or runtime.p(a) for a in addresses]
    ids = [thing.id for thing in found if thing and not thing.unreadable]
    lost = f" and {len(addresses) - len(ids)} unreadable" if len(ids) < len(addresses) else ""
    return f"{ranges(prefix, ids)}{lost}; next {runtime.name(addresses[0])}"


def as_json(runtime: Runtime, gs: Sequence[G], where: Mapping[int, Frame]) -> dict[str, object]:
    """{go_version, sched, ps, ms, gs}, in the runtime's own field names."""
    return {
        "go_version": runtime.go_version,
        "sched": _sched_json(runtime),
        "ps": [_p_json(runtime, p) for p in runtime.ps],
        "ms": [_m_json(runtime, m) for m in runtime.ms],
        "gs": [g_json(runtime, g, where.get(g.address)) for g in gs],
    }


def _sched_json(runtime: Runtime) -> dict[str, object]:
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


def _p_json(runtime: Runtime, p: P) -> dict[str, object]:
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


def _m_json(runtime: Runtime, m: M) -> dict[str, object]:
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


def g_json(runtime: Runtime, g: G, frame: Frame | None) -> dict[str, object]:
    """One goroutine; `where` is the first frame that is not the runtime's."""
    return {
        "address": hexed(g.address),
        "goid": g.goid,
        "status": g.status,
        "waitreason": (g.waitreason or None) if g.waits else None,
        "waitsince": g.waitsince or None,  # ns by nanotime; null: not recorded
        "m": _id(runtime.m(g.m), g.m),
        "lockedm": _id(runtime.m(g.lockedm), g.lockedm),
        "start": runtime.functions.get(g.startpc) or None,
        "creator": runtime.functions.get(g.gopc) or None,
        "parent_goid": g.parent_goid,
        "where": None
        if frame is None
        else {"function": frame.function, "file": frame.file, "line": frame.line},
        "unreadable": g.unreadable or None,
    }
