"""Gs, Ms, Ps and schedulers made by hand, also in states that no program shows on demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

from gogdb.inferior.protocol import Target, Thread
from gogdb.runtime.model import G, GConstants, M, P, Sched
from gogdb.runtime.scheduler import Goroutines, Runtime
from gogdb.runtime.threads import Threads

STATUSES = ("idle", "runnable", "running", "syscall", "waiting", "moribund", "dead")


def g_at(goid: int) -> int:
    return 0xC000_0000_0000 + 0x200 * goid


def m_at(number: int) -> int:
    return 0xC100_0000_0000 + 0x800 * number


def p_at(number: int) -> int:
    return 0xC200_0000_0000 + 0x2800 * number


def g(goid: int, status: str = "waiting", waitreason: str = "", **other: Any) -> G:
    """Return a goroutine; `waitreason` may also be one that is left over from an earlier wait."""
    known: dict[str, Any] = {
        "address": g_at(goid),
        "system_name": "",
        "constants": GConstants(STATUSES, ("", waitreason)),
        "unreadable": "",
        "goid": goid,
        "atomicstatus": STATUSES.index(status),
        "waitreason_code": int(bool(waitreason)),
        "parent_goid": None,
    }
    return G(**dict.fromkeys(G._fields, 0) | known | other)


def m(number: int, **other: Any) -> M:
    known: dict[str, Any] = {
        "address": m_at(number),
        "id": number,
        "procid": 4000 + number,
        "g0": m_at(number) + 0x400,
        "gsignal": m_at(number) + 0x600,
        **dict.fromkeys(("curg", "p", "nextp", "oldp"), 0),
        "spinning": False,
        "blocked": False,
        "locks": 0,
        **dict.fromkeys(("lockedg", "mstartfn", "schedlink"), 0),
    }
    return M(**known | other)


def p(number: int, status: str = "idle", **other: Any) -> P:
    known: dict[str, Any] = {
        "address": p_at(number),
        "id": number,
        "status": status,
        "m": 0,
        "link": 0,
        "schedtick": 100 + number,
        "syscalltick": 10 + number,
        "runqhead": 0,
        "runqtail": 0,
        "runq": (),
        "runnext": 0,
    }
    return P(**known | other)


def threads_of(ms: Sequence[M]) -> Threads:
    """Return a thread for each M that has a procid, which is its LWP."""
    threads = [Thread(number, m.procid) for number, m in enumerate(ms, 1) if m.procid]
    target = SimpleNamespace(threads=lambda: threads, thread_ids=same_ids)
    return Threads(cast(Target, target), ms)


def same_ids(threads: Sequence[Thread]) -> Mapping[int, int]:
    """Return the ids of threads that know themselves by their LWPs."""
    return {thread.lwp: thread.lwp for thread in threads}


def runtime(
    *,
    ps: Sequence[P] = (),
    ms: Sequence[M] = (),
    gs: Sequence[G] = (),
    sched: dict[str, Any] | None = None,
    **other: Any,
) -> Runtime:
    """Return a scheduler; `sched` holds fields of schedt that differ from an idle one."""
    fields: dict[str, Any] = {
        "address": 0x53_0000,
        "goidgen": 128,
        "maxmcount": 10_000,
        "mnext": len(ms),
        "nmfreed": 0,
        "nmidle": 0,
        "nmidlelocked": 0,
        "nmsys": 0,
        "ngsys": 4,
        "npidle": 0,
        "nmspinning": 0,
        "gcwaiting": 0,
        "sysmonwait": 0,
        "lastpoll": 0,
        "runqsize": 0,
        "runq": (),
        "midle": (),
        "pidle": (),
        "gfree": 0,
    }
    known: dict[str, Any] = {
        "go_version": "go1.27.3",
        "gomaxprocs": len(ps),
        "ncpu": 8,
        "allglen": len(gs),
        "sched": Sched(**fields | (sched or {})),
        "ps": ps,
        "ms": ms,
        "gs": Goroutines(gs),
        "system_gs": (),
        "g0": 0x57_0000,
        "m0": m_at(0),
        "threads": threads_of(ms),
    }
    return Runtime(**known | other)


def crowd() -> Runtime:
    """Return 64 Ps: 40 run, one is in a system call, two have work and no M, the rest is idle."""
    at_work = range(40)
    ms = [
        *(m(n, curg=g_at(n + 1), p=p_at(n)) for n in at_work),
        m(40, curg=g_at(41), oldp=p_at(40)),  # its P is still reserved for it
        m(41, curg=g_at(42), oldp=p_at(3)),  # its P was retaken
        m(42),  # sysmon
        m(43, p=p_at(41), spinning=True),
        m(44, lockedg=g_at(43)),
        m(45, nextp=p_at(42)),
        *(m(n) for n in range(46, 60)),
    ]
    running = [g(n + 1, "running", m=m_at(n)) for n in at_work]
    waiting = [g_at(n) for n in range(50, 60)]
    ps = [
        *(p(n, "running", m=m_at(n), runq=tuple(waiting[: n % 4])) for n in at_work),
        p(40, "syscall", runq=(g_at(60),)),
        p(41, "running", m=m_at(43)),
        p(42, runq=(g_at(61), g_at(62)), runnext=g_at(63)),
        *(p(n) for n in range(43, 63)),
        p(63, "gcstop"),
    ]
    locked = {"lockedg": g_at(1)}
    ms[0] = m(0, curg=g_at(1), p=p_at(0), **locked)
    running[0] = g(1, "running", m=m_at(0), lockedm=m_at(0))
    gs = [
        *running,
        g(41, "syscall", m=m_at(40)),
        g(42, "syscall", m=m_at(41)),
        g(43, "waiting", "chan receive", lockedm=m_at(44)),
        *(g(n, "runnable") for n in range(50, 64)),
    ]
    idle_ms = [m_at(n) for n in range(59, 45, -1)]
    idle_ps = [p_at(n) for n in (45, 44, 43, *range(46, 63))]
    sched = {
        "midle": idle_ms,
        "nmidle": 14,
        "pidle": idle_ps,
        "npidle": 20,
        "nmspinning": 1,
        "nmidlelocked": 1,
        "runq": [g_at(n) for n in range(70, 80)],
        "runqsize": 10,
    }
    return runtime(ps=ps, ms=ms, gs=gs, sched=sched)
