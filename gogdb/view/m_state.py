"""What an M does, and which Ms and Ps are idle with nothing else to say about them."""

from __future__ import annotations

from collections.abc import Mapping

from gogdb.i18n import tr
from gogdb.runtime.model import M, P
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.threads import Threads
from gogdb.view.address_text import short

__all__ = ["MOST_DRAWN", "idle_ms", "idle_ps", "m_state", "queue_length"]

MOST_DRAWN = 16  # Ms or Ps of a kind; idle ones, and those beyond, are shown by name only


def m_state(
    runtime: Runtime, m: M, activities: Mapping[int, str], threads: Threads | None = None
) -> str:
    """Return what an M without a goroutine does; "" when it has one or that is not known.

    `activities` are runtime functions by M address (`read_activities`). With `threads` it is also
    said of an M that it has no thread, or that its thread runs.
    """
    thread = threads.of(m) if threads else None
    if threads is not None and threads.has_none(m):
        return tr("has no thread")
    if threads is not None and thread is None and not m.procid and not m.curg:
        return tr("being started")
    runs = tr("its thread runs") if thread and thread.running else ""
    if m.curg:
        return runs
    if m.lockedg:
        return tr("waits for {g}, locked to it", g=runtime.name(m.lockedg))
    if m.address in runtime.sched.midle:
        return tr("idle")
    if m.nextp:
        return tr("woken for {p}", p=runtime.name(m.nextp))
    if m.spinning:
        return tr("spinning")
    if m.address in activities:
        return _activity(activities[m.address])
    return runs or (tr("blocked") if m.blocked else "")


def _activity(function: str) -> str:
    match function:
        case "runtime.sysmon":
            return "sysmon"
        case "runtime.templateThread":
            return tr("template thread")
    return tr("in {function}", function=short(function))


def idle_ms(runtime: Runtime, threads: Threads | None = None) -> list[M]:
    """Return the Ms on sched.midle that have no goroutine, P or locked goroutine.

    With `threads`, only those that have a thread.
    """
    midle = set(runtime.sched.midle)
    return [
        m
        for m in runtime.ms
        if m.address in midle
        and not (m.unreadable or m.curg or m.p or m.lockedg)
        and (threads is None or threads.of(m))
    ]


def idle_ps(runtime: Runtime) -> list[P]:
    """Return the idle Ps without an M and without goroutines to run."""
    return [
        p for p in runtime.ps if p.status == "idle" and not (p.unreadable or p.m or queue_length(p))
    ]


def queue_length(p: P) -> int:
    """Return how many goroutines wait for this P, in its queue and in runnext."""
    return len(p.runq) + bool(p.runnext)
