"""A stack's room as a bar: what is used, what is free, where the guard stands."""

from __future__ import annotations

from gogdb.i18n import tr
from gogdb.runtime.model import G
from gogdb.view.doc import Art, Span

__all__ = ["bar"]

WIDTH = 32  # cells


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
            *([Span(line, "dim")] for line in _told(g, used)),
        ]
    )


def _cells(size: int, whole: int) -> int:
    """As many cells as `size` bytes of `whole` take; one at least, unless there are none."""
    return max(round(WIDTH * size / whole), 1) if size and whole else 0


def _told(g: G, used: int | None) -> list[str]:
    stack, guard = g.stack, g.stackguard0
    if used is None:
        return [tr("{size} bytes, {guard}", size=stack.size, guard=_guard(g))]
    free = stack.size - used
    told = tr("{used} of {size} bytes used, {free} free", used=used, size=stack.size, free=free)
    above = stack.hi - used - guard
    if guard not in stack or not guard:
        return [told, _guard(g)]
    if above >= 0:
        return [told + tr(", {count} to {guard}", count=above, guard=_guard(g))]
    return [told + tr("; {count} bytes below {guard}", count=-above, guard=_guard(g))]


def _guard(g: G) -> str:
    if g.stackguard0 in g.stack:
        return tr("the guard at lo+{offset:#x}", offset=g.stackguard0 - g.stack.lo)
    return tr("the guard is {guard}", guard=_request(g.stackguard0))


def _request(guard: int) -> str:
    """What a goroutine is asked for by a guard that is above every stack (stack.go)."""
    match guard:
        case 0xFFFF_FFFF_FFFF_FADE:
            return tr("stackPreempt: asked to give way")
        case 0xFFFF_FFFF_FFFF_FB2E:
            return tr("stackFork: forking")
        case 0xFFFF_FFFF_FFFF_FEED:
            return tr("stackForceMove: to be moved")
    return f"{guard:#x}"
