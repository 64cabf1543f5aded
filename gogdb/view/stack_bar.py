"""How much of a stack is used, how much is free, and where its guard is."""

from __future__ import annotations

from gogdb.i18n import tr
from gogdb.runtime import stack_guard
from gogdb.runtime.model import G
from gogdb.view.doc.document import Art, ArtLine, Span, StackBar
from gogdb.view.stack_rows import lo_unknown

__all__ = ["stack_bar"]


def stack_bar(g: G, used: int | None) -> Art:
    """Draw a stack to scale, if its end is known, and its sizes as text.

    `used` is the number of bytes below hi that frames occupy, None if unknown.
    """
    stack = g.stack
    guard = g.stackguard0 - stack.lo if g.stackguard0 in stack else 0
    lines: list[ArtLine] = []
    if stack.lo_known:
        lines.append(StackBar(stack.lo, stack.hi, guard, used or 0))
    lines += [[Span(text, "dim")] for text in _sizes(g, used)]
    return Art(lines)


def _sizes(g: G, used: int | None) -> list[str]:
    stack, guard = g.stack, g.stackguard0
    if not stack.lo_known:
        counted = [] if used is None else [tr("{used} bytes used", used=used)]
        return [*counted, tr("hi is {hi:#x}", hi=stack.hi), lo_unknown(stack)]
    if used is None:
        return [tr("{size} bytes, {guard}", size=stack.size, guard=_guard(g))]
    free = stack.size - used
    sizes = tr("{used} of {size} bytes used, {free} free", used=used, size=stack.size, free=free)
    if guard not in stack or not guard:
        return [sizes, _guard(g)]
    distance = stack.hi - used - guard
    if distance >= 0:
        return [sizes + tr(", {count} to {guard}", count=distance, guard=_guard(g))]
    return [sizes + tr("; {count} bytes below {guard}", count=-distance, guard=_guard(g))]


def _guard(g: G) -> str:
    if g.stackguard0 in g.stack:
        return tr("the guard at lo+{offset:#x}", offset=g.stackguard0 - g.stack.lo)
    return tr("the guard is {guard}", guard=_request(g.stackguard0))


def _request(guard: int) -> str:
    """Return what a guard above every stack asks the goroutine to do (stack.go)."""
    match guard:
        case stack_guard.STACK_PREEMPT:
            return tr("stackPreempt: asked to give way")
        case stack_guard.STACK_FORK:
            return tr("stackFork: forking")
        case stack_guard.STACK_FORCE_MOVE:
            return tr("stackForceMove: to be moved")
    return f"{guard:#x}"
