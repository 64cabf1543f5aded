"""The goroutine makes a system call (runtime/proc.go)."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.boot.anchors import AfterCall, Entry, Return
from gogdb.boot.hint import Hint, print_hex
from gogdb.boot.patterns_amd64 import HANDOFF_P
from gogdb.boot.record import Claim
from gogdb.follow import hints
from gogdb.follow.arrival import HandsOffP, RunsGoroutine
from gogdb.follow.claims import runs_goroutine
from gogdb.follow.observation import Observation
from gogdb.follow.step import Evidence, Step
from gogdb.runtime.model import GRUNNING, GSYSCALL

__all__ = ["Entersyscall", "Entersyscallblock", "Exitsyscall", "Handoff", "Resumed"]


class _EntersKernel(Step):
    """The goroutine is about to enter the kernel."""

    shown_at = "after"
    show = ("callers", "syscall")
    counts_if = RunsGoroutine()

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        now, g = evidence.now, evidence.now.goroutine
        yield Claim("status", now.status == GSYSCALL, {"status": g.status})
        saved = g.syscallsp in g.stack and g.syscallpc != 0
        yield Claim("saved", saved, {"sp": g.syscallsp, "pc": g.syscallpc})
        yield Claim("own-stack", now.on_goroutine_stack, {"sp": now.sp})
        held = now.m.curg == g.address
        yield Claim("curg", held, {"m": f"m{now.m.id}", "g": g.label})

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        return hints.system_call(now)


class Entersyscall(_EntersKernel):
    """It still has its P."""

    id = "entersyscall"
    # One stop, not two: while the program is stopped sysmon's clock runs, and sysmon would take
    # the P at once
    stops = (("after", AfterCall("runtime.entersyscall", "runtime.reentersyscall")),)
    then = ("handoff", "exitsyscall")

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        if evidence.now.calls_c:
            yield "cgo"


class Entersyscallblock(_EntersKernel):
    """It has given up its P: the system call is known to take long."""

    id = "entersyscallblock"
    stops = (("entry", Entry("runtime.entersyscallblock")), ("after", Return()))
    then = ("exitsyscall",)


class Handoff(Step):
    """The P that the goroutine had is taken."""

    id = "handoff"
    stops = (("at", Entry("runtime.handoffp")),)
    registers = (HANDOFF_P,)
    show = ("syscall", "binding")
    counts_if = HandsOffP()
    then = ("exitsyscall",)

    def values(self, evidence: Evidence) -> dict[str, object]:
        now = evidence.now
        taker = "sysmon" if _is_sysmon(now) else f"m{now.m.id}"
        values = {"m": _goroutine_m(now), "taker": taker, "taken": _p_name(now)}
        return super().values(evidence) | values

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        if _is_sysmon(evidence.now):
            yield "sysmon"

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        now, g, m = evidence.now, evidence.now.goroutine, evidence.now.goroutine_m
        yield Claim("p", _p_name(now) is not None, {"taken": _p_name(now)})
        yield Claim("status", now.status == GSYSCALL, {"status": g.status})
        kept = m is not None and m.curg == g.address and m.address != now.m.address
        yield Claim("curg", kept, {"m": _goroutine_m(now), "g": g.label})

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        p = now.runtime.p(now.registers.argument(0))
        yield print_hex("taken", f"${HANDOFF_P}", now.registers.argument(0))
        if p:
            yield print_hex("p", f"$go_p({p.id})", p.address)


class Exitsyscall(Step):
    """The goroutine is out of the kernel and needs a P."""

    id = "exitsyscall"
    stops = (("at", Entry("runtime.exitsyscall")),)
    show = ("syscall",)
    counts_if = RunsGoroutine()
    then = ("resumed", "no-p")

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        now = evidence.now
        yield runs_goroutine(now)
        yield Claim("own-stack", now.on_goroutine_stack, {"sp": now.sp})

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        return hints.at_call(now)


class Resumed(Step):
    """exitsyscall has found a P and returns."""

    id = "resumed"
    stops = (("at", Return()),)
    show = ("binding", "callers")

    def values(self, evidence: Evidence) -> dict[str, object]:
        return super().values(evidence) | {"p": _p_of_goroutine(evidence.now)}

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        now, g, entered = evidence.now, evidence.now.goroutine, evidence.earlier("entersyscall")
        yield Claim("status", now.status == GRUNNING, {"status": g.status})
        yield Claim("p", now.m.p != 0, {"p": _p_of_goroutine(now), "m": f"m{now.m.id}"})
        yield Claim("cleared", g.syscallsp == 0)
        if entered is not None:
            yield Claim("thread", entered.last.lwp == now.lwp, {"lwp": now.lwp})

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        g = now.goroutine
        yield print_hex("m-p", f"$go_m({now.m.id}).p", now.m.p)
        yield print_hex("syscallsp-cleared", f"{hints.g_expression(g)}.syscallsp", g.syscallsp)


def _is_sysmon(now: Observation) -> bool:
    return now.m_function == "runtime.sysmon"


def _goroutine_m(now: Observation) -> str | None:
    """Return the name of the M that is in the kernel with the goroutine."""
    return f"m{now.goroutine_m.id}" if now.goroutine_m else None


def _p_of_goroutine(now: Observation) -> str:
    """Return the name of the P of the goroutine's M, "-" if it has none."""
    m = now.goroutine_m
    p = now.runtime.p(m.p) if m and m.p else None
    return f"p{p.id}" if p else "-"


def _p_name(now: Observation) -> str | None:
    """Return the name of the P that handoffp is called with."""
    p = now.runtime.p(now.registers.argument(0))
    return f"p{p.id}" if p else None
