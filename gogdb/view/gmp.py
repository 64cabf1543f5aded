"""go-gmp: the scheduler's summary, its Ps, Ms and Gs, and who is bound to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from gogdb.i18n import tr
from gogdb.runtime.clock import Clock
from gogdb.runtime.filters import Totals
from gogdb.runtime.goroutines import user_frame
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.trace_cache import Trace
from gogdb.view.binding import binding
from gogdb.view.doc import Cell, Column, Doc, Heading, Note, Part, Table
from gogdb.view.format import number, ranges
from gogdb.view.gmptables import gs_parts, ms_parts, ps_parts, queue

__all__ = ["document", "sched", "totals"]

MOST_TOTALS = 16  # rows
CHAIN = 4  # names of an idle list that are told in their order


def document(
    runtime: Runtime,
    parts: Sequence[str],
    traces: Sequence[Trace],
    counts: Totals,
    interrupted: str | None = None,
    *,
    clock: Clock | None = None,
    activities: Mapping[int, str] | None = None,
) -> Doc:
    """The page of go-gmp: the parts asked for, of "sched", "p", "m" and "g".

    `traces` are the goroutines to show, `counts` those that could be shown. `activities` are what
    the Ms without a goroutine do (`read_activities`); without a `clock` nobody has waited.
    """
    shown: list[Part] = []
    everything = len(parts) > 1
    if "sched" in parts:
        shown += [Heading(f"{tr('scheduler')} · {runtime.go_version}"), *sched(runtime)]
    if "p" in parts:
        shown += [Heading(tr("Ps"), 2), *ps_parts(runtime)]
    if "m" in parts:
        shown += [Heading(tr("Ms"), 2), *ms_parts(runtime, activities or {})]
    if everything and runtime.ms:
        shown += [Heading("M ─ P ─ G", 2), binding(runtime, activities=activities)]
    if "g" in parts:
        where = {t.g.address: frame for t in traces if (frame := user_frame(t.frames))}
        gs = [trace.g for trace in traces]
        shown += [*totals(counts), *gs_parts(runtime, gs, where, clock)]
        if (total := counts.total()) > len(gs) and not interrupted:
            more = total - len(gs)
            told = tr("{count} more: --limit {all} shows them all", count=more, all=total)
            shown.append(Note(told))
    if interrupted:
        shown.append(Note(interrupted, "warn"))
    shown += [Note(note, "warn") for note in runtime.notes]
    return Doc(shown)


def totals(counts: Mapping[tuple[str, str], int]) -> list[Part]:
    """How many goroutines there are by status, and by wait reason, the most frequent first.

    `counts` by (status, wait reason), the reason "" for those that do not wait.
    """
    by_status: Counter[str] = Counter()
    for (status, _), count in counts.items():
        by_status[status] += count
    said = ", ".join(f"{count} {status}" for status, count in by_status.most_common())
    heading = Heading(tr("Gs"), 2, aside=said)
    if not counts or 2 * len(counts) > by_status.total():
        return [heading]  # the table of the Gs is as short, and says more
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = [
        (number(count), Cell(status, status, "status"), Cell(reason))
        for (status, reason), count in ordered[:MOST_TOTALS]
    ]
    if rest := ordered[MOST_TOTALS:]:
        others = tr("of {count} more kinds", count=len(rest))
        rows.append((number(sum(count for _, count in rest)), Cell(others, role="dim"), Cell("")))
    columns = (
        *(Column(tr("Gs"), "right", 9), Column(tr("status"), keep=9)),
        Column(tr("wait reason"), keep=8),
    )
    return [heading, Table(columns, rows)]


def sched(runtime: Runtime) -> list[Part]:
    """The scheduler's global state: what each number is, and the field that it is read from."""
    s = runtime.sched
    idle_ps = _idle(runtime, "p", s.pidle)
    idle_ms = _idle(runtime, "m", s.midle)
    rows: list[tuple[str, str, int, str | Cell]] = [
        (
            tr("Ps"),
            "gomaxprocs",
            runtime.gomaxprocs,
            tr("CPUs of the process: ncpu {ncpu}", ncpu=runtime.ncpu),
        ),
        (tr("idle Ps"), "npidle", s.npidle, idle_ps),
        (
            tr("Ms"),
            "mnext − nmfreed",
            s.mnext - s.nmfreed,
            tr("at most maxmcount {maxmcount}", maxmcount=s.maxmcount),
        ),
        (tr("idle Ms"), "nmidle", s.nmidle, idle_ms),
        (tr("spinning Ms"), "nmspinning", s.nmspinning, tr("without work, and looking for some")),
        (tr("global run queue"), "runqsize", s.runqsize, queue(runtime, s.runq)),
        (tr("goids handed out"), "goidgen", s.goidgen, tr("to Ps, 16 at a time")),
        (tr("system goroutines"), "ngsys", s.ngsys, tr("the runtime's own")),
        (tr("dead Gs"), "gFree", s.gfree, tr("kept to be used again")),
        (tr("world to stop"), "gcwaiting", s.gcwaiting, tr("1: Ms give up their Ps")),
        (tr("sysmon asleep"), "sysmonwait", s.sysmonwait, tr("1: until there is work again")),
    ]
    if s.nmidlelocked:
        told = tr("each waits for its own G")
        rows.insert(4, (tr("locked Ms"), "nmidlelocked", s.nmidlelocked, told))
    columns = (
        *(Column(tr("scheduler"), keep=9), Column(tr("field"), keep=8)),
        *(Column(tr("now"), "right", 9), Column("", keep=7)),
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
    told = ranges(prefix, ids)
    if lost := len(addresses) - len(ids):
        told = tr("{names} and {count} unreadable", names=told, count=lost)
    return tr("{names}; next {first}", names=told, first=runtime.name(addresses[0]))
