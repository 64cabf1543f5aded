"""The goroutine is put on a CPU: execute in runtime/proc.go, gogo in runtime/asm_amd64.s."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.boot.anchors import AfterBytes, AtBytes, Entry, Saved
from gogdb.boot.hint import Hint, print_code_pointer, print_hex
from gogdb.boot.patterns_amd64 import GOGO_G, GOGO_GOBUF, GOGO_PC, JUMP_TO_PC, LOAD_SP
from gogdb.boot.question import Solution
from gogdb.boot.record import Claim
from gogdb.follow import hints
from gogdb.follow.arrival import GivesStatus
from gogdb.follow.claims import is_as_saved, on_g0, runs_goroutine
from gogdb.follow.observation import Observation
from gogdb.follow.status_change import StatusChange
from gogdb.follow.step import Evidence, Record, Step
from gogdb.runtime.model import GRUNNING

__all__ = ["Back", "Execute", "Gogo", "GogoJmp", "GogoSp"]


class Execute(StatusChange):
    """execute binds the goroutine to the thread's M."""

    id = "execute"
    counts_if = GivesStatus(GRUNNING)
    show = ("binding",)
    then = ("gogo",)

    def values(self, evidence: Evidence) -> dict[str, object]:
        p = evidence.now.runtime.p(evidence.now.m.p)
        values = {"p": f"p{p.id}" if p else "-", "before": _m_left(evidence)}
        return super().values(evidence) | values

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        if evidence.left_cpu:
            yield "other" if _on_other_thread(evidence) else "same"

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        yield from super().claims(evidence)
        now, g = evidence.now, evidence.now.goroutine
        bound = now.m.curg == g.address and g.m == now.m.address
        yield Claim("curg", bound, {"m": f"m{now.m.id}", "g": g.label})
        yield on_g0(now)

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        yield hints.depth(now, now.g0)
        yield hints.current(now)


class Gogo(Step):
    """gogo is called with the goroutine's gobuf."""

    id = "gogo"
    stops = (("at", Entry("runtime.gogo")),)
    show = ("gobuf-and-registers", "stacks")
    then = ("gogo-sp",)
    asks = "rbp"
    options = ("own", "g0", "nowhere")

    def values(self, evidence: Evidence) -> dict[str, object]:
        return super().values(evidence) | {"gobuf": evidence.now.goroutine.sched.address}

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        if evidence.stack_moved:
            yield "moved"

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        now, gobuf = evidence.now, evidence.now.goroutine.sched
        given = now.stack_argument == gobuf.address
        yield Claim("argument", given, {"gobuf": gobuf.address})
        yield on_g0(now)
        yield from is_as_saved(evidence, gobuf.sp, gobuf.pc, gobuf.bp)

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        yield hints.gogo_argument(now)
        yield hints.saved_sp(now)

    def solution(self, now: Observation, following: Record) -> Solution | None:
        fp, g, g0 = following.last.registers.fp, now.goroutine, now.g0
        stacks = {"own": fp in g.stack, "g0": fp in g0.stack, "nowhere": fp == 0}
        right = next((name for name, inside in stacks.items() if inside), "")
        return Solution(right, values={"rbp": fp, "rsp": following.last.sp, "g0": g0.label})


class GogoSp(Step):
    """gogo's instruction that loads sp has been executed."""

    id = "gogo-sp"
    stops = (
        ("before", AtBytes("gogo", LOAD_SP)),
        ("after", AfterBytes("gogo", LOAD_SP)),
    )
    shown_at = "after"
    registers = (GOGO_GOBUF, GOGO_G)
    show = ("stacks",)
    then = ("gogo-jmp",)
    asks = "cleared"

    def values(self, evidence: Evidence) -> dict[str, object]:
        return super().values(evidence) | {"before": evidence.first.sp, "after": evidence.now.sp}

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        before, after, g = evidence.first, evidence.now, evidence.now.goroutine
        on_system_stack = before.sp in before.g0.stack
        yield Claim("before", on_system_stack, {"sp": before.sp, "g0": after.g0.label})
        moved = after.on_goroutine_stack and after.sp not in after.g0.stack
        yield Claim("after", moved, {"sp": after.sp, "g": g.label})
        saved_sp = before.goroutine.sched.sp
        yield Claim("gobuf", after.sp == saved_sp, {"sp": saved_sp})
        yield runs_goroutine(after)

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        yield hints.depth(now, now.goroutine)
        yield print_hex("gobuf", f"${GOGO_GOBUF}", now.registers[GOGO_GOBUF])

    def solution(self, now: Observation, following: Record) -> Solution | None:
        traps = {"kept": now.sp, "pc": now.goroutine.sched.pc}
        return Solution(following.last.goroutine.sched.sp, traps, {"g": now.goroutine.label})


class GogoJmp(Step):
    """gogo is about to jump to the goroutine's pc."""

    id = "gogo-jmp"
    stops = (("at", AtBytes("gogo", JUMP_TO_PC)),)
    registers = (GOGO_PC, GOGO_G)
    show = ("gobuf-and-registers",)
    then = ("back",)

    def values(self, evidence: Evidence) -> dict[str, object]:
        return super().values(evidence) | {"target": evidence.now.registers[GOGO_PC]}

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        yield "fresh" if evidence.saved and evidence.saved.never_ran else "resumed"

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        now, gobuf = evidence.now, evidence.now.goroutine.sched
        target = now.registers[GOGO_PC]
        yield Claim("cleared", gobuf.sp == gobuf.ctxt == gobuf.bp == 0)
        yield Claim("target", target == gobuf.pc, {"target": gobuf.pc})
        yield from is_as_saved(evidence, now.sp, target, now.registers.fp)

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        yield print_code_pointer("target", f"p/a ${GOGO_PC}", now, now.registers[GOGO_PC])
        yield hints.saved_sp(now, "cleared")


class Back(Step):
    """The goroutine runs where it left off."""

    id = "back"
    stops = (("at", Saved()),)
    show = ("saved-and-restored", "callers")

    def values(self, evidence: Evidence) -> dict[str, object]:
        values = {"lwp": evidence.now.lwp, "before": _m_left(evidence)}
        return super().values(evidence) | values

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        if _on_other_thread(evidence):
            yield "other"

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        now = evidence.now
        yield runs_goroutine(now)
        yield Claim("status", now.status == GRUNNING, {"status": now.goroutine.status})
        yield from is_as_saved(evidence, now.sp, now.pc, now.registers.fp)

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        yield hints.depth(now, now.goroutine)
        if now.pc == now.goroutine.startpc:
            yield hints.return_address(now, "goexit")
        else:
            yield hints.current(now)


def _m_left(evidence: Evidence) -> str | None:
    """Return the name of the M that the goroutine left, None if it was off the CPU before."""
    return f"m{evidence.left_cpu.m.id}" if evidence.left_cpu else None


def _on_other_thread(evidence: Evidence) -> bool:
    left = evidence.left_cpu
    return left is not None and left.lwp != evidence.now.lwp
