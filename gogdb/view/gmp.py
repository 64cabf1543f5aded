"""go-gmp: the scheduler's summary, its Ps, Ms and Gs, and who is bound to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from gogdb.runtime.filters import Totals
from gogdb.runtime.goroutines import user_frame
from gogdb.runtime.model import G, M, P, Runtime
from gogdb.runtime.shapes import Trace
from gogdb.runtime.unwind import Frame
from gogdb.view.doc import Art, Cell, Column, Doc, Heading, Note, Part, Span, Table
from gogdb.view.words import address, name, number

__all__ = ["binding", "document", "gs_table", "idle", "ms_table", "ps_table", "sched"]

FOLD = 16  # Ps drawn one by one before the idle ones are folded


def document(
    runtime: Runtime,
    parts: Sequence[str],
    traces: Sequence[Trace],
    totals: Totals,
    interrupted: str | None = None,
) -> Doc:
    """The page of go-gmp: the parts asked for, of "sched", "p", "m" and "g".

    `traces` are the goroutines to show, `totals` counts those that could be shown.
    """
    shown: list[Part] = []
    everything = len(parts) > 1
    if "sched" in parts:
        shown += [Heading(f"scheduler · {runtime.go_version}"), *sched(runtime)]
    if "p" in parts:
        shown += [Heading("Ps", 2), ps_table(runtime)]
    if "m" in parts:
        shown += [Heading("Ms", 2), ms_table(runtime)]
    if everything and runtime.ms:
        shown += [Heading("M ─ P ─ G", 2), binding(runtime)]
    if "g" in parts:
        where = {t.g.address: frame for t in traces if (frame := user_frame(t.frames))}
        gs = [trace.g for trace in traces]
        shown += [Heading("Gs", 2, aside=_totals(totals)), gs_table(runtime, gs, where)]
        if (total := totals.total()) > len(gs) and not interrupted:
            shown.append(Note(f"{total - len(gs)} more: --limit {total} shows them all"))
    if interrupted:
        shown.append(Note(interrupted, "warn"))
    shown += [Note(note, "warn") for note in runtime.notes]
    return Doc(shown)


def _totals(totals: Totals) -> str:
    counts: Counter[str] = Counter()
    for (status, _), count in totals.items():
        counts[status] += count
    return ", ".join(f"{count} {status}" for status, count in counts.most_common())


def sched(runtime: Runtime) -> list[Part]:
    """The scheduler's global state."""
    s = runtime.sched
    idle_ms, idle_ps = _names(runtime, s.midle), _names(runtime, s.pidle)
    rows = [
        ("gomaxprocs", number(runtime.gomaxprocs), "Ps, of which idle", number(s.npidle)),
        ("ncpu", number(runtime.ncpu), "idle Ps (pidle)", name(idle_ps)),
        ("Ms (mnext − nmfreed)", number(s.mnext - s.nmfreed), "idle Ms (midle)", name(idle_ms)),
        ("maxmcount", number(s.maxmcount), "spinning Ms", number(s.nmspinning)),
        ("goidgen", number(s.goidgen), "global queue", _queue(runtime, s.runq)),
        ("system gs (ngsys)", number(s.ngsys), "free gs kept", number(s.gfree)),
        ("collector waits (gcwaiting)", number(s.gcwaiting), "sysmon waits", number(s.sysmonwait)),
    ]
    columns = (Column("sched"), Column("", "right"), Column(""), Column(""))
    return [Table(columns, [(Cell(a), b, Cell(c), d) for a, b, c, d in rows])]


def _names(runtime: Runtime, addresses: Sequence[int]) -> str:
    return " → ".join(runtime.name(a) for a in addresses)


def _queue(runtime: Runtime, queue: Sequence[int], most: int = 6) -> Cell:
    """A run queue as goids, the next to run first."""
    if not queue:
        return Cell("empty", (), "dim")
    shown = " ".join(runtime.name(g) for g in queue[:most])
    more = f" … {len(queue) - most} more" if len(queue) > most else ""
    return Cell(shown + more, tuple(queue))


def ps_table(runtime: Runtime) -> Table:
    columns = (
        Column("P", keep=9),
        Column("status", keep=9),
        Column("m", keep=8),
        Column("runnext", keep=8),
        Column("runq", keep=7),
        Column("schedtick", "right", 4),
        Column("syscalltick", "right", 2),
        Column("address", "right", 3),
    )
    return Table(columns, [_p_row(runtime, p) for p in runtime.ps], empty="allp is empty")


def _p_row(runtime: Runtime, p: P) -> list[Cell]:
    if p.unreadable:
        return [Cell(p.unreadable, role="bad"), *[Cell("")] * 6, address(p.address)]
    return [
        Cell(f"p{p.id}", p.id, "strong" if p.status == "running" else ""),
        Cell(p.status, p.status, "status"),
        name(runtime.name(p.m)),
        name(runtime.name(p.runnext), "strong"),
        _queue(runtime, p.runq),
        number(p.schedtick),
        number(p.syscalltick),
        address(p.address),
    ]


