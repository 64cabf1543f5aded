"""go-gmp sched: the scheduler's global state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gogdb.i18n import tr
from gogdb.runtime.scheduler import Runtime
from gogdb.view.doc.document import Cell, Column, Note, Part, Table
from gogdb.view.expr import GdbCommand
from gogdb.view.format import number, ranges, unreadable
from gogdb.view.p_table import run_queue

__all__ = ["sched_commands", "sched_table"]

MOST_LINKS = 4  # names of an idle list that are shown in its order


class _Row(NamedTuple):
    """A number of the scheduler: what it means, the field of schedt that it is read from."""

    label: str
    field: str
    value: int | None
    note: str | Cell


def sched_table(runtime: Runtime) -> list[Part]:
    """Return the scheduler's numbers with their fields and what they mean."""
    columns = (
        Column(tr("scheduler"), keep=9),
        Column(tr("field"), keep=8),
        Column(tr("now"), "right", 9),
        Column("", keep=7),
    )
    rows = [
        (
            Cell(row.label),
            Cell(row.field, role="dim"),
            number(row.value) if row.value is not None else unreadable(),
            row.note if isinstance(row.note, Cell) else Cell(row.note, role="dim"),
        )
        for row in _rows(runtime)
    ]
    failure = [Note(runtime.sched.unreadable, "bad")] if runtime.sched.unreadable else []
    return [Table(columns, rows), *failure]


def _rows(runtime: Runtime) -> list[_Row]:
    s = runtime.sched
    ncpu = tr("unreadable") if runtime.ncpu is None else runtime.ncpu
    cpus = tr("CPUs of the process: ncpu {ncpu}", ncpu=ncpu)
    ps = _Row(tr("Ps"), "gomaxprocs", runtime.gomaxprocs, cpus)
    if s.unreadable:
        return [ps]
    at_most = tr("at most maxmcount {maxmcount}", maxmcount=s.maxmcount)
    rows = [
        ps,
        _Row(tr("idle Ps"), "npidle", s.npidle, _idle_list(runtime, "p", s.pidle)),
        _Row(tr("Ms"), "mnext − nmfreed", s.mnext - s.nmfreed, at_most),
        _Row(tr("idle Ms"), "nmidle", s.nmidle, _idle_list(runtime, "m", s.midle)),
    ]
    if s.nmidlelocked:
        waiting = tr("each waits for its own G")
        rows.append(_Row(tr("locked Ms"), "nmidlelocked", s.nmidlelocked, waiting))
    searching = tr("without work, and looking for some")
    return [
        *rows,
        _Row(tr("spinning Ms"), "nmspinning", s.nmspinning, searching),
        _Row(tr("global run queue"), "runqsize", s.runqsize, run_queue(runtime, s.runq)),
        _Row(tr("goids handed out"), "goidgen", s.goidgen, tr("to Ps, 16 at a time")),
        _Row(tr("system goroutines"), "ngsys", s.ngsys, tr("the runtime's own")),
        _Row(tr("dead Gs"), "gFree", s.gfree, tr("for reuse; each P keeps some as well")),
        _Row(tr("world to stop"), "gcwaiting", s.gcwaiting, tr("1: Ms give up their Ps")),
        _Row(
            tr("sysmon asleep"),
            "sysmonwait",
            s.sysmonwait,
            tr("1: while all Ps are idle or stopped"),
        ),
    ]


def _idle_list(runtime: Runtime, prefix: str, addresses: Sequence[int]) -> str:
    """Return the names on an idle list, the next one first; those on a long list in ranges."""
    if len(addresses) <= MOST_LINKS:
        return " → ".join(runtime.name(address) for address in addresses)
    listed = [runtime.m(a) or runtime.p(a) for a in addresses]
    ids = [one.id for one in listed if one and not one.unreadable]
    names = ranges(prefix, ids)
    if others := len(addresses) - len(ids):
        names = tr("{names} and {count} unreadable", names=names, count=others)
    return tr("{names}; next {first}", names=names, first=runtime.name(addresses[0]))


def sched_commands(runtime: Runtime) -> list[GdbCommand]:
    """Return the commands that print the scheduler's numbers."""
    if runtime.sched.unreadable:
        return []
    counters = ("goidgen", "mnext", "nmfreed", "npidle", "nmspinning", "ngsys", "gcwaiting")
    return [
        GdbCommand("p 'runtime.gomaxprocs'", str(runtime.gomaxprocs)),
        *(
            GdbCommand(f"p 'runtime.sched'.{name}", str(getattr(runtime.sched, name)))
            for name in counters
        ),
        GdbCommand("p 'runtime.allglen'", str(runtime.allglen)),
    ]
