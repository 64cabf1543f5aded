"""The recorded walk as one page: a `StagePage` for each stage, and the summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from gogdb.boot.changes import facts
from gogdb.boot.observation import Observation
from gogdb.boot.stage import Record
from gogdb.i18n import language, tr
from gogdb.view import stop
from gogdb.view.boot_stacks import at_stop, hidden_values
from gogdb.view.changes import changes, value
from gogdb.view.doc.document import Cell, Column, Note, Part, StackPicture, Table, Text
from gogdb.view.doc.pages import Fact, Report, StagePage
from gogdb.view.exercises import prediction, suggestions
from gogdb.view.format import address, code_place
from gogdb.view.guide_text import guide_text
from gogdb.view.narration import Narration
from gogdb.view.opening import definitions, opening
from gogdb.view.panels import panels
from gogdb.view.question_text import question_text
from gogdb.view.scheduler import scheduler
from gogdb.view.stack_columns import is_left_over, meaning, return_slots
from gogdb.view.stack_rows import marks_at
from gogdb.view.stack_timeline import stack_timeline
from gogdb.view.summary import summary

__all__ = [
    "fact_names",
    "last_stage",
    "live_report",
    "report",
    "stage_facts",
    "summary_parts",
]

WORDS = 8  # of memory from sp up
DRAWN = ("stacks", "binding", "idle", "arguments")  # panels that the page has pictures for


def report(
    records: Sequence[Record], go_version: str, program: str, narration: Narration
) -> Report:
    """Return the page in the language in use."""
    stacks = stack_timeline(records)
    stages, before = [], None
    for record in records:
        stages.append(_stage(record, before, stacks.get(record.stage.id), narration))
        before = record if record.observations else before
    return Report(
        tr("How a Go program boots"),
        go_version,
        program,
        opening("boot", stages=len(stages)),
        definitions(),
        stages,
        tr("The walk in one picture"),
        summary_parts(records),
        fact_names(records),
    )


def live_report(go_version: str, program: str) -> Report:
    """Return the page of a walk that is to be followed: no stage is there yet."""
    return Report(
        tr("How a Go program boots"),
        go_version,
        program,
        opening("live"),
        definitions(),
        [],
        tr("The walk in one picture"),
        [],
    )


def last_stage(records: Sequence[Record], narration: Narration) -> StagePage:
    """Return the last of these stages, as the page of the walk until then shows it."""
    *earlier, record = records
    before = next((each for each in reversed(earlier) if each.observations), None)
    stacks = stack_timeline(records, record.stage.id)
    return _stage(record, before, stacks.get(record.stage.id), narration)


def summary_parts(records: Sequence[Record]) -> Sequence[Part]:
    """Return the walk in one picture, without its heading."""
    return summary(records).parts[1:]


def fact_names(records: Sequence[Record]) -> list[str]:
    """Return the names of all facts that stages are compared by."""
    names = [list(facts(record.last)) for record in records if record.observations]
    return max(names, key=len, default=[])  # contains all others


def stage_facts(record: Record) -> Mapping[str, Fact]:
    """Return what the page compares a stage by; nothing for one that was not seen."""
    return _facts(record.last) if record.observations else {}


def _stage(
    record: Record, before: Record | None, stacks: StackPicture | None, narration: Narration
) -> StagePage:
    stage, title = record.stage, narration.title(record.stage.id)
    guide = guide_text(language())
    if not record.observations:
        note = Note(narration.text(record), "hint")
        return StagePage(stage.id, stage.number, title, "skipped", [note])
    now = record.shown
    return StagePage(
        id=stage.id,
        number=stage.number,
        title=title,
        state="holds" if record.holds else "fails",
        narration=[
            Text(narration.text(record)),
            *stop.note_on_position(now, record.last),
            *(hidden_values(record) if "arguments" in stage.show else ()),
        ],
        where=code_place(now.function, now.offset),
        code=stop.code(now, record.listing),
        registers=stop.registers(now, before.last if before else None, stage.registers),
        stacks=stacks,
        scheduler=scheduler(now, before.shown if before else None),
        memory=[_memory(now, before.last.words if before else {}), *panels(record, DRAWN)],
        changes=changes(record.changes, len(record.changes)) if record.changes else None,
        claims=stop.claims(stage.id, record.claims, narration),
        prediction=prediction(record.question, record.solution(), question_text(language())),
        suggestions=suggestions(record.hints(), partial(guide.hint, stage.id)),
        facts=_facts(record.last),
    )


def _memory(now: Observation, before: Mapping[int, int]) -> Table:
    """Return the words from sp up; those that differ from `before`, by address, are marked."""
    slots = return_slots(at_stop(now))
    rows = []
    for place in range(now.sp, now.sp + 8 * WORDS, 8):
        value = now.words.get(place)
        if value is None:
            continue
        left_over = is_left_over(place, now, slots)
        rows.append(
            [
                Cell(" ".join(m.name for m in marks_at(now.registers, place)), role="register"),
                address(place),
                address(value, before.get(place, value) != value),
                Cell(tr("left over"), role="dim") if left_over else Cell(meaning(place, now)),
            ]
        )
    columns = (
        Column(tr("register")),
        Column(tr("address"), "right"),
        Column(tr("word"), "right"),
        Column(tr("what it is")),
    )
    return Table(columns, rows, tr("Memory from rsp up"))


def _facts(observation: Observation) -> dict[str, Fact]:
    """Return what the page compares any two stages by, as `go-boot diff` does."""
    return {
        name: Fact(str(fact.key), value(fact.value).text)
        for name, fact in facts(observation).items()
        if fact.key is not None
    }
