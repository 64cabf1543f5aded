"""The goroutine is off the CPU, and its thread looks for another one (runtime/proc.go)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gogdb.boot.anchors import AfterCall, Entry
from gogdb.boot.hint import Hint, print_hex
from gogdb.boot.patterns_amd64 import FIND_RUNNABLE_G
from gogdb.boot.question import Solution
from gogdb.boot.record import Claim
from gogdb.follow import hints, questions
from gogdb.follow.arrival import GivesStatus
from gogdb.follow.claims import on_g0
from gogdb.follow.observation import Observation
from gogdb.follow.status_change import StatusChange
from gogdb.follow.step import Evidence, Record, Step
from gogdb.runtime.model import GDEAD, GRUNNABLE, GWAITING, SCAN, G

__all__ = ["Dead", "Next", "Runnable", "Schedule", "Waiting"]

_RESUMED = ("ready", "execute")


class Waiting(StatusChange):
    """The goroutine waits from now on."""

    id = "waiting"
    counts_if = GivesStatus(GWAITING)
    show = ("binding",)
    then = ("schedule", *_RESUMED, "handover")

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        if evidence.now.function == "runtime.park_m":
            yield "locked"

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        yield from super().claims(evidence)
        now, g = evidence.now, evidence.now.goroutine
        yield Claim("not-queued", not now.run_queue)
        yield Claim("bound", now.m.curg == g.address, {"m": f"m{now.m.id}", "g": g.label})
        yield on_g0(now)


class Runnable(StatusChange):
    """The goroutine is runnable again and will be queued."""

    id = "runnable"
    counts_if = GivesStatus(GRUNNABLE, not_by="runtime.ready")  # which has a step of its own
    show = ("binding",)
    then = ("schedule", *_RESUMED)

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        yield "no-p" if evidence.earlier("no-p") else "queued"

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        yield from super().claims(evidence)
        yield on_g0(evidence.now)


class Dead(StatusChange):
    """The goroutine has ended; its g can be used again."""

    id = "dead"
    counts_if = GivesStatus(GDEAD)
    show = ("callers",)

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        yield from super().claims(evidence)
        yield on_g0(evidence.now)


class Schedule(Step):
    """The thread calls schedule."""

    id = "schedule"
    stops = (("at", Entry("runtime.schedule")),)
    show = ("queue", "stacks")
    then = ("next", *_RESUMED)
    asks = "next"

    def values(self, evidence: Evidence) -> dict[str, object]:
        p = evidence.now.runtime.p(evidence.now.m.p)
        return super().values(evidence) | {"p": f"p{p.id}" if p else None}

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        now = evidence.now
        yield Claim("dropped", now.m.curg == 0, {"m": f"m{now.m.id}"})
        yield Claim("current", now.tls_g == now.g0.address, {"g0": now.g0.label})
        yield on_g0(now)
        if now.status == GWAITING:
            nowhere = not now.run_queue and now.goroutine.m == 0
            yield Claim("nowhere", nowhere, {"g": now.goroutine.label})

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        return hints.binding(now)

    def known(self, now: Observation) -> Mapping[str, object]:
        return {**super().known(now), "m": f"m{now.m.id}"}

    def solution(self, now: Observation, following: Record) -> Solution | None:
        g = _next_g(following.last) if following.step.id == Next.id else None
        if g is None:
            return None
        values = {"next": g.goid, "m": f"m{now.m.id}", "g": now.goroutine.label}
        return Solution(g.goid, {"same": now.goroutine.goid, "g0": 0}, values)


class Next(Step):
    """findRunnable has returned a goroutine for the thread."""

    id = "next"
    stops = (("at", AfterCall("runtime.schedule", "runtime.findRunnable")),)
    registers = (FIND_RUNNABLE_G,)
    then = _RESUMED
    asks = "ready"
    options = questions.STACKS

    def values(self, evidence: Evidence) -> dict[str, object]:
        values = {"next": _label(_next_g(evidence.now)), "queue": _earlier_queue(evidence)}
        return super().values(evidence) | values

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        if _earlier_queue(evidence):
            yield "from"

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        now, g = evidence.now, _next_g(evidence.now)
        runnable = g is not None and g.atomicstatus & ~SCAN == GRUNNABLE
        free = runnable and g is not None and not now.queue_of(g.address)
        yield Claim("runnable", free, {"next": _label(g)})
        yield Claim("dropped", now.m.curg == 0, {"m": f"m{now.m.id}"})

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        g = _next_g(now)
        yield print_hex("next", f"${FIND_RUNNABLE_G}", now.registers.result(0))
        if g:
            yield print_hex("next-g", hints.g_expression(g), g.address)

    def solution(self, now: Observation, following: Record) -> Solution | None:
        return questions.stack_of_thread(following) if following.step.id == "ready" else None


def _next_g(now: Observation) -> G | None:
    return now.runtime.g(now.registers.result(0))


def _earlier_queue(evidence: Evidence) -> str:
    """Return the run queue that the next goroutine was on at the stop before; "" for none."""
    g = _next_g(evidence.now)
    return evidence.past[-1].last.queue_of(g.address) if g and evidence.past else ""


def _label(g: G | None) -> str | None:
    return g.label if g else None
