"""go-stacks: a goroutine's stack, its bounds and its frames."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.runtime.model import G
from gogdb.runtime.shapes import Trace
from gogdb.view.doc import Art, Cell, Column, Heading, Note, Part, Span, Table
from gogdb.view.words import address

__all__ = ["bar", "parts"]

BAR = 32  # cells


def used(found: Trace) -> int | None:
    """Bytes between the innermost frame's sp and hi; None when no sp is known."""
    return found.g.stack_hi - found.sp if found.shape.frames else None


def parts(found: Trace) -> list[Part]:
    """One goroutine's stack, for people."""
    g = found.g
    title = f"goroutine {g.goid}" if g.name.isdigit() else g.label
    reason = f", {g.waitreason}" if g.waitreason and g.waits else ""
    shown: list[Part] = [Heading(title, 2, aside=f"{g.status}{reason}")]
    if g.stack.hi:
        shown.append(bar(g, used(found)))
    if found.shape.frames:
        shown.append(_frames(found))
    if found.ended:
        shown.append(Note(found.ended, "hint" if g.dead else "warn"))
    return shown


def bar(g: G, used: int | None) -> Art:
    """The stack as a bar: free room on the left (low addresses), used on the right."""
    stack = g.stack
    filled = round(BAR * (used or 0) / stack.size) if stack.size else 0
    filled = max(filled, 1) if used else filled
    told = f" {used} of {stack.size} bytes used" if used is not None else f" {stack.size} bytes"
    return Art(
        [
            [
                Span(f"{stack.lo:#x} ", "address"),
                Span("▕" + "░" * (BAR - filled), "dim"),
                Span("█" * filled),
                Span("▏", "dim"),
                Span(f" {stack.hi:#x}", "address"),
            ],
            [Span(told.strip() + f", guard at {g.stackguard0:#x}", "dim")],
        ]
    )


def _frames(found: Trace) -> Table:
    columns = (
        Column("#", "right", 9),
        Column("function", keep=9),
        Column("at", keep=8),
        Column("frame", "right", 5),
        Column("return slot", "right", 4),
        Column("sp", "right", 6),
    )
    rows: list[Sequence[Cell]] = []
    for number, frame in enumerate(found.frames):
        place = f"{frame.file.rpartition('/')[2]}:{frame.line}"
        size = Cell("inlined", None, "dim") if frame.inlined else Cell(str(frame.cfa - frame.sp))
        slot = Cell("") if frame.inlined else address(frame.return_slot)
        function = Cell(frame.function, frame.function, "function")
        rows.append((Cell(str(number)), function, Cell(place), size, slot, address(frame.sp)))
    return Table(columns, rows)
