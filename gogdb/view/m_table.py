"""go-gmp m: the Ms with their threads."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from gogdb.i18n import tr
from gogdb.runtime.model import M
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.threads import Threads
from gogdb.view.doc.document import Cell, Column, Note, Part, Table
from gogdb.view.expr import GdbCommand
from gogdb.view.format import address, name, number, ranges, unreadable
from gogdb.view.m_state import MOST_DRAWN, idle_ms, m_state

__all__ = ["m_commands", "m_table"]

_NAMED = 8  # threads that a note names


def m_table(
    runtime: Runtime, activities: Mapping[int, str], threads: Threads | None = None
) -> list[Part]:
    """Return the Ms of allm; of more than `MOST_DRAWN`, the idle ones are named in a note.

    `activities` are runtime functions by M address (`read_activities`). `threads` are those of this
    stop; without them an M is shown with its m.procid.
    """
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
    idle = idle_ms(runtime, threads) if len(runtime.ms) > MOST_DRAWN else []
    idle_addresses = {m.address for m in idle}
    rows = [
        _row(runtime, m, activities, threads) for m in runtime.ms if m.address not in idle_addresses
    ]
    parts: list[Part] = []
    empty = tr("{what} cannot be read", what="allm") if runtime.lacks("ms") else tr("allm is nil")
    if rows or not idle:
        parts.append(Table(columns, rows, empty=empty))
    if idle:
        text = tr(
            "{count} idle {count:M|Ms}, {first} the next to be woken: {names}",
            count=len(idle),
            first=runtime.name(runtime.sched.midle[0]),
            names=ranges("m", [m.id for m in idle]),
        )
        parts.append(Note(text))
    return parts + _explanation(runtime, threads) + _without_m(runtime, threads)


def _row(
    runtime: Runtime, m: M, activities: Mapping[int, str], threads: Threads | None
) -> list[Cell]:
    if m.unreadable:
        blank = [Cell("")] * 3
        why = unreadable(m.unreadable)
        return [Cell("m?"), *blank, why, *blank, Cell(""), address(m.address)]
    return [
        Cell(f"m{m.id}", m.id),
        _thread(m, threads),
        name(runtime.name(m.curg), "strong"),
        name(runtime.name(m.p)),
        name(m_state(runtime, m, activities, threads), "status"),
        number(m.locks),
        name(runtime.name(m.lockedg)),
        address(m.g0),
        address(m.gsignal),
        address(m.address),
    ]


def _thread(m: M, threads: Threads | None) -> Cell:
    """Return the kernel's id of an M's thread, and m.procid if that differs."""
    if threads is None:
        return number(m.procid) if m.procid else Cell("-", 0, "dim")
    thread = threads.of(m)
    if thread is None:
        return Cell(tr("none") if threads.has_none(m) else "-", None, "dim")
    if thread.lwp == m.procid or not m.procid:
        return number(thread.lwp)
    return Cell(f"{thread.lwp} ({m.procid})", thread.lwp)


def _explanation(runtime: Runtime, threads: Threads | None) -> list[Part]:
    """Return a note on the ids in parentheses, if the table has any."""
    found = ((m, threads.of(m)) for m in runtime.ms) if threads else ()
    if all(thread is None or m.procid in (0, thread.lwp) for m, thread in found):
        return []
    text = tr(
        "in parentheses m.procid, where it is another number: the thread's id in another pid "
        "namespace, or after a fork that of the parent's thread"
    )
    return [Note(text)]


def _without_m(runtime: Runtime, threads: Threads | None) -> list[Part]:
    """Return a note on the threads that have no M, if there are any and the Ms are all known."""
    without = threads.without_m if threads and not runtime.lacks("ms") else ()
    if not without:
        return []
    names = ", ".join(
        tr("thread {number} (LWP {lwp})", number=thread.number, lwp=thread.lwp)
        for thread in without[:_NAMED]
    )
    if len(without) > _NAMED:
        names += tr(" and {count} more", count=len(without) - _NAMED)
    text = tr("without an M, made by C code or not in Go yet: {threads}", threads=names)
    return [Note(text)]


def m_commands(runtime: Runtime) -> list[GdbCommand]:
    """Return the commands that print m0 and follow allm, which leads from the newest M to m0."""
    if not runtime.ms or runtime.ms[0].unreadable:
        return []
    m, base = runtime.ms[0], "'runtime.m0'"
    commands = [
        GdbCommand(f"p {base}.procid", str(m.procid)),
        GdbCommand(f"p {base}.locks", str(m.locks)),
        GdbCommand(f"p/x {base}.p", f"{m.p:#x}"),
    ]
    if curg := runtime.g(m.curg):
        commands.append(GdbCommand(f"p {base}.curg.goid", str(curg.goid)))
    for links, newer in enumerate(islice(reversed(runtime.ms), 2)):
        allm = "'runtime.allm'" + ".alllink" * links
        commands.append(GdbCommand(f"p {allm}.id", str(newer.id)))
    newest = runtime.ms[-1]
    commands.append(GdbCommand(f"p $go_m({newest.id}).procid", str(newest.procid)))
    return commands
