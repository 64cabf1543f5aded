"""What the commands of a walk say when the program has gone on without it."""

from __future__ import annotations

import gdb

from gogdb.boot.stage import Record, Stage
from gogdb.boot.walk import Walk
from gogdb.boot.whereabouts import can_still_come, last_seen, stands_at
from gogdb.commands.output import Output
from gogdb.commands.session import Session
from gogdb.errors import GogdbError
from gogdb.gdbhost.target import alive
from gogdb.i18n import tr
from gogdb.runtime.program import Program
from gogdb.view.doc.document import Doc, Note
from gogdb.view.format import code_place, source_place

__all__ = [
    "check_something_is_ahead",
    "gone_on",
    "nothing_seen",
    "say_what_is_awaited",
    "stage_here",
]


def stage_here(walk: Walk | None) -> Stage | None:
    """Return the stage at whose end the program stands, None if it has gone on since."""
    record = last_seen(walk) if walk else None
    if walk is None or record is None or not alive():
        return None
    try:
        return record.stage if stands_at(walk, record) else None
    except GogdbError:  # it runs
        return None


def gone_on(walk: Walk | None) -> Doc:
    """Return where the program is if it has gone on since the last stage, else nothing."""
    record = last_seen(walk) if walk else None
    if walk is None or record is None or stage_here(walk) is not None:
        return Doc([])
    return Doc([Note(_since(walk, record), "warn")])


def _since(walk: Walk, record: Record) -> str:
    """Return where the program is that has gone on since a stage."""
    number, stage = record.stage.number, record.stage.id
    if not alive():
        return tr("the program has ended since stage {number}, {stage}", number=number, stage=stage)
    try:
        place = _place(walk.program)
    except GogdbError:
        return tr(
            "the program has gone on since stage {number}, {stage}; its registers cannot be read",
            number=number,
            stage=stage,
        )
    return tr(
        "the program has gone on since stage {number}, {stage}, and is in {place}",
        number=number,
        stage=stage,
        place=place,
    )


def _place(program: Program) -> str:
    """Return where the selected thread is: "main.main+14 main.go:13". Raises `GogdbError`."""
    pc = program.target.registers().pc
    function, offset, file, line = program.locate(pc)
    if not function:
        return f"{pc:#x}"
    name = code_place(function, offset)
    return f"{name} {source_place(file, line)}" if file else name


def nothing_seen(session: Session) -> GogdbError:
    """Return an error that no stage has been seen yet, with what can be done instead."""
    round = session.round
    if round is None or not round.goes_on(None, None):
        hint = "`go-boot step` goes to the first one"
    else:
        g = round.follower.g.label
        hint = f"`go-boot follow` goes on with {g}, `go-boot predict` asks about its next step"
    return GogdbError("no stage has been seen yet", hint)


def check_something_is_ahead(walk: Walk) -> None:
    """Raise `GogdbError` if the program would run on without coming to any stage that is left."""
    if walk.done or not walk.records or not alive():
        return
    try:
        if can_still_come(walk):
            return
        where = _place(walk.program)
    except (GogdbError, gdb.error):  # GDB 13 may not have noticed the program's end
        return
    raise GogdbError(
        f"the program is in {where}, and all stages that are left are behind it",
        "`run` or `go-boot` begins anew, `go-boot show STAGE` looks back",
    )


def say_what_is_awaited(walk: Walk) -> int:
    """Say on the terminal which stage comes next if the program is past others.

    It may then run for long. Return the number of lines.
    """
    if walk.done or not walk.records or not alive() or stage_here(walk) is not None:
        return 0
    try:
        if not walk.main_started():  # the next stage is a moment away
            return 0
        stage = can_still_come(walk)[0]
    except (GogdbError, gdb.error):
        return 0
    text = tr(
        "waiting for stage {number}, {stage}; Ctrl-C ends that", number=stage.number, stage=stage.id
    )
    doc = Doc([Note(text)])
    with Output.open(None) as terminal:
        terminal.doc(doc)
        gdb.flush()
        return terminal.count_lines(doc)
