"""How a stack's guard works (runtime/stack.go): a prologue whose sp is below it calls morestack.

The requests are above every stack, so that the next prologue calls morestack in any case.
"""

from __future__ import annotations

__all__ = ["STACK_FORCE_MOVE", "STACK_FORK", "STACK_PREEMPT"]

STACK_PREEMPT = 0xFFFF_FFFF_FFFF_FADE  # stackPreempt: give way
STACK_FORK = 0xFFFF_FFFF_FFFF_FB2E  # stackFork: the process is forking
STACK_FORCE_MOVE = 0xFFFF_FFFF_FFFF_FEED  # stackForceMove: move the stack, for debugging
