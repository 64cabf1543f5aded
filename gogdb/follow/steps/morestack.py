"""The goroutine is preempted in a function's prologue (runtime/stack.go, runtime/asm_amd64.s)."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.boot.anchors import AfterBytes, AtBytes, Entry
from gogdb.boot.patterns_amd64 import MORESTACK_LOAD_SP
from gogdb.boot.record import Claim
from gogdb.follow.arrival import IsPreempted
from gogdb.follow.claims import saved_caller, switched_to_g0
from gogdb.follow.step import EXIT_REASONS, Evidence, Step
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

    def values(self, evidence: Evidence) -> dict[str, object]:
        return super().values(evidence) | {"guard": STACK_PREEMPT}

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        entry = evidence.first
        g = entry.goroutine
        yield Claim("guard", g.stackguard0 == STACK_PREEMPT, {"guard": STACK_PREEMPT})
        yield Claim("own-stack", entry.sp in g.stack and g.stack.hi > entry.sp, {"sp": entry.sp})
        yield from saved_caller(entry, evidence.now)


class MorestackSp(Step):
    """morestack has loaded sp: the thread is on g0's stack."""

    id = "morestack-sp"
    stops = (("after", AfterBytes(_MORESTACK, MORESTACK_LOAD_SP)),)
    shown_at = "after"
    show = ("stacks",)
    # newstack yields, or stops the goroutine for the collector, or finds that it must go on
    then = ("runnable", "schedule", *EXIT_REASONS)

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        yield from switched_to_g0(evidence.now)
