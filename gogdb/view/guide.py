"""The guided walk: the card of a stage on one screen, and the stages passed on the way.

`go-boot show` has the whole card (gogdb/view/boot.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gogdb.boot.changes import register_names
from gogdb.boot.hint import Hint
from gogdb.boot.stage import Record
from gogdb.boot.stages import STAGES
from gogdb.i18n import tr
from gogdb.runtime.disasm_notes import TLS_SLOT
from gogdb.view import change_marks, stop
from gogdb.view.boot import heading
from gogdb.view.boot_stacks import arguments, prologue
from gogdb.view.changes import changes
from gogdb.view.doc.document import (
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
from gogdb.view.guide_text import GuideText
from gogdb.view.narration import Narration
from gogdb.view.panels import panel

__all__ = ["StageCard", "hint_lines", "near", "passed", "stage_card"]

CODE_BEFORE, CODE_AFTER = 2, 2  # lines of code around the stop
MOST_CHANGES = 5  # rows; `go-boot diff` shows them all

# Pieces of evidence that follow the stage's own where there is room
_REST = ("registers", "code", "changes")
# Panels that show the last stop, where the program is now, beside the stop of the card
_BOTH_STOPS = {"prologue", "abi0", "forged"}


@dataclass(frozen=True)
class StageCard:
    """A stage on one screen: what is always shown, and what is shown where there is room."""

    head: Sequence[Part]
    evidence: Sequence[Sequence[Part]]  # optional, the point of the stage first
    tail: Sequence[Part]
    hints: Sequence[ArtLine]  # optional
    onward: Sequence[Span]
    claims_held: int

    def page(self, evidence: Sequence[Part], hint_count: int) -> Doc:
        """Return the card with this part of the evidence and the first hints."""
        lines = [*self._summary(evidence), *self.hints[:hint_count], self.onward]
        return Doc([*self.head, *evidence, *self.tail, Art(lines)])

    def below_head(self) -> StageCard:
        """Return the card without its heading and the number of claims, shown elsewhere."""
        head = [part for part in self.head if not isinstance(part, Heading)]
        return replace(self, head=head, claims_held=0)

    def _summary(self, evidence: Sequence[Part]) -> list[ArtLine]:
        """Return a line with the number of claims that hold and what a mark means, if any."""
        line: list[Span] = []
        if self.claims_held:
            count = tr("{count} {count:claim holds|claims hold}", count=self.claims_held)
            line = [Span("✓", "good"), Span(f" {count}")]
        if change_marks.marked(evidence):
            line += [Span("   " if line else ""), Span(change_marks.legend(), "dim")]
        return [line] if line else []


def stage_card(
    record: Record,
    before: Record | None,
    narration: Narration,
    guide: GuideText,
    hints: Sequence[Hint],
    repeats: bool = True,
    verb: str = "step",
) -> StageCard:
    """Return the card of a stage. `before` is the stage that was seen before it.

    `verb` is the one that goes on to the next stage, "step" or "predict". `repeats` says whether
    Enter, which repeats the last command, does so too.
    """
    stage = record.stage
    head = heading(record, narration)
    onward = _onward(record, repeats, verb)
    if record.skipped:
        return StageCard([head, Note(narration.text(record))], (), (), (), onward, 0)
    names = dict.fromkeys((*(stage.point or stage.show), *_REST))
    pieces = (_piece(name, record, before) for name in names)
    failed = [(narration.claim(stage.id, c), False) for c in record.claims if not c.holds]
    tail: list[Part] = [Claims(failed)] if failed else []
    if not _BOTH_STOPS.intersection(stage.show):
        tail += stop.note_on_position(record.shown, record.last)  # the hints are tried there
    return StageCard(
        head=[head, Text(narration.text(record))],
        evidence=[parts for parts in pieces if parts],
        tail=tail,
        hints=hint_lines(hints, [guide.hint(stage.id, hint.id) for hint in hints]),
        onward=onward,
        claims_held=len(record.claims) - len(failed),
    )


def _piece(name: str, record: Record, before: Record | None) -> Sequence[Part]:
    """Return a piece of evidence in its short form: a panel, "registers", "changes" or "code"."""
    match name:
        case "registers":
            old, own = before.last if before else None, record.stage.registers
            table = stop.registers(record.shown, old, own, brief=True)
            return [table] if table.rows else []
        case "changes":
            # Registers are in a table of their own
            elsewhere = {*register_names(record.last.registers.arch), TLS_SLOT}
            others = [change for change in record.changes if change.what not in elsewhere]
            return [changes(others, MOST_CHANGES, record.stage)] if others else []
        case "code":
            code = [p for p in stop.code(record.shown, record.listing) if isinstance(p, Code)]
            return [near(code[-1])] if code else []
        case "arguments":
            return arguments(record, strings=1)
        case "prologue":
            return prologue(record, brief=True)
    return panel(name, record, before)


def near(code: Code) -> Code:
    """Return the lines around the current one."""
    at = next((i for i, line in enumerate(code.lines) if line.current), 0)
    lines = code.lines[max(0, at - CODE_BEFORE) : at + CODE_AFTER + 1]
    return Code(lines, code.language, code.title)


def hint_lines(hints: Sequence[Hint], remarks: Sequence[str]) -> list[ArtLine]:
    """Return each hint in two lines, numbered: the command, and GDB's answer with a remark.

    GDB's `$1 = ` is left out of the answer.
    """
    lines: list[ArtLine] = []
    label = tr("try")
    for number, (hint, text) in enumerate(zip(hints, remarks, strict=True), 1):
        start = Span(label, "strong", hidden=bool(lines))
        margin = [start, Span(f" {number}  ", "strong")]
        command = [*margin, Span(hint.command, "function")]
        answer = Span(hint.answer.replace("\t", "  "), "address")
        indent = [Span(span.text, hidden=True) for span in margin]
        remark = Span(f"   {text}", "dim")
        lines.append(Remarked([command, [*indent, Span("  "), answer]], remark))
    return lines


def _onward(record: Record, repeats: bool, verb: str) -> list[Span]:
    """Return a line that says how to go on."""
    if record.stage is STAGES[-1]:
        commands = [tr("the whole walk: go-boot step")]
    elif record.stage is STAGES[0]:  # Enter repeats nothing yet: `gogdb demo --step` came here
        commands = [tr("next: go-boot {verb}, and Enter from then on", verb=verb)]
    elif repeats:
        commands = [tr("next: go-boot {verb}, Enter", verb=verb)]
    else:
        commands = [tr("next: go-boot {verb}", verb=verb)]
    if not record.skipped:
        commands.append(tr("all: go-boot show"))
        if record.question and verb == "step" and record.stage is not STAGES[0]:  # no room there
            commands.append(tr("a question: go-boot quiz"))
    return [Span("→ ", "address"), Span(" · ".join(commands), "dim")]


def passed(records: Sequence[Record], narration: Narration) -> Doc:
    """Return what happened on the way: stages in one line, failed claims, missed stages."""
    seen = [record for record in records if record.observations]
    parts: list[Part] = [Note(_on_the_way(seen))] if seen else []
    for record in seen:
        for claim in record.claims:
            if not claim.holds:
                text = narration.claim(record.stage.id, claim)
                parts.append(Note(f"{record.stage.id}: {text}", "bad"))
    missed = [record for record in records if record.skipped == "overtaken"]
    if missed:
        parts.append(Note(narration.missed(missed), "warn"))
    return Doc(parts)


def _on_the_way(seen: Sequence[Record]) -> str:
    first, last = seen[0].stage.id, seen[-1].stage.id
    claims = sum(claim.holds for record in seen for claim in record.claims)
    if first == last:
        return tr(
            "on the way: {stage}; {claims} {claims:claim holds|claims hold}",
            stage=first,
            claims=claims,
        )
    return tr(
        "on the way: {count} stages, {first} to {last}; {claims} {claims:claim holds|claims hold}",
        count=len(seen),
        first=first,
        last=last,
        claims=claims,
    )
