"""go-gmp p: the Ps with their run queues."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.i18n import tr
from gogdb.runtime.model import P
from gogdb.runtime.scheduler import Runtime
from gogdb.view import change_marks
from gogdb.view.doc.document import Cell, Column, Note, Part, Table
from gogdb.view.expr import GdbCommand
from gogdb.view.format import address, name, number, ranges, unreadable
from gogdb.view.m_state import MOST_DRAWN, idle_ps

__all__ = ["p_commands", "p_table", "run_queue"]

MOST_QUEUED = 6  # goids of a run queue that are shown
RING = 256  # len(p.runq) (runtime2.go)


def p_table(runtime: Runtime, before: Runtime | None = None) -> list[Part]:
    """Return the Ps of allp; of more than `MOST_DRAWN`, the idle ones are named in a note.

    Differences from `before` are marked.
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
    idle = idle_ps(runtime) if len(runtime.ps) > MOST_DRAWN else []
    idle_addresses = {p.address for p in idle}
    rows = [_row(runtime, p, before) for p in runtime.ps if p.address not in idle_addresses]
    parts: list[Part] = []
    empty = tr("{what} cannot be read", what="allp") if runtime.lacks("ps") else tr("allp is empty")
    if rows or not idle:
        parts.append(Table(columns, rows, empty=empty))
    if idle:
        names = ranges("p", [p.id for p in idle])
        text = tr(
            "{count} idle {count:P with an empty queue|Ps with empty queues}: {names}",
            count=len(idle),
            names=names,
        )
        parts.append(Note(text))
    return parts


def _row(runtime: Runtime, p: P, before: Runtime | None) -> list[Cell]:
    if p.unreadable:
        blank = [Cell("")] * 2
        why = unreadable(p.unreadable)
        return [Cell("p?"), unreadable(), *blank, why, *blank, address(p.address)]
    old = before.p(p.address) if before else None
    is_new = before is not None and old is None

    def marked(field: str, shown: Cell) -> Cell:
        changed = old is not None and getattr(old, field) != getattr(p, field)
        return change_marks.cell(shown, changed)

    return [
        change_marks.cell(
            Cell(f"p{p.id}", p.id, "strong" if p.status == "running" else ""), is_new
        ),
        marked("status", Cell(p.status, p.status, "status")),
        marked("m", name(runtime.name(p.m))),
        marked("runnext", name(runtime.name(p.runnext), "strong")),
        marked("runq", run_queue(runtime, p.runq)),
        number(p.schedtick),
        number(p.syscalltick),
        address(p.address),
    ]


def run_queue(runtime: Runtime, gs: Sequence[int]) -> Cell:
    """Return the first goroutines of a run queue by name, the next to run first."""
    if not gs:
        return Cell(tr("empty"), (), "dim")
    names = " ".join(runtime.name(g) for g in gs[:MOST_QUEUED])
    if len(gs) > MOST_QUEUED:
        names += " " + tr("… {count} more", count=len(gs) - MOST_QUEUED)
    return Cell(names, tuple(gs))


def p_commands(runtime: Runtime) -> list[GdbCommand]:
    """Return the commands that print the first P; the others follow it in allp."""
    if not runtime.ps or runtime.ps[0].unreadable:
        return []
    p, base = runtime.ps[0], "'runtime.allp'.array[0]"
    counters = ("schedtick", "syscalltick", "runqhead", "runqtail")
    commands = [
        GdbCommand(f"p/x {base}.m", f"{p.m:#x}"),
        GdbCommand(f"p/x {base}.runnext", f"{p.runnext:#x}"),
        *(GdbCommand(f"p {base}.{name}", str(getattr(p, name))) for name in counters),
    ]
    if p.runq:
        # runqhead counts on: the index is its remainder (runqget, proc.go)
        ring = f"$go_p({p.id})"
        first = f"p/x {ring}.runq[{ring}.runqhead % {RING}]"
        commands.append(GdbCommand(first, f"{p.runq[0]:#x}"))
    if m := runtime.m(p.m):
        commands.append(GdbCommand(f"p/x $go_m({m.id})", f"{p.m:#x}"))
    return commands
