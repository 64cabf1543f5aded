"""The claims of a goroutine in a system call (proc.go)."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.boot.claims.context import CheckContext, main_goroutine
from gogdb.boot.observation import Claim
from gogdb.follow.claims.common import leg, m_name, status, user
from gogdb.runtime.model import GRUNNING, GSYSCALL


@leg("in-syscall")
def _in_syscall(s: CheckContext) -> Iterator[Claim]:
    g, runtime = main_goroutine(s), s.now.runtime
    m = runtime.m(g.m)
    s.values |= {"g": g.label, "user": user(s, g), "m": f"m{m.id}" if m else "?"}
    yield Claim("status", status(g) == GSYSCALL, {"status": g.status})
    yield Claim("sp", g.syscallsp in g.stack, {"sp": g.syscallsp})
    yield Claim("curg", m is not None and m.curg == g.address, {"m": s.values["m"]})


def _kernel(s: CheckContext) -> None:
    g, runtime = main_goroutine(s), s.now.runtime
    m = runtime.m(g.m)
    p = runtime.p(m.p) if m and m.p else None
    old = runtime.p(m.oldp) if m and m.oldp else None
    s.values |= {
        "g": g.label,
        "m": f"m{m.id}" if m else "?",
        "p": f"p{p.id}" if p else "-",
        "oldp": f"p{old.id}" if old else "-",
        "user": user(s, g),
        "sp": g.syscallsp,
        "pc": g.syscallpc,
        "status": g.status,
    }


@leg("entersyscall", "entersyscallblock")
def _entersyscall(s: CheckContext) -> Iterator[Claim]:
    _kernel(s)
    g, now = main_goroutine(s), s.now
    yield Claim("status", status(g) == GSYSCALL, {"status": g.status})
    yield Claim("saved", g.syscallsp in g.stack and g.syscallpc != 0, dict(s.values))
    yield Claim("own-stack", now.sp in g.stack, {"sp": now.sp})
    yield Claim("curg", now.m0.curg == g.address, {"m": m_name(s), "g": g.label})


@leg("handoff")
def _handoff(s: CheckContext) -> Iterator[Claim]:
    _kernel(s)
    g, now = main_goroutine(s), s.now
    p = now.runtime.p(now.registers["rax"])
    m = now.runtime.m(g.m)
    sysmon = now.m0.mstartfn and s.word(now.m0.mstartfn) == s.entry("runtime.sysmon")
    s.values |= {
        "taken": f"p{p.id}" if p else "?",
        "taker": "sysmon" if sysmon else m_name(s),
    }
    yield Claim("p", p is not None, {"taken": s.values["taken"]})
    yield Claim("status", status(g) == GSYSCALL, {"status": g.status})
    kept = m is not None and m.curg == g.address and m.address != now.m0.address
    yield Claim("curg", kept, {"m": s.values["m"], "g": g.label})


@leg("exitsyscall")
def _exitsyscall(s: CheckContext) -> Iterator[Claim]:
    _kernel(s)
    g, now = main_goroutine(s), s.now
    yield Claim("current", now.registers["r14"] == now.g == g.address, {"g": g.label})
    yield Claim("own-stack", now.sp in g.stack, {"sp": now.sp})


@leg("resumed")
def _resumed(s: CheckContext) -> Iterator[Claim]:
    _kernel(s)
    g, now = main_goroutine(s), s.now
    entered = s.earlier("entersyscall")
    yield Claim("status", status(g) == GRUNNING, {"status": g.status})
    yield Claim("p", now.m0.p != 0, {"p": s.values["p"], "m": m_name(s)})
    yield Claim("cleared", g.syscallsp == 0)
    if entered is not None:
        yield Claim("thread", entered.last.lwp == now.lwp, {"lwp": now.lwp})
