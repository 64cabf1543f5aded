"""The goroutine is preempted in a function's prologue (runtime/stack.go, runtime/asm_amd64.s)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gogdb.boot.anchors import AfterBytes, AtBytes, Entry
from gogdb.boot.hint import Hint, print_hex
from gogdb.boot.patterns_amd64 import MORESTACK_LOAD_SP
from gogdb.boot.question import Solution
from gogdb.boot.record import Claim
from gogdb.follow import hints, questions
from gogdb.follow.arrival import IsPreempted
from gogdb.follow.claims import saved_caller, switched_to_g0
from gogdb.follow.observation import Observation
from gogdb.follow.step import EXIT_REASONS, Evidence, Record, Step
from gogdb.runtime.stack_guard import STACK_PREEMPT

__all__ = ["Morestack", "MorestackSp"]

_MORESTACK = "runtime.morestack"


class Morestack(Step):
    """The prologue has called morestack, which has saved the goroutine's gobuf."""

    id = "morestack"
    stops = (("entry", Entry(_MORESTACK)), ("saved", AtBytes(_MORESTACK, MORESTACK_LOAD_SP)))
    shown_at = "entry"
    show = ("callers", "saved-gobuf")
    counts_if = IsPreempted()
    then = ("morestack-sp",)
    asks = "switched-sp"

    def values(self, evidence: Evidence) -> dict[str, object]:
        values = {"guard": STACK_PREEMPT, "prologue": _caller(evidence.first)}
        return super().values(evidence) | values

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        entry = evidence.first
        g = entry.goroutine
        below = entry.sp < g.stackguard0 == STACK_PREEMPT
        yield Claim("guard", below, {"guard": STACK_PREEMPT})
        yield Claim("own-stack", entry.sp in g.stack and g.stack.hi > entry.sp, {"sp": entry.sp})
        for claim in saved_caller(entry, evidence.now):
            yield replace(claim, values={**claim.values, "prologue": _caller(entry)})

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        g = now.goroutine
        yield print_hex("guard", f"{hints.g_expression(g)}.stackguard0", g.stackguard0)
        yield hints.saved_sp(now)

    def solution(self, now: Observation, following: Record) -> Solution | None:
        return questions.switched_sp(now, following)


def _caller(entry: Observation) -> str | None:
    """Return the function that has called morestack, at whose entry the thread is."""
    return entry.frames[1].function if len(entry.frames) > 1 else None


class MorestackSp(Step):
    """morestack has loaded sp: the thread is on g0's stack."""

    id = "morestack-sp"
    stops = (("after", AfterBytes(_MORESTACK, MORESTACK_LOAD_SP)),)
    shown_at = "after"
    show = ("stacks",)
    # newstack yields, or stops the goroutine for the collector, or finds that it must go on
    then = ("runnable", "schedule", "ready", *EXIT_REASONS)

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        yield from switched_to_g0(evidence.now)

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        return hints.switched_to_g0(now)
