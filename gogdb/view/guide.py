"""The card of the guided walk: what happened, the one thing to see, what to try, how to go on.

It fits one screen; `go-boot show` has the whole card (gogdb/view/boot.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gogdb.boot.changes import register_names
from gogdb.boot.hint import Hint
from gogdb.boot.question import Question, Verdict
from gogdb.boot.stage import Record
from gogdb.boot.stages import STAGES
from gogdb.i18n import tr
from gogdb.runtime.disasm_notes import TLS_SLOT
from gogdb.view import change_marks, stop
from gogdb.view.boot_stacks import arguments, prologue
from gogdb.view.changes import changes
from gogdb.view.doc import (
    Art,
    ArtLine,
    Claims,
    Code,
    Doc,
    Heading,
    Note,
    Part,
    Remarked,
    Span,
    Text,
)
from gogdb.view.guide_text import Guide
from gogdb.view.narration import Narration
from gogdb.view.panels import picture

__all__ = ["passed", "question", "step", "verdict"]

LINES = (2, 2)  # of code before and behind the stop
CHANGES = 5  # rows; `go-boot diff` shows them all
Fits = Callable[[Doc], bool]

# What each stage is about, the point of it first; what else is shown where there is room.
# The names are those of a stage's `show`, and "registers", "code" and "changes".
_POINTS: Mapping[str, Sequence[str]] = {
    "rt0-go": ("registers", "code"),
    "tls-check": ("tls", "code"),
    "m0-g0": ("changes", "binding"),
    "osinit": ("changes", "code"),
    "schedinit": ("registers", "code"),
    "mcommoninit": ("changes", "ms"),
    "procresize": ("binding", "idle", "ps"),
    "newproc": ("registers", "code"),
    "gostartcall": ("forged", "gobuf"),
    "runnable": ("changes", "gs"),
    "runqput": ("binding", "changes", "ps"),
    "schedule": ("binding", "changes"),
    "findrunnable": ("registers", "binding"),
    "main-main": ("binding", "gs"),
}
_REST = ("registers", "code", "changes")


_BOTH_STOPS = {"prologue", "abi0", "forged"}  # pictures of where the stage is, and of its end


def step(
    record: Record,
    before: Record | None,
    words: tuple[Narration, Guide],
    hints: Sequence[Hint],
    question: bool,
    fits: Fits,
    enter: bool = True,
) -> Doc:
    """One stage on one screen. `fits` says whether a document does.

    `enter`: whether Enter goes on, for it repeats what led here.
    """
    narration, guide = words
    stage = record.stage
    head: list[Part] = [
        Heading(f"{stage.number}/{len(STAGES)} · {stage.id}", aside=narration.title(stage.id))
    ]
    if record.skipped:
        return Doc([*head, Note(narration.text(record)), Art([_onward(record, False, enter)])])
    head.append(Text(narration.text(record)))
    failing = [(narration.claim(stage.id, c), False) for c in record.claims if not c.holds]
    tail: list[Part] = [Claims(failing)] if failing else []
    if not _BOTH_STOPS.intersection(stage.show):
        tail += stop.stands_at(record.shown, record.last)  # there the suggestions are tried

    def page(evidence: Sequence[Part], tried: int) -> Doc:
        lines = [*_held(record, evidence), *_tries(stage.id, hints[:tried], guide)]
        return Doc([*head, *evidence, *tail, Art([*lines, _onward(record, question, enter)])])

    shown: list[Part] = []
    tried = min(1, len(hints))
    for name in dict.fromkeys((*(_POINTS.get(stage.id) or stage.show), *_REST)):
        parts = _evidence(name, record, before)
        if parts and fits(page([*shown, *parts], tried)):
            if not shown and fits(page(parts, len(hints))):
                tried = len(hints)  # rather another suggestion than more evidence
            shown += parts
    return page(shown, tried)


def _evidence(name: str, record: Record, before: Record | None) -> Sequence[Part]:
    """A part of the evidence, as short as it can be."""
    match name:
        case "registers":
            table = stop.registers(
                record.shown, before.last if before else None, record.stage.registers, brief=True
            )
            return [table] if table.rows else []
        case "changes":
            # registers have a table of their own
            shown = {*register_names(record.shown.registers.arch), TLS_SLOT}
            found = [change for change in record.changes if change.what not in shown]
            return [changes(found, CHANGES, record.stage)] if found else []
        case "code":
            return [
                _near(part)
                for part in stop.code(record.shown, record.listing)
                if isinstance(part, Code)
            ][-1:]
        case "arguments":
            return arguments(record, strings=1)
        case "prologue":
            return prologue(record, brief=True)
    return picture(name, record, before)


def _near(code: Code) -> Code:
    """The lines around the one where the program stands."""
    at = next((i for i, line in enumerate(code.lines) if line.current), 0)
    return Code(code.lines[max(0, at - LINES[0]) : at + LINES[1] + 1], code.language, code.title)


def _held(record: Record, evidence: Sequence[Part]) -> list[list[Span]]:
    """The claims that hold, in one line, with what the mark in the evidence means."""
    count = sum(claim.holds for claim in record.claims)
    told = tr("1 claim holds") if count == 1 else tr("{count} claims hold", count=count)
    line = [Span("✓", "good"), Span(f" {told}")] if count else []
    if change_marks.marked(evidence):
        line += [Span("   " * bool(line)), Span(change_marks.legend(), "dim")]
    return [line] if line else []


def _tries(stage: str, hints: Sequence[Hint], guide: Guide) -> list[ArtLine]:
    """Each suggestion in two lines, the command and GDB's answer, and a remark on what it shows.

    GDB's `$1 = ` is left out of the answer.
    """
    lines: list[ArtLine] = []
    label = f"{tr('try')}  "
    for hint in hints:
        margin = Span(label, "strong", hidden=bool(lines))
        command = [margin, Span(hint.command, "function")]
        answer = Span(hint.answer.replace("\t", "  "), "address")
        answer_line = [Span(label, hidden=True), Span("  "), answer]
        remark = Span(f"   {guide.hint(stage, hint.id)}", "dim")
        lines.append(Remarked([command, answer_line], remark))
    return lines


def _onward(record: Record, question: bool, enter: bool) -> list[Span]:
    """How to go on."""
    if record.stage is STAGES[-1]:
        ways = [tr("the whole road: go-boot step")]
    elif record.stage is STAGES[0]:  # it may be GDB's command line that led here: `demo --step`
        ways = [tr("next: go-boot step, and Enter from then on")]
    else:
        ways = [tr("next: go-boot step, Enter") if enter else tr("next: go-boot step")]
    if not record.skipped:
        ways.append(tr("all: go-boot show"))
    if question:
        ways.append(tr("a question: go-boot quiz"))
    return [Span("→ ", "address"), Span(" · ".join(ways), "dim")]


def passed(records: Sequence[Record], words: Narration) -> Doc:
    """Stages that were gone through without a card: in a line, but for claims that fail."""
    seen = [record for record in records if record.observations]
    missed = [record for record in records if record.skipped == "overtaken"]
    parts: list[Part] = []
    if seen:
        first, last = seen[0].stage.id, seen[-1].stage.id
        claims = sum(claim.holds for record in seen for claim in record.claims)
        parts.append(
            Note(
                tr("on the way: {stage}; {claims} claims hold", stage=first, claims=claims)
                if first == last
                else tr(
                    "on the way: {count} stages, {first} to {last}; {claims} claims hold",
                    count=len(seen),
                    first=first,
                    last=last,
                    claims=claims,
                )
            )
        )
    for record in seen:
        for claim in record.claims:
            if not claim.holds:
                failed = words.claim(record.stage.id, claim)
                parts.append(Note(f"{record.stage.id}: {failed}", "bad"))
    if missed:
        parts.append(Note(words.missed(missed), "warn"))
    return Doc(parts)


def question(asked: Question, guide: Guide) -> Doc:
    """A question with its options, if it has some."""
    title = tr("a question about {stage}", stage=asked.stage)
    options = [
        [Span(f"{letter}) ", "strong"), Span(told)] for letter, told in guide.options(asked).items()
    ]
    parts: list[Part] = [Heading(title, 2), Text(guide.ask(asked))]
    return Doc([*parts, Art(options)] if options else parts)


def verdict(asked: Question, found: Verdict, guide: Guide) -> Doc:
    """What an answer was, and why."""
    return Doc([Note(guide.explain(asked, found), "good" if found.right else "bad")])
