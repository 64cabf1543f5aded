"""`go-boot try`: run what the card of the last stage suggests."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

import gdb

from gogdb.boot.hint import Hint
from gogdb.boot.stage import Record
from gogdb.commands.gone_on import nothing_seen
from gogdb.commands.output import Output
from gogdb.commands.session import Session
from gogdb.errors import GogdbError
from gogdb.follow.step import Record as StepRecord
from gogdb.gdbhost import gdb_text
from gogdb.gdbhost.target import alive
from gogdb.i18n import tr
from gogdb.view.doc.document import Doc, Note

__all__ = ["run"]


def run(session: Session, options: Namespace) -> None:
    """`go-boot try [N]`: run the card's suggestion N, by default all of them in turn."""
    record = _last(session)
    hints = record.hints(session.has_debug_info)
    chosen = _choose(record, hints, options.n)
    if not alive():
        raise GogdbError("the program is not running any more", "`go-boot` starts it anew")
    moved = session.program().target.registers().pc != record.last.pc
    with Output.open(options.out) as output:
        if options.json:
            tries = [
                {"command": hint.command, "answer": hint.answer, "output": _execute(hint)}
                for hint in chosen
            ]
            output.json({"id": _id(record), "number": _number(record), "tries": tries})
            return
        for hint in chosen:
            output.line(f"(gdb) {hint.command}")
            output.line(_execute(hint))
        if moved:
            stage = _id(record)
            text = tr("the program has gone on: the card has the answers at {stage}", stage=stage)
            output.doc(Doc([Note(text, "warn")]))


def _last(session: Session) -> Record | StepRecord:
    """Return the record whose card was shown last. Raises `GogdbError` if there is none."""
    if session.round and session.round.follower.records:
        return session.round.follower.records[-1]
    records = session.walk.records if session.walk else []
    if not records:
        raise nothing_seen(session)
    return records[-1]


def _id(record: Record | StepRecord) -> str:
    """Return the id of the stage or step."""
    return record.stage.id if isinstance(record, Record) else record.step.id


def _number(record: Record | StepRecord) -> int:
    return record.stage.number if isinstance(record, Record) else record.number


def _choose(
    record: Record | StepRecord, hints: Sequence[Hint], number: str | None
) -> Sequence[Hint]:
    """Return suggestion `number` of a card, all for None. Raises `GogdbError`."""
    if not hints:
        raise GogdbError(f"the card of {_id(record)} suggests nothing", "`go-boot step` goes on")
    if number is None:
        return hints
    if not number.isdecimal() or not 1 <= int(number) <= len(hints):
        raise GogdbError(
            f"no suggestion {number} on the card of {_id(record)}",
            f"there are {len(hints)}" if len(hints) > 1 else "there is 1",
        )
    return [hints[int(number) - 1]]


def _execute(hint: Hint) -> str:
    """Return what GDB prints for a suggestion. Raises `GogdbError` if it prints an error."""
    try:
        return gdb_text.execute(hint.command).rstrip("\n")
    except gdb.error as error:
        raise GogdbError(
            f"{hint.command}: {error}", "`go-boot show` has the stage's values"
        ) from None
