"""The claims of a goroutine in a system call (proc.go)."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.boot.record import Claim
from gogdb.follow.claims.common import CheckContext, m_name, status, step, user
from gogdb.runtime.model import GRUNNING, GSYSCALL


@step("in-syscall")
def _in_syscall(s: CheckContext) -> Iterator[Claim]:
    g, runtime = s.now.goroutine, s.now.runtime
    m = runtime.m(g.m)
    s.values |= {"g": g.label, "user": user(s, g), "m": f"m{m.id}" if m else "?"}
    yield Claim("status", status(g) == GSYSCALL, {"status": g.status})
    yield Claim("sp", g.syscallsp in g.stack, {"sp": g.syscallsp})
    yield Claim("curg", m is not None and m.curg == g.address, {"m": s.values["m"]})


def _kernel(s: CheckContext) -> None:
    g, runtime = s.now.goroutine, s.now.runtime
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


@step("entersyscall", "entersyscallblock")
def _entersyscall(s: CheckContext) -> Iterator[Claim]:
    _kernel(s)
    g, now = s.now.goroutine, s.now
    yield Claim("status", status(g) == GSYSCALL, {"status": g.status})
    yield Claim("saved", g.syscallsp in g.stack and g.syscallpc != 0, dict(s.values))
    yield Claim("own-stack", now.sp in g.stack, {"sp": now.sp})
    yield Claim("curg", now.m.curg == g.address, {"m": m_name(s), "g": g.label})


@step("handoff")
def _handoff(s: CheckContext) -> Iterator[Claim]:
    _kernel(s)
    g, now = s.now.goroutine, s.now
    p = now.runtime.p(now.registers["rax"])
    m = now.runtime.m(g.m)
    sysmon = now.m.mstartfn and s.word(now.m.mstartfn) == s.entry("runtime.sysmon")
    s.values |= {
        "taken": f"p{p.id}" if p else "?",
        "taker": "sysmon" if sysmon else m_name(s),
    }
    yield Claim("p", p is not None, {"taken": s.values["taken"]})
    yield Claim("status", status(g) == GSYSCALL, {"status": g.status})
    kept = m is not None and m.curg == g.address and m.address != now.m.address
    yield Claim("curg", kept, {"m": s.values["m"], "g": g.label})


@step("exitsyscall")
def _exitsyscall(s: CheckContext) -> Iterator[Claim]:
    _kernel(s)
    g, now = s.now.goroutine, s.now
    yield Claim("current", now.registers["r14"] == now.tls_g == g.address, {"g": g.label})
    yield Claim("own-stack", now.sp in g.stack, {"sp": now.sp})


@step("resumed")
def _resumed(s: CheckContext) -> Iterator[Claim]:
    _kernel(s)
    g, now = s.now.goroutine, s.now
    entered = s.past.get("entersyscall")
    yield Claim("status", status(g) == GRUNNING, {"status": g.status})
    yield Claim("p", now.m.p != 0, {"p": s.values["p"], "m": m_name(s)})
    yield Claim("cleared", g.syscallsp == 0)
    if entered is not None:
        yield Claim("thread", entered.last.lwp == now.lwp, {"lwp": now.lwp})
