"""`go-boot`, `go-boot step` and `go-boot until`: walk, and show the stages on the way."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from contextlib import closing

from gogdb.boot.find import find_stage
from gogdb.boot.stage import Record, Stage
from gogdb.boot.stages import STAGES
from gogdb.boot.walk import Walk
from gogdb.commands import live, walk_start
from gogdb.commands.gone_on import say_what_is_awaited, stage_here
from gogdb.commands.output import Output
from gogdb.commands.session import Session
from gogdb.errors import GogdbError
from gogdb.gdbhost import typed_lines
from gogdb.i18n import language
from gogdb.view import boot as boot_view
from gogdb.view import guide as guide_view
from gogdb.view.card_fit import fit
from gogdb.view.doc.document import Doc
from gogdb.view.guide_text import guide_text
from gogdb.view.json import boot as boot_json
from gogdb.view.narration import narration
from gogdb.view.question import final_score
from gogdb.view.summary import summary

__all__ = ["seen_before", "show_card", "step", "until", "walk_and_show_all", "whole"]


def whole(session: Session, options: Namespace) -> None:
    """`go-boot`: walk from the entry point to the last stage, and show every stage."""
    walk = walk_start.from_the_beginning(session)
    session.round = None
    with Output.open(options.out) as output:
        if options.json:
            _walk_to_json(session, walk, STAGES[-1], output)
        else:
            walk_and_show_all(walk, STAGES[-1], output)
            output.line()
            output.doc(summary(walk.records))


def step(session: Session, options: Namespace) -> None:
    """`go-boot step`: walk to the next stage; after the last one, show the summary."""
    walk = walk_start.under_way(session)
    stage = walk.next
    if stage is None and (walk.over or options.json):
        raise GogdbError(
            "the walk is over", "`go-boot` starts anew, `go-boot show STAGE` looks back"
        )
    with Output.open(options.out) as output:
        if stage is None:
            output.doc(summary(walk.records))
            output.doc(final_score(walk.score))
        else:
            _walk_to(session, walk, stage, output, options, enter=True)


def until(session: Session, options: Namespace, from_tty: bool) -> None:
    """`go-boot until STAGE`: walk to a stage that is ahead, and by Enter to the next one."""
    stage = find_stage(options.stage)
    walk = session.walk_here
    typed = options.stage, typed_lines.count()
    if from_tty and walk is not None and walk.records and session.last_until == typed:
        step(session, options)
        return
    session.last_until = typed
    if walk is not None and walk.is_behind(stage):
        where = "where we are" if stage_here(walk) is stage else "behind us"
        raise GogdbError(
            f"stage {stage.number}, {stage.id}, is {where}",
            f"`go-boot step` goes on, `go-boot show {stage.id}` shows it again",
        )
    walk = walk_start.under_way(session)
    with Output.open(options.out) as output:
        _walk_to(session, walk, stage, output, options, enter=from_tty)


def _walk_to(
    session: Session, walk: Walk, last: Stage, output: Output, options: Namespace, enter: bool
) -> None:
    session.round = None
    if options.json:
        _walk_to_json(session, walk, last, output)
    elif options.full:
        walk_and_show_all(walk, last, output)
    else:
        _walk_and_show_last(session, walk, last, output, enter)


def _walk_to_json(session: Session, walk: Walk, last: Stage, output: Output) -> None:
    """Write the stages up to `last` as JSON, also when the walk ends early."""
    fresh: list[Record] = []
    try:
        with closing(walk.run(last)) as stages:
            fresh.extend(stages)
    finally:
        version = walk.program.target.binary.go_version
        text = narration(language())
        output.json(boot_json.as_json(fresh, version, session.path, text, walk.over))


def walk_and_show_all(walk: Walk, last: Stage, output: Output) -> None:
    """Show each stage as it is reached; those that were passed without a stop in one line."""
    text = narration(language())
    missed: list[Record] = []
    shown = 0
    say_what_is_awaited(walk)
    with closing(walk.run(last)) as stages:
        for record in stages:
            if record.skipped == "overtaken":
                missed.append(record)
                continue
            docs = [boot_view.missed(missed, text)] if missed else []
            missed.clear()
            for doc in [*docs, boot_view.card(record, seen_before(walk, record), text)]:
                if shown:
                    output.line()
                output.doc(doc)
                shown += 1
            live.shown(walk)


def _walk_and_show_last(
    session: Session, walk: Walk, last: Stage, output: Output, enter: bool
) -> None:
    """Show the last stage that is reached on one screen, also when the walk ends early."""
    fresh: list[Record] = []
    above = say_what_is_awaited(walk)
    try:
        with closing(walk.run(last)) as stages:
            fresh.extend(stages)
    finally:
        if fresh:
            before = seen_before(walk, fresh[-1])
            show_card(session, output, fresh, before, enter, above=above)


def show_card(
    session: Session,
    output: Output,
    fresh: Sequence[Record],
    before: Record | None,
    enter: bool,
    verb: str = "step",
    below: Doc | None = None,
    above: int = 0,
) -> None:
    """Show the last of the `fresh` stages on one screen, and the others in a line above it.

    `before` is the stage that was seen before it. `verb` goes on from here, and so does Enter if
    `enter` is true. `below` is shown under the card, on the same screen, on which there are `above`
    lines already.
    """
    *behind, last = fresh
    text = narration(language())
    lines = output.card_lines() - above
    if last.skipped == "overtaken":
        behind.append(last)
    on_the_way = guide_view.passed(behind, text)
    output.doc(on_the_way)
    if last.skipped == "overtaken":
        return
    lines -= output.count_lines(on_the_way)
    lines -= output.count_lines(below) + 1 if below else 0

    hints = last.hints(session.has_debug_info)
    card = guide_view.stage_card(last, before, text, guide_text(language()), hints, enter, verb)
    if output.is_below_window:
        card = card.below_head()
    output.doc(fit(card, output.count_lines, lines))
    if below:
        output.line()
        output.doc(below)


def seen_before(walk: Walk, record: Record) -> Record | None:
    """Return the last stage before `record` that the program stopped at."""
    earlier = walk.records[: record.stage.number - 1]
    return next((candidate for candidate in reversed(earlier) if candidate.observations), None)
