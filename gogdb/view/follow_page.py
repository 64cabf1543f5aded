"""A followed round as one page: a `StagePage` for each step, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gogdb.follow.step import Record
from gogdb.i18n import language, tr
from gogdb.runtime.model import G
from gogdb.view import stop
from gogdb.view.changes import changes
from gogdb.view.doc.document import Note, StackPicture, Text
from gogdb.view.doc.pages import Prediction, Report, StagePage
from gogdb.view.exercises import prediction, suggestions
from gogdb.view.follow import ended, picture, registers, thread
from gogdb.view.follow_guide import follow_guide
from gogdb.view.format import code_place
from gogdb.view.narration import Narration
from gogdb.view.opening import definitions, opening
from gogdb.view.question_text import question_text
from gogdb.view.scheduler import scheduler
from gogdb.view.stack_rows import register_marks

__all__ = ["follow_page"]


def follow_page(
    records: Sequence[Record],
    g: G,
    go_version: str,
    program: str,
    narration: Narration,
    why_incomplete: str,
) -> Report:
    """Return the page in the language in use; `why_incomplete` is "" for a whole round."""
    return Report(
        tr("How {g} leaves the CPU and comes back", g=g.label),
        go_version,
        program,
        opening("follow", g=g.label, steps=len(records)),
        definitions(),
        [_step(record, records[:i], narration) for i, record in enumerate(records)],
        tr("How it ended"),
        ended(records, why_incomplete).parts,
        is_boot=False,
    )


def _step(record: Record, past: Sequence[Record], narration: Narration) -> StagePage:
    step, now = record.step, record.shown
    before = past[-1] if past else None
    return StagePage(
        id=f"{step.id}-{record.number}",
        number=record.number,
        title=narration.title(step.id),
        state="holds" if record.holds else "fails",
        narration=[
            Text(narration.passage(step.id, record.values, record.sentences)),
            *([Note(thread(now))] if step.stops else ()),
            *stop.note_on_position(now, record.last),
        ],
        where=code_place(now.function, now.offset) if step.stops else "",
        code=stop.code(now, record.listing) if step.stops else (),
        registers=registers(record, past) if step.stops else None,
        stacks=_stacks(record),
        scheduler=scheduler(record.last, before.last if before else None),
        memory=[p for name in step.show if name != "stacks" for p in picture(name, record)],
        changes=changes(record.changes, len(record.changes)) if record.changes else None,
        claims=stop.claims(step.id, record.claims, narration),
        prediction=_prediction(before, record) if before else None,
        suggestions=suggestions(record.hints(has_debug_info=True), follow_guide(language()).hint),
    )


def _prediction(before: Record, record: Record) -> Prediction | None:
    """Return the question about a step that is asked after the step before it, if there is one."""
    texts = question_text(language(), "follow-questions")
    return prediction(before.question, before.solution(record), texts)


def _stacks(record: Record) -> StackPicture | None:
    """Return the stacks of the M's g0 and of the goroutine, with room for both registers."""
    now = record.shown
    for part in picture("stacks", record):
        if isinstance(part, StackPicture):
            return replace(part, registers=register_marks(now.registers.arch))
    return None
