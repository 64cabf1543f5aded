"""mstart: the thread enters the scheduler (runtime/proc.go)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gogdb.boot.anchors import AfterCall, AtCall, Entry
from gogdb.boot.hint import (
    G0,
    M0,
    Hint,
    examine_code_pointer,
    print_code_pointer,
    print_hex,
    print_sp_below_hi,
)
from gogdb.boot.locate import has_cgo
from gogdb.boot.observation import Observation
from gogdb.boot.patterns_amd64 import FIND_RUNNABLE_G, stack_guard
from gogdb.boot.question import Solution
from gogdb.boot.record import Claim
from gogdb.boot.stage import CheckContext, Evidence, Record, Stage
from gogdb.inferior.memory import WORD_MASK
from gogdb.runtime.model import GRUNNABLE, GRUNNING, G, Stack

__all__ = ["STAGES"]

SPARE = 1024  # bytes that mstart0 leaves for the frames above its own
# Raised by a nil dereference and for preemption; the runtime handles both (signal_unix.go)
SIGSEGV, SIGURG = 11, 23  # Linux's numbers (os_linux_generic.go)


class Mstart(Stage):
    """The entry of mstart; mstart0 goes on to arm the guards."""

    id = "mstart"
    stops = (
        ("at", Entry("runtime.mstart")),
        ("mstart1", AtCall("runtime.mstart0", "runtime.mstart1")),
    )
    show = ("stacks",)
    options = ("lo", "above", "hi")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        first, armed, size = context.at("at").g0, context.at("mstart1").g0, _guard_size(context)
        sp = context.at("at").sp
        yield Claim("on-g0", sp in first.stack, {"used": first.stack.hi - sp})
        cgo = has_cgo(context.program.target)
        if made := context.earlier("g0-stack"):
            yield self._bounds(made.shown.g0.stack, first.stack, armed.stack, cgo)
        yield self._guards(first, armed, size, cgo)

    def _bounds(self, made: Stack, first: Stack, armed: Stack, cgo: bool) -> Claim:
        """Check what has become of the bounds that rt0_go `made`, at mstart and after mstart0."""
        if not cgo:
            kept = made == first == armed and first.lo != 0
            return Claim("lo", kept, {"lo": first.lo})
        if first.lo == 0:  # C does not know the stack's bounds
            taken = armed.lo == (armed.hi - made.hi + SPARE) & WORD_MASK
            return Claim("no-lo", first.hi == made.hi and taken, {"lo": armed.lo, "hi": made.hi})
        grown = made.lo - first.lo
        return Claim("cgo-lo", first.hi == made.hi and grown > 0, {"grown": grown, "lo": first.lo})

    def _guards(self, first: G, armed: G, size: int, cgo: bool) -> Claim:
        """Check the guards at mstart and after mstart0; with cgo, rt0_go has armed them already."""
        before = first.stack.lo + (size if cgo else 0)
        after = (armed.stack.lo + size) & WORD_MASK
        held = first.stackguard0 == before and armed.stackguard0 == armed.stackguard1 == after
        values = {"guard": after, "before": before, "bytes": size}
        if not cgo:
            return Claim("guards", held and first.stackguard1 == before, values)
        return Claim("cgo-guards" if first.stack == armed.stack else "moved-guards", held, values)

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        yield "kept" if evidence.at("at").g0.stack.lo else "taken"

    def values(self, evidence: Evidence) -> Mapping[str, object]:
        first, armed = evidence.at("at"), evidence.at("mstart1").g0
        guard = (armed.stackguard0 - armed.stack.lo) & WORD_MASK
        return {"used": first.g0.stack.hi - first.sp, "guard": guard, "lo": armed.stack.lo}

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now, g0 = record.last, record.last.g0
        yield print_sp_below_hi("rsp", '$go_g("g0")', now, g0)
        guard = f"p {G0}.stackguard0 - {G0}.stack.lo"
        yield Hint("guard", guard, str(g0.stackguard0 - g0.stack.lo))

    def solution(self, record: Record) -> Solution | None:
        g0 = record.at("mstart1").g0
        guard = (g0.stackguard0 - g0.stack.lo) & WORD_MASK
        right = {g0.stack.lo: "lo", g0.stack.hi: "hi"}.get(g0.stackguard0, "above")
        return Solution(right, values={"guard": guard})


class Save(Stage):
    """mstart1 has saved in g0.sched the sp and pc that mcall and systemstack start from."""

    id = "save"
    stops = (("at", AtCall("runtime.mstart1", "runtime.asminit")),)
    show = ("g0-gobuf", "stacks")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        gobuf, mstart = context.now.g0.sched, context.earlier("mstart")
        if mstart:
            call = mstart.at("mstart1")
            return_pc = call.pc + context.program.arch.call_size
            yield Claim("pc", gobuf.pc == return_pc, {"pc": gobuf.pc})
            yield Claim("sp", gobuf.sp == call.sp, {"sp": gobuf.sp})
        slot = gobuf.sp - 8
        yield Claim("return", context.word(slot) == gobuf.pc, {"slot": slot})
        yield Claim("g", gobuf.g == context.now.runtime.g0)

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now, gobuf = record.last, record.last.g0.sched
        yield print_code_pointer("pc", f"p/a {G0}.sched.pc", now, gobuf.pc)
        yield examine_code_pointer("slot", f"{G0}.sched.sp - 8", now, gobuf.sp - 8)

    def solution(self, record: Record) -> Solution | None:
        now, gobuf = record.last, record.last.g0.sched
        traps = {"pushed": gobuf.sp - 8, "rsp": now.sp, "hi": now.g0.stack.hi, "pc": gobuf.pc}
        return Solution(gobuf.sp, traps, {"sp": gobuf.sp})


class Schedule(Stage):
    """The entry of schedule."""

    id = "schedule"
    stops = (("at", Entry("runtime.schedule")),)
    show = ("ms", "ps", "sched")
    point = ("binding", "changes")
    options = ("g1", "g0", "none")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        now, m0, ps = context.now, context.now.m0, context.now.runtime.ps
        if (thread_id := context.thread_id) is not None:
            yield Claim("procid", m0.procid == thread_id, {"procid": m0.procid})
        yield Claim("mstartfn", m0.mstartfn == 0)
        caught = context.program.target.signals_caught()
        if caught is not None:
            needed = 1 << SIGSEGV - 1 | 1 << SIGURG - 1
            yield Claim("signals", caught & needed == needed, {"count": caught.bit_count()})
        yield Claim("p", bool(ps) and m0.p == ps[0].address)
        yield Claim("current", now.tls_g_label == "g0" and m0.curg == 0)
        yield Claim("locks", m0.locks == 0)
        queued = len(_queued(now))
        yield Claim("queue", queued == 1, {"queued": queued})

    def values(self, evidence: Evidence) -> Mapping[str, object]:
        now, ps = evidence.now, evidence.now.runtime.ps
        return {"schedtick": ps[0].schedtick if ps else 0, "queued": len(_queued(now))}

    def hints(self, record: Record) -> Iterator[Hint | None]:
        m0 = record.last.m0
        yield Hint("procid", f"p {M0}.procid", str(m0.procid))
        yield print_hex("curg", f"{M0}.curg", m0.curg)

    def solution(self, record: Record) -> Solution | None:
        now, curg = record.last, record.last.m0.curg
        names = {0: "none", now.runtime.g0: "g0", now.g1.address: "g1"}
        return Solution(names.get(curg, ""), values={"tls": now.tls_g, "curg": curg})


class FindRunnable(Stage):
    """findRunnable has returned a goroutine."""

    id = "findrunnable"
    stops = (("at", AfterCall("runtime.schedule", "runtime.findRunnable")),)
    registers = (FIND_RUNNABLE_G,)
    show = ("ps", "gs")
    point = ("registers", "binding")
    options = ("running", "waiting", "runnable")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        now, g1, ps = context.now, context.now.g1, context.now.runtime.ps
        yield Claim("rax", now.registers.result(0) == g1.address, {"g": g1.address})
        yield Claim("runnext", bool(ps) and ps[0].runnext == 0 and not _queued(now))
        yield Claim("status", g1.atomicstatus == GRUNNABLE, {"status": g1.status})

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        put = evidence.earlier("runqput")
        yield from put.sentences if put else ("runnext",)

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        yield print_hex("rax", "$rax", now.registers["rax"])
        yield print_hex("g1", "$go_g(1)", now.g1.address)

    def solution(self, record: Record) -> Solution | None:
        status = record.last.g1.status
        return Solution(status, values={"status": status})


class Execute(Stage):
    """execute has set the goroutine's status to running and m0.curg to it."""

    id = "execute"
    stops = (("at", AfterCall("runtime.execute", "runtime.casgstatus")),)
    show = ("binding",)
    options = ("g1", "g0", "none")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        g1, m0 = context.now.g1, context.now.m0
        yield Claim("status", g1.atomicstatus == GRUNNING, {"status": g1.status})
        yield Claim("curg", m0.curg == g1.address and g1.m == m0.address)
        size = _guard_size(context)
        held = g1.stackguard0 == g1.stack.lo + size
        yield Claim("guard", held, {"guard": g1.stackguard0, "bytes": size})

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        if curg := now.runtime.g(now.m0.curg):
            yield Hint("curg", "p $go_curg().goid", str(curg.goid))
        yield print_sp_below_hi("rsp", '$go_g("g0")', now, now.g0)

    def solution(self, record: Record) -> Solution | None:
        now = record.last
        stacks = {"g1": now.g1.stack, "g0": now.g0.stack}
        right = next((name for name, stack in stacks.items() if now.sp in stack), "none")
        return Solution(right, values={"rsp": now.sp})


def _guard_size(context: CheckContext) -> int:
    """Return how far above lo the guard of a stack is in this build, in bytes; 0 if unknown."""
    return stack_guard(context.code("runtime.rt0_go"))


def _queued(now: Observation) -> list[int]:
    """Return the address of every g on a run queue."""
    runtime = now.runtime
    local = [g for p in runtime.ps for g in (p.runnext, *p.runq) if g]
    return [*local, *runtime.sched.runq]


STAGES = (Mstart, Save, Schedule, FindRunnable, Execute)
