"""The recorded walk as one page: a `StagePage` for each stage, and the final picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gogdb.boot.changes import facts
from gogdb.boot.observation import Observation
from gogdb.boot.stage import Record
from gogdb.i18n import tr
from gogdb.view import stop
from gogdb.view.address_text import describe, short
from gogdb.view.boot_stacks import at_stop
from gogdb.view.changes import changes, value
from gogdb.view.doc import Cell, Column, Note, StackPicture, Table, Text
from gogdb.view.doc.pages import Fact, Report, StagePage
from gogdb.view.format import address
from gogdb.view.narration import Narration
from gogdb.view.panels import panels
from gogdb.view.scheduler import scheduler
from gogdb.view.stack_columns import return_slots
from gogdb.view.stack_timeline import road
from gogdb.view.summary import summary

__all__ = ["report"]

WORDS = 8  # of memory from rsp up
DRAWN = ("stacks", "binding", "idle")  # evidence that the page has its own pictures of


def report(records: Sequence[Record], go_version: str, program: str, words: Narration) -> Report:
    """The page in the language that is spoken."""
    stacks = road(records)
    stages, before = [], None
    for record in records:
        stages.append(_stage(record, before, stacks.get(record.stage.id), words))
        before = record if record.observations else before
    known = [list(facts(record.last)) for record in records if record.observations]
    names = max(known, key=len, default=[])  # each of them is part of the longest
    return Report(go_version, program, stages, summary(records).parts[1:], names)


def _stage(
    record: Record, before: Record | None, stacks: StackPicture | None, words: Narration
) -> StagePage:
    stage, title = record.stage, words.title(record.stage.id)
    if not record.observations:
        note = Note(words.text(record), "hint")
        return StagePage(stage.id, stage.number, title, "skipped", [note])
    moment = record.shown
    return StagePage(
        id=stage.id,
        number=stage.number,
        title=title,
        state="holds" if record.holds else "fails",
        narration=[Text(words.text(record)), *stop.stands_at(moment, record.last)],
        where=f"{moment.function}+{moment.offset}" if moment.offset else moment.function,
        code=stop.code(moment, record.listing),
        registers=stop.registers(moment, before.last if before else None, stage.registers),
        stacks=stacks,
        scheduler=scheduler(moment, before.shown if before else None),
        memory=[_memory(moment, before), *panels(record, DRAWN)],
        changes=changes(record.changes, len(record.changes)) if record.changes else None,
        claims=stop.claims(stage.id, record.claims, words),
        facts=_facts(record.last),
    )


def _memory(moment: Observation, before: Record | None) -> Table:
    """The words at rsp, and which of them the last stage left otherwise."""
    was: Mapping[int, int] = before.last.words if before else {}
    returns = return_slots(at_stop(moment))
    rows = []
    for place in range(moment.sp, moment.sp + 8 * WORDS, 8):
        value = moment.words.get(place)
        if value is None:
            continue
        what = moment.word_info.get(place)
        said = short(describe(what)) if what and what.kind not in ("nil", "number") else ""
        old = what is not None and what.kind == "function" and place not in returns
        told = Cell(tr("left over"), role="dim") if old else Cell(said)
        changed = place in was and was[place] != value
        mark = " ".join(moment.registers.stack_pointers_at(place))
        rows.append([Cell(mark, role="register"), address(place), address(value, changed), told])
    columns = (
        Column(tr("register")),
        Column(tr("address"), "right"),
        Column(tr("word"), "right"),
        Column(tr("what it is")),
    )
    return Table(columns, rows, tr("Memory from rsp up"))


def _facts(moment: Observation) -> dict[str, Fact]:
    """What two stages are compared by, as `go-boot diff` does it."""
    return {
        name: Fact(str(key), value(fact).text)
        for name, (key, fact) in facts(moment).items()
        if key is not None
    }
