"""go-stacks: a goroutine's stack, its bounds and its frames."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.runtime.model import G
from gogdb.runtime.unwind import Unwound
from gogdb.view.doc import Art, Cell, Column, Heading, Note, Part, Span, Table
from gogdb.view.words import address, hexed

__all__ = ["as_json", "bar", "parts"]

BAR = 32  # cells


def used(g: G, found: Unwound) -> int | None:
    """Bytes between the innermost frame's sp and hi; None when no sp is known."""
    return g.stack.hi - found.frames[0].sp if found.frames else None


def parts(g: G, found: Unwound) -> list[Part]:
    """One goroutine's stack, for people."""
    title = f"goroutine {g.goid}" if g.name.isdigit() else g.label
    reason = f", {g.waitreason}" if g.waitreason and g.waits else ""
    shown: list[Part] = [Heading(title, 2, aside=f"{g.status}{reason}")]
    if g.stack.hi:
        shown.append(bar(g, used(g, found)))
    if found.frames:
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


def _frames(found: Unwound) -> Table:
    columns = (
        Column("#", "right", 9),
        Column("function", keep=9),
        Column("at", keep=8),
        Column("frame", "right", 5),
        Column("return slot", "right", 4),
        Column("sp", "right", 6),
    )
    rows: list[Sequence[Cell]] = []
    for number, frame in enumerate(frame for frame in found.frames if not frame.elided):
        place = f"{frame.file.rpartition('/')[2]}:{frame.line}"
        size = Cell("inlined", None, "dim") if frame.inlined else Cell(str(frame.cfa - frame.sp))
        slot = Cell("") if frame.inlined else address(frame.return_slot)
        function = Cell(frame.function, frame.function, "function")
        rows.append((Cell(str(number)), function, Cell(place), size, slot, address(frame.sp)))
    return Table(columns, rows)


def as_json(g: G, found: Unwound) -> dict[str, object]:
    return {
        "goid": g.goid,
        "name": g.label,
        "status": g.status,
        "waitreason": (g.waitreason or None) if g.waits else None,
        "stack": {
            "lo": hexed(g.stack.lo),
            "hi": hexed(g.stack.hi),
            "guard": hexed(g.stackguard0),
            "size": g.stack.size,
            "used": used(g, found),
        },
        "frames": [
            {
                "function": frame.function,
                "file": frame.file,
                "line": frame.line,
                "pc": hexed(frame.pc),
                "sp": hexed(frame.sp),
                # where the frame saved rbp; a frame that holds nothing else has not
                "bp": hexed(frame.cfa - 16) if frame.cfa - frame.sp > 8 else None,
                "inlined": frame.inlined,
                "elided": frame.elided,
            }
            for frame in found.frames
        ],
        "ended": found.ended,
        "unreadable": g.unreadable or None,
    }
