"""A goroutine's round step by step: the card of a step on one screen, and what is waited for.

`go-boot follow --full` and `go-boot show` have the whole card (gogdb/view/follow.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.boot.changes import register_names
from gogdb.boot.hint import Hint
from gogdb.follow.follower import Follower
from gogdb.follow.step import Record
from gogdb.i18n import tr
from gogdb.runtime.disasm_notes import TLS_SLOT
from gogdb.view import follow, stop
from gogdb.view.changes import changes
from gogdb.view.doc.document import Claims, Code, Doc, Note, Part, Span, Text
from gogdb.view.follow_guide import FollowGuide
from gogdb.view.guide import StageCard, hint_lines, near
from gogdb.view.narration import Narration

__all__ = ["ended_early", "overtaken", "step_card", "stopped", "waiting"]

MOST_CHANGES = 5  # rows

# Pieces of evidence that follow the step's own where there is room
_REST = ("registers", "code", "changes")


def step_card(
    record: Record,
    past: Sequence[Record],
    narration: Narration,
    guide: FollowGuide,
    hints: Sequence[Hint],
    again: str,
) -> StageCard:
    """Return the card of a step; `past` are the steps before it.

    `again` is the command that follows the goroutine's next round.
    """
    step = record.step
    names = dict.fromkeys((*(step.point or step.show), *_REST))
    pieces = (_piece(name, record, past) for name in names)
    failed = [(narration.claim(step.id, c), False) for c in record.claims if not c.holds]
    tail: list[Part] = [Claims(failed)] if failed else []
    tail += stop.note_on_position(record.shown, record.last)  # the hints are tried there
    if not step.then:
        tail += follow.ended([*past, record], "").parts
    return StageCard(
        head=[
            follow.heading(record, narration),
            Text(narration.passage(step.id, record.values, record.sentences)),
        ],
        evidence=[parts for parts in pieces if parts],
        tail=tail,
        hints=hint_lines(hints, [guide.hint(hint.id) for hint in hints]),
        onward=_onward(record, again),
        claims_held=len(record.claims) - len(failed),
    )


def _piece(name: str, record: Record, past: Sequence[Record]) -> Sequence[Part]:
    """Return a piece of evidence in its short form: a picture, "registers", "changes", "code"."""
    if name == "changes":
        # Registers are in a table of their own
        elsewhere = {*register_names(record.last.registers.arch), TLS_SLOT}
        others = [change for change in record.changes if change.what not in elsewhere]
        return [changes(others, MOST_CHANGES)] if others else []
    if name not in _REST:
        return follow.picture(name, record, brief=True)
    if not record.step.stops:  # the thread that is selected has nothing to do with it
        return []
    if name == "registers":
        table = follow.registers(record, past, brief=True)
        return [table] if table.rows else []
    code = [part for part in stop.code(record.shown, record.listing) if isinstance(part, Code)]
    return [near(code[-1])] if code else []


def _onward(record: Record, again: str) -> list[Span]:
    """Return a line that says how to go on."""
    if record.step.then:
        commands = [tr("next: go-boot follow, Enter"), tr("all: go-boot show")]
    else:
        commands = [tr("the end"), tr("all: go-boot show")]
        if record.step.id != "dead":
            commands.append(tr("again: {command}", command=again))
    return [Span("→ ", "address"), Span(" · ".join(commands), "dim")]


def waiting(follower: Follower, guide: FollowGuide) -> Doc:
    """Return what the round waits for, nothing if the next step follows at once."""
    records = follower.records
    m = f"m{records[-1].last.m.id}" if records else ""
    text = guide.awaited(follower.awaited, g=follower.g.label, m=m)
    return Doc([Note(tr("{waiting}; Ctrl-C ends it", waiting=text))] if text else [])


def stopped(follower: Follower) -> Doc:
    """Return why the program has stopped before the next step, and what to do."""
    if (why := follower.stopped) is None:
        return Doc([])
    text = tr(
        "{why}; seen until then: {count} {count:step|steps}",
        why=follow.stop_reason(why.how, why.detail),
        count=len(follower.records),
    )
    notes = [Note(text, "warn")]
    if why.how != "exited":
        notes.append(Note(tr("`go-boot follow` goes on, `go-boot stop` ends the round")))
    return Doc(notes)


def overtaken(follower: Follower) -> Doc:
    """Return that the goroutine has gone on since the last step."""
    text = tr(
        "{g} has gone on since step {number}, {step}: its next round begins here",
        g=follower.g.label,
        number=len(follower.records),
        step=follower.records[-1].step.id,
    )
    return Doc([Note(text, "warn")])


def ended_early(follower: Follower) -> Doc:
    """Return that the round is not followed any further."""
    text = tr(
        "The round of {g} is ended after {count} {count:step|steps}; the program stays where "
        "it is.",
        g=follower.g.label,
        count=len(follower.records),
    )
    return Doc([Text(text)])
