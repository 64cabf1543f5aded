"""go-boot: the whole card of a stage, and the list of all stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gogdb.boot.locate import Located
from gogdb.boot.stage import Record, Stage
from gogdb.boot.stages import STAGES
from gogdb.i18n import tr
from gogdb.view import change_marks, stop
from gogdb.view.changes import changes
from gogdb.view.doc.document import (
    Cell,
    Column,
    Doc,
    Heading,
    Note,
    Part,
    Table,
    Text,
)
from gogdb.view.format import address
from gogdb.view.narration import Narration
from gogdb.view.panels import panels

__all__ = ["card", "heading", "missed", "stage_list"]

MOST_CHANGES = 12  # rows on a card; `go-boot diff` shows them all


def heading(record: Record, narration: Narration) -> Heading:
    """Return the heading of a stage's card: its number and id, and what happened."""
    stage = record.stage
    return Heading(f"{stage.number}/{len(STAGES)} · {stage.id}", aside=narration.title(stage.id))


def card(record: Record, before: Record | None, narration: Narration) -> Doc:
    """Return what happened at a stage, the evidence and the claims.

    `before` is the stage that was seen before it.
    """
    stage = record.stage
    if record.skipped:
        return Doc([heading(record, narration), Note(narration.text(record), "hint")])
    old = before.last if before else None
    parts: list[Part] = [
        heading(record, narration),
        Text(narration.text(record)),
        *stop.code(record.shown, record.listing),
        stop.registers(record.shown, old, stage.registers),
        *panels(record, before=before),
    ]
    if change_marks.marked(parts):
        parts.append(Text(change_marks.legend(), "dim"))
    if record.changes:
        parts.append(changes(record.changes, MOST_CHANGES, stage))
    parts += stop.note_on_position(record.shown, record.last)
    return Doc([*parts, stop.claims(stage.id, record.claims, narration)])


def missed(records: Sequence[Record], narration: Narration) -> Doc:
    """Return a note on stages that the program was already past."""
    return Doc([Note(narration.missed(records), "warn")])


def stage_list(
    located: Mapping[str, Located],
    records: Sequence[Record],
    narration: Narration,
    current: Stage | None,
) -> Doc:
    """Return every stage with its address in this binary, and what the walk has recorded of it.

    `current` is the stage at whose end the program stands, if there is one.
    """
    columns = (
        Column("", keep=9),
        Column("#", "right", 9),
        Column(tr("stage"), keep=9),
        Column(tr("address"), "right", 7),
        Column(tr("what happens"), keep=8),
    )
    seen = {record.stage.id: record for record in records}
    rows = []
    for stage in STAGES:
        here, place = stage is current, located.get(stage.id)
        first = next((a for a in place.stops.values() if a), 0) if place else 0
        title = narration.title(stage.id)
        rows.append(
            [
                Cell("►", role="strong") if here else _progress(seen.get(stage.id)),
                Cell(str(stage.number), stage.number),
                Cell(stage.id, stage.id, "strong" if here else ""),
                address(first) if first else Cell(tr("not in this build"), role="dim"),
                Cell(f"{title}  ◄ {tr('you are here')}" if here else title),
            ]
        )
    return Doc([Table(columns, rows)])


def _progress(record: Record | None) -> Cell:
    """Return a mark for a stage that was skipped, or whose claims hold or do not."""
    if record is None:
        return Cell("")
    if record.skipped:
        return Cell("–", role="dim")
    return Cell("✓", role="good") if record.holds else Cell("✗", role="bad")