def ms_table(runtime: Runtime) -> Table:
    columns = (
        Column("M", keep=9),
        Column("thread", "right", 9),
        Column("curg", keep=9),
        Column("p", keep=9),
        Column("state", keep=8),
        Column("locks", "right", 4),
        Column("lockedg", keep=5),
        Column("g0", "right", 3),
        Column("gsignal", "right", 2),
        Column("address", "right", 3),
    )
    return Table(columns, [_m_row(runtime, m) for m in runtime.ms], empty="allm is nil")


def _m_row(runtime: Runtime, m: M) -> list[Cell]:
    if m.unreadable:
        return [Cell(m.unreadable, role="bad"), *[Cell("")] * 8, address(m.address)]
    idle = m.address in runtime.sched.midle
    state = "idle" if idle else "spinning" if m.spinning else "blocked" if m.blocked else ""
    return [
        Cell(f"m{m.id}", m.id),
        number(m.procid) if m.procid else Cell("-", 0, "dim"),
        name(runtime.name(m.curg), "strong"),
        name(runtime.name(m.p)),
        name(state, "status"),
        number(m.locks),
        name(runtime.name(m.lockedg)),
        address(m.g0),
        address(m.gsignal),
        address(m.address),
    ]


def gs_table(runtime: Runtime, gs: Sequence[G], where: Mapping[int, Frame]) -> Table:
    columns = [
        Column("G", keep=9),
        Column("status", keep=9),
        Column("wait reason", keep=7),
        Column("m", keep=6),
        Column("where", keep=8),
        Column("started in", keep=5),
        Column("created by", keep=3),
        Column("address", "right", 2),
    ]
    rows = [_g_row(runtime, g, where.get(g.address)) for g in gs]
    for at in (4, 2):  # a column that says nothing gives its room to the others
        if not any(row[at].value for row in rows):
            del columns[at]
            rows = [[*row[:at], *row[at + 1 :]] for row in rows]
    return Table(columns, rows, empty="allgs is empty")


def _g_row(runtime: Runtime, g: G, frame: Frame | None) -> list[Cell]:
    if g.unreadable:
        return [Cell(g.unreadable, role="bad"), *[Cell("")] * 6, address(g.address)]
    place = f"{frame.function} {frame.file.rpartition('/')[2]}:{frame.line}" if frame else ""
    parent = f"g{g.parent_goid} " if g.parent_goid else ""
    creator = runtime.functions.get(g.gopc, "")
    return [
        Cell(g.label, g.goid, "strong"),
        Cell(g.status, g.status, "status"),
        name(g.waitreason if g.waits else ""),
        name(runtime.name(g.m)),
        name(place, "function"),
        name(runtime.functions.get(g.startpc, ""), "function"),
        name(f"{parent}in {creator}" if creator else ""),
        address(g.address),
    ]


def binding(runtime: Runtime, m0: M | None = None) -> Art:
    """Who is bound to whom: a line for each M, then the Ps that nobody holds."""
    lines: list[list[Span]] = []
    ms = list(runtime.ms) or ([m0] if m0 else [])
    for m in ms:
        p, g = runtime.p(m.p), runtime.g(m.curg)
        line = [Span(f"m{m.id}".ljust(4), "strong")]
        thread = f"thread {m.procid}" if m.procid else "no thread id yet"
        line.append(Span(f"({thread})".ljust(19), "dim"))
        line.append(Span(f" ── p{p.id}".ljust(8) if p else " ── –   ", "" if p else "dim"))
        if g is not None:
            line.append(Span(f" ── g{g.goid}", "strong"))
            line.append(Span(f" {g.status}", "status"))
        else:
            # What it does on g0 nobody records: it may be scheduling, or be sysmon, or sleep
            on = runtime.name(m.g0) or "g0"
            idle = ", idle" if m.address in runtime.sched.midle else ""
            line.append(Span(f" ── no g, on {on}{idle}", "dim"))
        lines.append(line)
    free = [p for p in runtime.ps if not p.m]
    if free:
        shown = " ".join(f"p{p.id}" for p in free[:FOLD])
        more = f" … {len(free) - FOLD} more" if len(free) > FOLD else ""
        lines.append([Span(f"held by no M: {shown}{more}", "dim")])
    return Art(lines)


def idle(runtime: Runtime) -> Art:
    """sched.pidle, the next to be taken first."""
    chain = " → ".join(runtime.name(p) for p in runtime.sched.pidle) or "empty"
    return Art([[Span("sched.pidle  ", "dim"), Span(chain), Span(" → nil", "dim")]])
