"""The verbs of go-boot that read what the walk recorded: list, show, diff, stop, report."""

from __future__ import annotations

from argparse import Namespace

import gdb

from gogdb.boot.changes import compare
from gogdb.boot.find import find_stage
from gogdb.boot.locate import locate_all
from gogdb.boot.stage import Record
from gogdb.boot.stages import STAGES
from gogdb.commands import report
from gogdb.commands.boot_walk import seen_before
from gogdb.commands.gone_on import gone_on, nothing_seen, stage_here
from gogdb.commands.output import Output
from gogdb.commands.session import Session
from gogdb.errors import GogdbError
from gogdb.gdbhost.target import alive
from gogdb.i18n import counted, language, tr
from gogdb.view import boot as boot_view
from gogdb.view import changes as changes_view
from gogdb.view.json import boot as boot_json
from gogdb.view.narration import narration

__all__ = ["diff", "list_stages", "show", "stop", "write_report"]


def list_stages(session: Session, options: Namespace) -> None:
    """`go-boot list`: every stage, its address, and where the walk is."""
    walk = session.walk
    if walk and walk.records:
        located, records = walk.located, walk.records
    else:
        located, records = locate_all(session.program().target, STAGES), []
    text = narration(language())
    with Output.open(options.out) as output:
        if options.json:
            output.json(boot_json.list_json(located, records, text))
        else:
            here = stage_here(walk)
            output.doc(boot_view.stage_list(located, records, text, here))
            output.doc(gone_on(walk))


def show(session: Session, options: Namespace) -> None:
    """`go-boot show [STAGE]`: all of a stage, or of the last step of a goroutine's round."""
    if session.round and not options.stage and session.round.follower.records:
        from gogdb.commands import follow

        follow.show(session, session.round.follower, options)
        return
    record = _recorded(session, options.stage)
    text = narration(language())
    walk = session.walk
    assert walk is not None
    with Output.open(options.out) as output:
        if options.json:
            version = walk.program.target.binary.go_version
            output.json(boot_json.as_json([record], version, session.path, text, walk.over))
        else:
            output.doc(boot_view.card(record, seen_before(walk, record), text))


def diff(session: Session, options: Namespace) -> None:
    """`go-boot diff A B`: what changed between two stages."""
    a, b = _recorded(session, options.a), _recorded(session, options.b)
    for record in (a, b):
        if not record.observations:
            raise GogdbError(f"stage {record.stage.id} was not seen", "`go-boot list` shows which")
    changes = compare(a.last, b.last)
    with Output.open(options.out) as output:
        if options.json:
            output.json(boot_json.diff_json(a, b, changes))
        else:
            output.doc(changes_view.diff(a, b, changes))


def stop(session: Session, options: Namespace) -> None:
    """`go-boot stop`: forget the walk, or a goroutine's round that is under way."""
    if session.round and session.round.goes_on(None, None):
        from gogdb.commands import follow

        follow.stop(session, session.round.follower, options)
        return
    if session.walk is None:
        raise GogdbError("no walk is under way", "`go-boot step` begins one")
    records = session.walk.records
    seen = sum(bool(record.observations) for record in records)
    session.walk = None
    with Output.open(options.out) as output:
        if options.json:
            output.json({"stopped": True, "stages": len(records)})
        else:
            output.line(_ended(seen))


def _ended(seen: int) -> str:
    """Return that the walk is ended, after `seen` stages."""
    if not alive():
        return tr(
            "The walk is ended, {seen} of {all} stages seen; the program has ended.",
            seen=seen,
            all=len(STAGES),
        )
    return tr(
        "The walk is ended, {seen} of {all} stages seen; the program stays where it is.",
        seen=seen,
        all=len(STAGES),
    )


def write_report(session: Session, options: Namespace) -> None:
    """`go-boot report FILE`: write the walk as a page, as Markdown or as JSON."""
    report.check(options.file)
    walk = session.walk
    if walk is None or not walk.records:
        raise GogdbError("nothing is recorded yet", "run `go-boot` or `go-boot step` first")
    report.write(walk, session.path, options.file, options.env)
    count = len(walk.records)
    gdb.write(f"{count} {counted(count):stage|stages} written to {options.file}\n")


def _recorded(session: Session, name: str | None) -> Record:
    """Return the record of the stage called `name`, by default of the last one seen."""
    records = session.walk.records if session.walk else []
    if not name and not records:
        raise nothing_seen(session)
    stage = find_stage(name) if name else records[-1].stage
    record = session.walk.record(stage) if session.walk else None
    if record is None:
        raise GogdbError(
            f"stage {stage.number}, {stage.id}, has not been reached",
            f"`go-boot until {stage.id}` goes there",
        )
    return record
