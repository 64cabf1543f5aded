"""What a stage changed, and the difference of two stages."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.boot.record import Change
from gogdb.boot.stage import Record, Stage
from gogdb.i18n import tr
from gogdb.runtime.stack_guard import STACK_PREEMPT
from gogdb.view.address_text import g_label, slot
from gogdb.view.doc.document import Cell, Column, Doc, Heading, Role, Table

__all__ = ["changes", "diff", "value"]

MOST_NAMES = 6  # in a cell
SMALLEST_ADDRESS = 0x1_0000  # smaller numbers are shown in decimal


def changes(changes: Sequence[Change], most: int, stage: Stage | None = None) -> Table:
    """Return a table of at most `most` changes; `stage` is the one that made them, for a hint."""
    columns = (
        Column(tr("changed"), keep=9),
        Column(tr("before"), "right", 8),
        Column(tr("after the stage"), "right", 9),
    )
    rows = [
        [Cell(slot(change.what)), value(change.before), value(change.after, "changed")]
        for change in changes[:most]
    ]
    if len(changes) > most:
        rest = tr("… {count} more", count=len(changes) - most)
        hint = f"go-boot diff {stage.number - 1} {stage.number}" if stage else ""
        rows.append([Cell(rest, role="dim"), Cell(""), Cell(hint, role="dim")])
    return Table(columns, rows, empty=tr("nothing that is compared has changed"))


def value(compared: object, role: Role = "") -> Cell:
    """Return the cell of a compared value; a dim dash for one that does not exist."""
    if compared is None or compared == "":
        return Cell("-", compared, "dim")
    if isinstance(compared, bool):
        return Cell(str(compared).lower(), compared, role)
    if compared == STACK_PREEMPT:
        return Cell("stackPreempt", compared, role)
    if isinstance(compared, int) and compared >= SMALLEST_ADDRESS:
        return Cell(f"{compared:#x}", compared, role or "address")
    names = str(compared).split()
    if len(names) > MOST_NAMES + 1:  # of Ps or Gs on a list
        rest = tr("… {count} more", count=len(names) - MOST_NAMES)
        return Cell(" ".join([*names[:MOST_NAMES], rest]), compared, role)
    return Cell(g_label(str(compared)), compared, role)


def diff(a: Record, b: Record, differences: Sequence[Change]) -> Doc:
    """Return everything that differs between two stages."""
    title = f"{a.stage.number} · {a.stage.id} → {b.stage.number} · {b.stage.id}"
    return Doc([Heading(title), changes(differences, len(differences))])
