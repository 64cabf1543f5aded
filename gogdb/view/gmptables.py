"""The tables of go-gmp: Ps with their run queues, Ms with their threads, Gs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gogdb.i18n import tr
from gogdb.runtime.clock import Clock
from gogdb.runtime.model import G, M, P
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame
from gogdb.view import change_marks
from gogdb.view.address_text import g_label
from gogdb.view.doc import Cell, Column, Note, Part, Table
from gogdb.view.format import address, duration, name, number, ranges
from gogdb.view.m_state import MOST_DRAWN, idle_ms, idle_ps, m_state

__all__ = ["gs_parts", "ms_parts", "ps_parts", "queue"]

QUEUE = 6  # goids of a run queue that are told
_SILENT = (6, 5, 3, 2)  # columns of the Gs that are left out while they say nothing


def _lost() -> Cell:
    return Cell(tr("unreadable"), None, "bad")


def queue(runtime: Runtime, gs: Sequence[int]) -> Cell:
    """A run queue as goids, the next to run first."""
    if not gs:
        return Cell(tr("empty"), (), "dim")
    shown = " ".join(runtime.name(g) for g in gs[:QUEUE])
    more = " " + tr("… {count} more", count=len(gs) - QUEUE) if len(gs) > QUEUE else ""
    return Cell(shown + more, tuple(gs))


def ps_parts(runtime: Runtime, before: Runtime | None = None) -> list[Part]:
    """allp; of more than `MOST_DRAWN` Ps the idle ones only by name.

    What differs from `before` is marked.
    """
    columns = (
        Column("P", keep=9),
        Column(tr("status"), keep=9),
        Column("m", keep=8),
        Column("runnext", keep=8),
        Column("runq", keep=7),
        Column("schedtick", "right", 4),
        Column("syscalltick", "right", 2),
        Column(tr("address"), "right", 3),
    )
    folded = idle_ps(runtime) if len(runtime.ps) > MOST_DRAWN else []
    known = {p.address for p in folded}
    rows = [_p_row(runtime, p, before) for p in runtime.ps if p.address not in known]
    shown: list[Part] = []
    if rows or not folded:
        shown.append(Table(columns, rows, empty=tr("allp is empty")))
    if folded:
        names = ranges("p", [p.id for p in folded])
        told = tr("{count} idle Ps with empty queues: {names}", count=len(folded), names=names)
        shown.append(Note(told))
    return shown


def _p_row(runtime: Runtime, p: P, before: Runtime | None) -> list[Cell]:
    if p.unreadable:
        blank = [Cell("")] * 2
        return [Cell("p?"), _lost(), *blank, _why(p.unreadable), *blank, address(p.address)]
    old = before.p(p.address) if before else None

    def told(field: str, shown: Cell) -> Cell:
        return change_marks.cell(
            shown, old is not None and getattr(old, field) != getattr(p, field)
        )

    new = before is not None and old is None
    return [
        change_marks.cell(Cell(f"p{p.id}", p.id, "strong" if p.status == "running" else ""), new),
        told("status", Cell(p.status, p.status, "status")),
        told("m", name(runtime.name(p.m))),
        told("runnext", name(runtime.name(p.runnext), "strong")),
        told("runq", queue(runtime, p.runq)),
        number(p.schedtick),
        number(p.syscalltick),
        address(p.address),
    ]


def _why(unreadable: str) -> Cell:
    return Cell(unreadable, unreadable, "bad")


def ms_parts(runtime: Runtime, activities: Mapping[int, str]) -> list[Part]:
    """allm; of more than `MOST_DRAWN` Ms the idle ones only by name."""
    columns = (
        Column("M", keep=9),
        Column(tr("thread"), "right", 9),
        Column("curg", keep=9),
        Column("p", keep=9),
        Column(tr("state"), keep=8),
        Column("locks", "right", 4),
        Column("lockedg", keep=5),
        Column("g0", "right", 3),
        Column("gsignal", "right", 2),
        Column(tr("address"), "right", 3),
    )
    folded = idle_ms(runtime) if len(runtime.ms) > MOST_DRAWN else []
    known = {m.address for m in folded}
    rows = [_m_row(runtime, m, activities) for m in runtime.ms if m.address not in known]
    shown: list[Part] = []
    if rows or not folded:
        shown.append(Table(columns, rows, empty=tr("allm is nil")))
    if folded:
        names = ranges("m", [m.id for m in folded])
        first = runtime.name(runtime.sched.midle[0])
        told = tr(
            "{count} idle Ms, {first} the next to be woken: {names}",
            count=len(folded),
            first=first,
            names=names,
        )
        shown.append(Note(told))
    return shown


def _m_row(runtime: Runtime, m: M, activities: Mapping[int, str]) -> list[Cell]:
    if m.unreadable:
        blank = [Cell("")] * 3
        return [Cell("m?"), *blank, _why(m.unreadable), *blank, Cell(""), address(m.address)]
    return [
        Cell(f"m{m.id}", m.id),
        number(m.procid) if m.procid else Cell("-", 0, "dim"),
        name(runtime.name(m.curg), "strong"),
        name(runtime.name(m.p)),
        name(m_state(runtime, m, activities), "status"),
        number(m.locks),
        name(runtime.name(m.lockedg)),
        address(m.g0),
        address(m.gsignal),
        address(m.address),
    ]


def gs_parts(
    runtime: Runtime, gs: Sequence[G], where: Mapping[int, Frame], clock: Clock | None = None
) -> list[Part]:
    """Goroutines; a column that would say nothing gives its room to the others."""
    columns = [
        Column("G", keep=9),
        Column(tr("status"), keep=9),
        Column(tr("wait reason"), keep=7),
        Column(tr("waited"), "right", 6),
        Column("m", keep=6),
        Column(tr("locked to"), keep=5),
        Column(tr("where"), keep=8),
        Column(tr("started in"), keep=5),
        Column(tr("created by"), keep=3),
        Column(tr("address"), "right", 2),
    ]
    rows = [_g_row(runtime, g, where.get(g.address), clock) for g in gs]
    for at in _SILENT:
        if not any(row[at].value for row in rows):
            del columns[at]
            rows = [[*row[:at], *row[at + 1 :]] for row in rows]
    none = (
        tr("none of the {count} on allgs; the dead only with --status dead", count=runtime.allglen)
        if runtime.allglen
        else tr("allgs is empty")
    )
    shown: list[Part] = [Table(columns, rows, empty=none)]
    return [*shown, *_legend(gs, clock, any(column.name == tr("waited") for column in columns))]


def _legend(gs: Sequence[G], clock: Clock | None, told: bool) -> list[Part]:
    """What the times are."""
    if clock is None or not any(g.is_waiting for g in gs):
        return []
    if not told:
        said = tr(
            "how long they wait is not recorded: the collector does that, from its second run on"
        )
    else:
        until = "" if clock.exact else tr(" to the latest moment that the runtime wrote down")
        said = tr(
            "waited: about, as the runtime reckons: from the end of the collection before the one"
            " that first found it blocked{until}; -: not recorded",
            until=until,
        )
    return [Note(said)]


def _g_row(runtime: Runtime, g: G, frame: Frame | None, clock: Clock | None) -> list[Cell]:
    if g.unreadable:
        blank = [Cell("")] * 4
        return [Cell("g?"), _lost(), *blank, _why(g.unreadable), *blank[:2], address(g.address)]
    place = f"{frame.function} {frame.file.rpartition('/')[2]}:{frame.line}" if frame else ""
    parent = f"g{g.parent_goid:d}" if isinstance(g.parent_goid, int) and g.parent_goid else ""
    creator = runtime.function_names.get(g.gopc, "")
    waited = clock.waited_ns(g.atomicstatus, g.waitsince) if clock else None
    return [
        Cell(g_label(g.label), g.goid, "strong"),
        Cell(g.status, g.status, "status"),
        name(g.waitreason if g.is_waiting else ""),
        name("" if waited is None else duration(waited)),
        name(runtime.name(g.m)),
        name(runtime.name(g.lockedm)),
        name(place, "function"),
        name(runtime.function_names.get(g.startpc, ""), "function"),
        name(_created(parent, creator)),
        address(g.address),
    ]


def _created(parent: str, creator: str) -> str:
    """The goroutine that said go, where that is recorded, and the function."""
    if not creator:
        return ""
    if not parent:
        return tr("in {function}", function=creator)
    return tr("{g} in {function}", g=parent, function=creator)
