"""A stack's room as a bar: what is used, what is free, where the guard stands."""

from __future__ import annotations

from gogdb.runtime.model import G
from gogdb.view.doc import Art, Span

__all__ = ["bar"]

WIDTH = 32  # cells

# What stands in stackguard0 when the next prologue is to call morestack (stack.go)
_POISON = 0xFFFF_FFFF_FFFF_F000
_REQUESTS = {
    0xFFFF_FFFF_FFFF_FADE: "stackPreempt: asked to give way",
    0xFFFF_FFFF_FFFF_FB2E: "stackFork: forking",
    0xFFFF_FFFF_FFFF_FEED: "stackForceMove: to be moved",
}


def bar(g: G, used: int | None) -> Art:
    """Low addresses on the left: ▒ what the guard keeps, ░ free, █ `used` bytes under hi."""
    stack = g.stack
    guard = g.stackguard0 - stack.lo if g.stackguard0 in stack else 0
    filled = min(_cells(used or 0, stack.size), WIDTH)
    kept = min(_cells(guard, stack.size), WIDTH - filled)
    return Art(
        [
            [
                Span(f"lo {stack.lo:#x} ", "address"),
                Span("│" + "▒" * kept + "░" * (WIDTH - filled - kept), "dim"),
                Span("█" * filled),
                Span("│", "dim"),
                Span(f" {stack.hi:#x} hi", "address"),
            ],
            [Span(_told(g, used), "dim")],
        ]
    )


def _cells(size: int, whole: int) -> int:
    """As many cells as `size` bytes of `whole` take; one at least, unless there are none."""
    return max(round(WIDTH * size / whole), 1) if size and whole else 0


def _told(g: G, used: int | None) -> str:
    stack, guard = g.stack, g.stackguard0
    if used is None:
        return f"{stack.size} bytes, {_guard(g)}"
    free = stack.size - used
    told = f"{used} of {stack.size} bytes used, {free} free"
    above = stack.hi - used - guard
    if guard in stack and guard and above >= 0:
        return f"{told}, {above} to {_guard(g)}"
    if guard in stack and guard:
        return f"{told}; {-above} bytes below {_guard(g)}"
    return f"{told}, {_guard(g)}"


def _guard(g: G) -> str:
    if g.stackguard0 >= _POISON:
        return f"the guard is {_REQUESTS.get(g.stackguard0, f'{g.stackguard0:#x}')}"
    if g.stackguard0 in g.stack:
        return f"the guard at lo+{g.stackguard0 - g.stack.lo:#x}"
    return f"the guard is {g.stackguard0:#x}"
