"""go-boot: the card of a stage, its parts, and the map of the road."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gogdb.boot.locate import Located
from gogdb.boot.observation import Record
from gogdb.boot.stages import STAGES
from gogdb.i18n import tr
from gogdb.view import change_marks
from gogdb.view.address_text import describe, describe_register, effect
from gogdb.view.changes import changes
from gogdb.view.doc import (
    Cell,
    Claims,
    Code,
    CodeLine,
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
from gogdb.view.panels import evidence

__all__ = ["card", "claims", "code", "missed", "registers", "road", "standing"]

ALWAYS = ("rip", "rsp", "rbp", "r14")
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
    shown += code(record)
    shown.append(registers(record, before))
    shown += evidence(record, before=before)
    if change_marks.marked(shown):
        shown.append(Text(change_marks.legend(), "dim"))
    if record.changes:
        shown.append(changes(record.changes, MOST_CHANGES, stage))
    return Doc([*shown, *standing(record), claims(record, words)])


def missed(records: Sequence[Record], words: Narration) -> Doc:
    """Stages that somebody ran past, in one line."""
    return Doc([Note(words.missed(records), "warn")])


def standing(record: Record) -> list[Part]:
    """Where the program stands when the stage is over, if that is not where it was shown."""
    if record.last is record.main:
        return []
    last = record.last
    place = f"{last.function}+{last.offset}" if last.offset else last.function
    return [Note(tr("the program now stands a stop further on, at {place}", place=place))]


def claims(record: Record, words: Narration) -> Claims:
    """What the narration of a stage rests on."""
    stage = record.stage.id
    return Claims([(words.claim(stage, claim), claim.holds) for claim in record.claims])


def code(record: Record) -> list[Part]:
    """Source and instructions around the stop."""
    moment, listing = record.main, record.listing
    shown: list[Part] = []
    where = f"{moment.file.rpartition('/')[2]}:{moment.line}"
    if listing.source:
        language = "go-asm" if moment.file.endswith(".s") else "go"
        lines = [
            CodeLine(str(number), text, number == moment.line) for number, text in listing.source
        ]
        shown.append(Code(lines, language, where))  # type: ignore[arg-type]
    if listing.code:
        intel = not any("%" in found.text for found in listing.code)
        lines = [
            CodeLine(
                f"{found.address:#x}",
                found.text,
                found.address == moment.pc,
                effect(listing.notes.get(found.address)),
            )
            for found in listing.code
        ]
        place = f"{moment.function}+{moment.offset}" if moment.offset else moment.function
        if not listing.source:
            place += " " + tr("({where}: the source is not on this machine)", where=where)
        shown.append(Code(lines, "intel" if intel else "att", place))
    return shown


def registers(record: Record, before: Record | None, brief: bool = False) -> Table:
    """The registers that matter, at the last stage and now, and what they are.

    A mark says which have changed, but for rip, which always does. `brief`: only those, and
    the stage's own.
    """
    moment = record.main
    old = before.last if before else None
    columns = (
        Column(tr("reg"), keep=9),
        Column(tr("at the last stage"), "right", 4),
        Column(tr("now"), "right", 9),
        Column(tr("what it is"), keep=8),
    )
    rows = []
    for name in (*ALWAYS, *record.stage.registers):
        value = moment.registers[name]
        was = old.registers[name] if old else None
        changed = was is not None and was != value
        rows.append(
            [
                change_marks.cell(Cell(name, name, "register"), changed and name != "rip"),
                Cell("") if was is None else address(was),
                address(value, changed),
                Cell(describe_register(name, moment)),
            ]
        )
    fs_base = moment.registers["fs_base"]
    was_fs = old.registers["fs_base"] if old else None
    leads = tr("leads to the TLS slot {address:#x}", address=moment.tls) if fs_base else ""
    rows.append(
        [
            change_marks.cell(
                Cell("fs_base", "fs_base", "register"), was_fs not in (None, fs_base)
            ),
            Cell("") if was_fs is None else address(was_fs),
            address(fs_base, was_fs is not None and was_fs != fs_base),
            Cell(leads or tr("not set")),
        ]
    )
    tls = describe(moment.meanings["tls"]) if moment.g else tr("no g")
    rows.append(
        [
            change_marks.cell(
                Cell("TLS", "tls", "register"), old is not None and old.g != moment.g
            ),
            Cell("") if old is None else address(old.g),
            address(moment.g, old is not None and old.g != moment.g),
            Cell(tr("the current g: {g}", g=moment.current) if moment.current else tls),
        ]
    )
    if brief:
        kept = record.stage.registers
        rows = [row for row in rows if row[0].value in kept or row[0].role == "changed"]
    return Table(columns, rows)


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
