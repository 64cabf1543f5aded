"""The goroutine is made runnable again (ready in runtime/proc.go)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gogdb.boot.anchors import AfterCall, AtCall
from gogdb.boot.hint import Hint, print_hex
from gogdb.boot.question import Solution
from gogdb.boot.record import Claim
from gogdb.follow import hints, questions
from gogdb.follow.arrival import GivesStatus
from gogdb.follow.claims import is_as_saved
from gogdb.follow.observation import Observation, function_of_user
from gogdb.follow.status_change import StatusChange
from gogdb.follow.step import Evidence, Record, Step
from gogdb.runtime.model import GRUNNABLE, SCAN, G
from gogdb.runtime.unwind import Frame

__all__ = ["Ready", "Runqput", "waker"]

# Prefixes of the frames that are called by the function that wakes a goroutine up
_READYING = ("runtime.casgstatus", "runtime.ready", "runtime.goready", "runtime.systemstack")


def waker(now: Observation) -> G | None:
    """Return the goroutine that wakes up the one that is followed, None if the scheduler does."""
    return now.runtime.g(now.m.curg) if now.m.curg else None


class Ready(StatusChange):
    """ready makes the goroutine runnable, for another goroutine or for the scheduler."""

    id = "ready"
    counts_if = GivesStatus(GRUNNABLE, not_by="runtime.coroswitch_m")
    show = ("waker",)
    then = ("runqput", "execute")
    asks = "queue"
    options = ("global", "runq", "runnext")

    def values(self, evidence: Evidence) -> dict[str, object]:
        now = evidence.now
        by = function_of_user(now.curg_frames) if waker(now) else _caller(now.frames)
        owner = now.runtime.stack_owner(now.sp)
        stack = now.runtime.name(owner.address) if owner else now.g0.label
        return super().values(evidence) | {"waker": _waker_label(now), "by": by, "stack": stack}

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        if evidence.now.function == "runtime.park_m":
            yield "refused"
        else:
            yield "woken" if waker(evidence.now) else "scheduled"
        if evidence.saved:
            yield "moved" if evidence.stack_moved else "stayed"

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        yield from super().claims(evidence)
        now, g, by = evidence.now, evidence.now.goroutine, waker(evidence.now)
        other = by is None or by.address != g.address
        yield Claim("other", other, {"waker": _waker_label(now)})
        yield Claim("not-queued", not now.run_queue)
        if evidence.saved and evidence.stack_moved:
            size, before = g.stack.size, evidence.saved.goroutine.stack.size
            yield Claim("shrunk", size < before, {"size": size, "before": before})
        yield from is_as_saved(evidence, g.sched.sp, g.sched.pc, g.sched.bp)

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        yield hints.current(now)
        yield hints.saved_sp(now)

    def solution(self, now: Observation, following: Record) -> Solution | None:
        queue = following.last.run_queue
        if following.step.id != Runqput.id or not queue:
            return None
        right = "global" if queue == "sched.runq" else queue.partition(".")[2]
        return Solution(right, values={"queue": queue, "g": now.goroutine.label})


def _waker_label(now: Observation) -> str:
    """Return the label of the goroutine that wakes up the followed one, g0's for the scheduler."""
    by = waker(now)
    return by.label if by else now.g0.label


def _caller(frames: Sequence[Frame]) -> str | None:
    """Return the function of the runtime that wakes a goroutine up, None if it has no frame."""
    names = (frame.function.replace("_.", "runtime.") for frame in frames)
    return next((name for name in names if not name.startswith(_READYING)), None)


class Runqput(Step):
    """ready has put the goroutine on a run queue."""

    id = "runqput"
    stops = (
        ("before", AtCall("runtime.ready", "runtime.runqput")),
        ("at", AfterCall("runtime.ready", "runtime.runqput")),
    )
    show = ("queue",)
    then = ("execute",)
    asks = "execute"
    options = questions.STACKS

    def values(self, evidence: Evidence) -> dict[str, object]:
        return super().values(evidence) | {"p": _p_name(evidence.first)}

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        if not _is_queued(evidence) and evidence.now.run_queue != "sched.runq":
            yield "taken"

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        call, now, g = evidence.first, evidence.now, evidence.now.goroutine
        p, p_name = call.registers.argument(0), _p_name(call)
        given = call.registers.argument(1) == g.address and p == call.m.p != 0
        yield Claim("argument", given, {"p": p_name, "g": g.label})
        if _is_queued(evidence):
            yield Claim("queued", g.atomicstatus & ~SCAN == GRUNNABLE, {"queue": now.run_queue})

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        p, g = now.runtime.p(now.m.p), now.goroutine
        if p:
            yield print_hex("runnext", f"$go_p({p.id}).runnext", p.runnext)
        yield print_hex("g", hints.g_expression(g), g.address)

    def solution(self, now: Observation, following: Record) -> Solution | None:
        return questions.stack_of_thread(following)


def _is_queued(evidence: Evidence) -> bool:
    """Report whether the goroutine is on a queue of the P that runqput was called with.

    Another P may have taken it, and even run it, before it could be observed: above all in a
    program with the race detector, where the rest of runqput takes long.
    """
    return evidence.now.run_queue.startswith(f"{_p_name(evidence.first)}.")


def _p_name(call: Observation) -> str | None:
    """Return the name of the P that runqput is called with."""
    p = call.runtime.p(call.registers.argument(0))
    return f"p{p.id}" if p else None
