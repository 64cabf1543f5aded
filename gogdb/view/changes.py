"""What a stage changed, and the difference of two stages."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.boot.record import Change
from gogdb.boot.stage import Record, Stage
from gogdb.i18n import tr
from gogdb.runtime.stack_guard import STACK_PREEMPT
from gogdb.view.address_text import g_label, slot
from gogdb.view.doc import Cell, Column, Doc, Heading, Table

__all__ = ["changes", "diff", "value"]

MOST_NAMES = 6  # in a cell


def changes(found: Sequence[Change], most: int, stage: Stage | None = None) -> Table:
    """What is different, value by value."""
    columns = (
        Column(tr("changed"), keep=9),
        Column(tr("before"), "right", 8),
        Column(tr("after the stage"), "right", 9),
    )
    rows = [
        [Cell(slot(change.what)), value(change.before), value(change.after, "changed")]
        for change in found[:most]
    ]
    if len(found) > most:
        rest = tr("… {count} more", count=len(found) - most)
        hint = f"go-boot diff {stage.number - 1} {stage.number}" if stage else ""
        rows.append([Cell(rest, role="dim"), Cell(""), Cell(hint, role="dim")])
    return Table(columns, rows, empty=tr("nothing that is compared has changed"))


def value(found: object, role: str = "") -> Cell:
    """A value of the comparison: a dim dash for what does not exist."""
    if found is None or found == "":
        return Cell("-", found, "dim")
    if isinstance(found, bool):
        return Cell(str(found).lower(), found, role)  # type: ignore[arg-type]
    if found == STACK_PREEMPT:
        return Cell("stackPreempt", found, role)  # type: ignore[arg-type]
    if isinstance(found, int) and found > 0xFFFF:
        return Cell(f"{found:#x}", found, role or "address")  # type: ignore[arg-type]
    names = str(found).split()
    if len(names) > MOST_NAMES + 1:  # of Ps or Gs on a list
        rest = tr("… {count} more", count=len(names) - MOST_NAMES)
        return Cell(" ".join([*names[:MOST_NAMES], rest]), found, role)  # type: ignore[arg-type]
    return Cell(g_label(str(found)), found, role)  # type: ignore[arg-type]


def diff(a: Record, b: Record, found: Sequence[Change]) -> Doc:
    """Everything that differs between two stages."""
    title = f"{a.stage.number} · {a.stage.id} → {b.stage.number} · {b.stage.id}"
    return Doc([Heading(title), changes(found, len(found))])
