"""go-boot: the card of a stage, its parts, and the map of the road."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gogdb.boot.locate import Located
from gogdb.boot.stage import Record
from gogdb.boot.stages import STAGES
from gogdb.i18n import tr
from gogdb.view import change_marks, stop
from gogdb.view.changes import changes
from gogdb.view.doc import (
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

__all__ = ["card", "missed", "road"]

MOST_CHANGES = 12  # rows on a card; `go-boot diff` shows them all


def card(record: Record, before: Record | None, words: Narration) -> Doc:
    """One stage: what happened, the evidence, the claims. `before`: the last one seen."""
    stage = record.stage
    shown: list[Part] = [
        Heading(f"{stage.number}/{len(STAGES)} · {stage.id}", aside=words.title(stage.id))
    ]
    if record.skipped:
        return Doc([*shown, Note(words.text(record), "hint")])
    shown.append(Text(words.text(record)))
    shown += stop.code(record.shown, record.listing)
    old = before.last if before else None
    shown.append(stop.registers(record.shown, old, stage.registers))
    shown += panels(record, before=before)
    if change_marks.marked(shown):
        shown.append(Text(change_marks.legend(), "dim"))
    if record.changes:
        shown.append(changes(record.changes, MOST_CHANGES, stage))
    shown += stop.stands_at(record.shown, record.last)
    return Doc([*shown, stop.claims(stage.id, record.claims, words)])


def missed(records: Sequence[Record], words: Narration) -> Doc:
    """Stages that somebody ran past, in one line."""
    return Doc([Note(words.missed(records), "warn")])


def road(
    located: Mapping[str, Located],
    records: Sequence[Record],
    words: Narration,
    walking: bool,
) -> Doc:
    """The map: every stage with its address here, what was passed, where we are."""
    columns = (
        Column("", keep=9),
        Column("#", "right", 9),
        Column(tr("stage"), keep=9),
        Column(tr("address"), "right", 7),
        Column(tr("what happens"), keep=8),
    )
    seen = {record.stage.id: record for record in records}
    here = records[-1].stage.id if records and walking else ""
    rows = []
    for stage in STAGES:
        record, place = seen.get(stage.id), located.get(stage.id)
        mark = Cell("")
        if record and record.skipped:
            mark = Cell("–", role="dim")
        elif record:
            mark = Cell("✓", role="good") if record.holds else Cell("✗", role="bad")
        mark_here = stage.id == here
        if mark_here:
            mark = Cell("►", role="strong")
        first = next((a for a in place.stops.values() if a), 0) if place else 0
        rows.append(
            [
                mark,
                Cell(str(stage.number), stage.number),
                Cell(stage.id, stage.id, "strong" if stage.id == here else ""),
                address(first) if first else Cell(tr("not in this build"), role="dim"),
                Cell(words.title(stage.id) + (f"  ◄ {tr('you are here')}" if mark_here else "")),
            ]
        )
    return Doc([Table(columns, rows)])
