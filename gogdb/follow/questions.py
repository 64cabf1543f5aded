"""What steps ask about the step that follows, where several steps ask the same."""

from __future__ import annotations

from gogdb.boot.question import Solution
from gogdb.follow.observation import Observation
from gogdb.follow.step import Record

__all__ = ["STACKS", "saved_sp", "stack_of_thread", "switched_sp"]

STACKS = ("own", "waker", "g0")
"""Options: whose stack a thread is on."""


def saved_sp(now: Observation, following: Record) -> Solution:
    """Return the sp that mcall has saved; `now` is mcall's entry."""
    g, sp = following.last.goroutine, following.last.goroutine.sched.sp
    traps = {"rsp": now.sp, "down": now.sp - 8, "hi": g.stack.hi}
    return Solution(sp, traps, {"sp": sp, "rsp": now.sp, "g": g.label})


def switched_sp(now: Observation, following: Record) -> Solution:
    """Return the sp that has been loaded to leave the goroutine's stack."""
    sp, g0 = following.last.sp, following.last.g0
    traps = {"own": now.goroutine.sched.sp, "hi": g0.stack.hi, "lo": g0.stack.lo}
    return Solution(sp, traps, {"sp": sp, "g0": g0.label, "hi": g0.stack.hi})


def stack_of_thread(following: Record) -> Solution | None:
    """Return whose stack the thread is on."""
    now = following.last
    owner = now.runtime.stack_owner(now.sp)
    if owner is None:
        return None
    right = "g0" if owner.is_system else "waker"
    if owner.address == now.goroutine.address:
        right = "own"
    return Solution(right, values={"stack": owner.label, "g": now.goroutine.label})
