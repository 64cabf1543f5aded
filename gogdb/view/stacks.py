"""go-stacks: a goroutine's stack, its bounds and its frames."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.i18n import tr
from gogdb.runtime.fp_chain import FramePointerChain
from gogdb.runtime.model import G
from gogdb.runtime.unwind import Unwound
from gogdb.view.doc import Cell, Column, Heading, Note, Part, Role, Table
from gogdb.view.format import address
from gogdb.view.rbp import divergence, shown
from gogdb.view.stack_bar import stack_bar

__all__ = ["parts"]


def used(g: G, found: Unwound) -> int | None:
    """Bytes between the innermost frame's sp and hi; None when no sp is known."""
    here = next((frame.sp for frame in found.frames if frame.sp in g.stack), None)
    return None if here is None else g.stack.hi - here


def parts(g: G, found: Unwound, chain: FramePointerChain | None = None) -> list[Part]:
    """One goroutine's stack, for people; `chain` is what a walk along rbp would find."""
    title = tr("goroutine {goid}", goid=g.goid) if g.name.isdigit() else g.label
    reason = f", {g.waitreason}" if g.waitreason and g.is_waiting else ""
    page: list[Part] = [Heading(title, 2, aside=f"{g.status}{reason}")]
    if g.stack.hi:
        page.append(stack_bar(g, used(g, found)))
    if found.frames:
        page.append(_frames(found, chain))
    if chain and (diverges := divergence(found.frames, chain)):
        page.append(diverges)
    if found.ended:
        page.append(Note(found.ended, "hint" if g.is_dead else "warn"))
    return page


def _frames(found: Unwound, chain: FramePointerChain | None) -> Table:
    columns = (
        Column("#", "right", 9),
        Column(tr("function"), keep=9),
        Column(tr("at"), keep=8),
        Column(tr("frame"), "right", 5),
        Column(tr("rbp walk"), keep=7),
        Column(tr("return slot"), "right", 6),
        Column(tr("saved rbp"), "right", 4),
        Column("sp", "right", 3),
    )
    rows: list[Sequence[Cell]] = []
    for number, frame in enumerate(found.frames):
        place = f"{frame.file.rpartition('/')[2]}:{frame.line}"
        role: Role = "dim" if frame.elided else "function"
        function = Cell(frame.function, frame.function, role)
        row = [Cell(str(number)), function, Cell(place)]
        link = chain.link(number) if chain else None
        if frame.inlined:
            row += [Cell(tr("inlined"), None, "dim"), *[Cell("")] * 4]
        else:
            kept = frame.fp_slot
            saved = Cell(tr("none"), None, "dim") if kept is None else address(kept)
            if kept is not None and link and not link.linked:
                saved = Cell(saved.text, kept, "warn")
            outermost = found.ended is None and number == len(found.frames) - 1
            returns = None if outermost else frame.return_slot
            back = Cell(tr("none"), None, "dim") if returns is None else address(returns)
            size = Cell(str(frame.cfa - frame.sp))
            row += [size, shown(link), back, saved, address(frame.sp)]
        rows.append(row)
    return Table(columns, rows)
