"""The goroutine was off the CPU when the command began: these steps only describe it."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.boot.hint import Hint
from gogdb.boot.question import Solution
from gogdb.boot.record import Claim
from gogdb.follow import hints, questions
from gogdb.follow.observation import Observation
from gogdb.follow.step import Evidence, Record, Step
from gogdb.runtime.model import GRUNNABLE, GRUNNING, GSYSCALL

__all__ = ["InSyscall", "Parked", "Queued"]


class Parked(Step):
    """The goroutine waits; its gobuf says where it goes on."""

    id = "parked"
    show = ("gobuf", "stacks")
    then = ("ready", "handback")
    asks = "ready"
    options = questions.STACKS

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        if evidence.now.never_ran:
            yield "fresh"

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        now = evidence.now
        waits = now.status not in (GRUNNABLE, GRUNNING, GSYSCALL)
        yield Claim("status", waits, {"status": now.goroutine.status})
        yield Claim("off", not now.on_cpu and not now.run_queue)
        yield _gobuf(now)

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        yield hints.saved_pc(now)
        yield hints.saved_sp(now)

    def solution(self, now: Observation, following: Record) -> Solution | None:
        return questions.stack_of_thread(following) if following.step.id == "ready" else None


class Queued(Step):
    """The goroutine is runnable and waits for a P."""

    id = "queued"
    show = ("gobuf", "stacks", "queue")
    then = ("execute",)
    asks = "execute"
    options = questions.STACKS

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        if evidence.now.never_ran:
            yield "fresh"

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        now = evidence.now
        yield Claim("status", now.status == GRUNNABLE, {"status": now.goroutine.status})
        yield Claim("off", not now.on_cpu)
        yield _gobuf(now)

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        yield hints.saved_pc(now)
        yield hints.saved_sp(now)

    def solution(self, now: Observation, following: Record) -> Solution | None:
        return questions.stack_of_thread(following)


class InSyscall(Step):
    """The goroutine's thread is in the kernel."""

    id = "in-syscall"
    show = ("syscall",)
    then = ("handoff", "exitsyscall")

    def values(self, evidence: Evidence) -> dict[str, object]:
        m = evidence.now.goroutine_m
        return super().values(evidence) | {"m": f"m{m.id}" if m else None}

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        if evidence.now.calls_c:
            yield "cgo"

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        now, g, m = evidence.now, evidence.now.goroutine, evidence.now.goroutine_m
        yield Claim("status", now.status == GSYSCALL, {"status": g.status})
        yield Claim("sp", g.syscallsp in g.stack, {"sp": g.syscallsp})
        held = m is not None and m.curg == g.address
        yield Claim("curg", held, {"m": f"m{m.id}" if m else None, "g": g.label})

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        return hints.system_call(now)


def _gobuf(now: Observation) -> Claim:
    """Check that the gobuf is the goroutine's, with sp on its stack."""
    g, gobuf = now.goroutine, now.goroutine.sched
    held = gobuf.sp in g.stack and gobuf.g == g.address
    return Claim("gobuf", held, {"sp": gobuf.sp, "pc": gobuf.pc})
