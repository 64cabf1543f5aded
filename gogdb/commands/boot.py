"""The command go-boot."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import gdb

from gogdb.boot.changes import compare
from gogdb.boot.locate import locate_all
from gogdb.boot.observation import Record
from gogdb.boot.stage import Stage
from gogdb.boot.stages import STAGES, find
from gogdb.boot.walk import Walk
from gogdb.commands import guide, quiz, report, start
from gogdb.commands.help import usage
from gogdb.commands.output import Arguments, Output, parse
from gogdb.commands.selection import NAMES
from gogdb.commands.session import Session, session
from gogdb.errors import GogdbError
from gogdb.follow.steps import LEAVING
from gogdb.i18n import language, tr
from gogdb.view import boot as view
from gogdb.view.changes import diff
from gogdb.view.json import boot as boot_json
from gogdb.view.narration import narration
from gogdb.view.summary import summary

__all__ = ["complete", "once", "run"]

VERBS = ("step", "until", "list", "show", "diff", "quiz", "stop", "report", "follow", "help")
# How many words a verb takes, and what they are
WORDS = {
    "until": (1, 1, "one word"),
    "show": (0, 1, "one word"),
    "diff": (2, 2, "two stages"),
    "report": (1, 1, "one word"),
    "follow": (0, 2, "a goroutine and a way off the CPU"),
}
NO_WORD = 0, 0, "no further word"


def once(words: str) -> bool:
    """Whether Enter is not to do it again: as with GDB's `run`; and a question is answered."""
    return words.split()[:1] in ([], ["quiz"])


def run(words: str, typed: bool) -> None:
    if words.split()[:1] == ["quiz"]:
        quiz.run(words.split(None, 1)[1] if words.split()[1:] else "", typed)
        return
    parser = Arguments("go-boot")
    parser.add_argument("verb", nargs="?")
    parser.add_argument("rest", nargs="*")
    parser.add_argument("--full", action="store_true")
    options = parse(parser, words)
    parser.expect("verb", options.verb, VERBS)
    least, most, which = WORDS.get(options.verb, NO_WORD)
    if not least <= len(options.rest) <= most:
        parser.error(f"{options.verb or 'without a verb it'} takes {which}")
    if options.verb == "help":
        _help(options)
    else:
        _VERBS[options.verb](session(), options)


def _all(current: Session, options: Any) -> None:
    walk = start.anew(current)
    with Output.open(options.out) as output:
        _go(current, walk, STAGES[-1], output, options.json)
        if not options.json:
            output.line()
            output.doc(summary(walk.records))


def _step(current: Session, options: Any) -> None:
    walk = start.ready(current)
    stage = walk.next
    if stage is None and (walk.over or options.json):
        raise GogdbError(
            "the walk is over", "`go-boot` starts anew, `go-boot show STAGE` looks back"
        )
    with Output.open(options.out) as output:
        if stage is None:
            output.doc(summary(walk.records))
        else:
            _go(current, walk, stage, output, options.json, guided=not options.full, enter=True)


def _until(current: Session, options: Any) -> None:
    stage = find(options.rest[0])
    walk = current.walk_here
    if walk is not None and walk.record(stage) is not None:
        where = "where we are" if walk.records[-1].stage is stage else "behind us"
        raise GogdbError(
            f"stage {stage.number}, {stage.id}, is {where}",
            f"`go-boot step` goes on, `go-boot show {stage.id}` shows it again",
        )
    walk = start.ready(current)
    with Output.open(options.out) as output:
        _go(current, walk, stage, output, options.json, guided=not options.full)


def _go(
    current: Session,
    walk: Walk,
    last: Stage,
    output: Output,
    json: bool,
    guided: bool = False,
    enter: bool = False,
) -> None:
    """Walk up to `last`; what was seen is never lost.

    Each stage is shown as it is reached; `guided`: only the last one is, on one screen.
    `enter`: whether the command, repeated, goes on.
    """
    words = narration(language())
    fresh: list[Record] = []
    missed: list[Record] = []
    shown = 0
    try:
        with closing(walk.run(last)) as stages:
            for record in stages:
                fresh.append(record)
                if json or guided:
                    continue
                if record.skipped == "overtaken":
                    missed.append(record)
                    continue
                docs = [view.missed(missed, words)] if missed else []
                missed.clear()
                for doc in [*docs, view.card(record, _seen_before(walk, record), words)]:
                    if shown:
                        output.line()
                    output.doc(doc)
                    shown += 1
    finally:
        if json:
            version = walk.program.target.binary.go_version
            output.json(boot_json.as_json(fresh, version, current.path, words, walk.over))
        elif guided and fresh:
            guide.show(current, output, fresh, _seen_before(walk, fresh[-1]), enter)


def _seen_before(walk: Walk, record: Record) -> Record | None:
    earlier = walk.records[: record.stage.number - 1]
    return next((found for found in reversed(earlier) if found.observations), None)


def _list(current: Session, options: Any) -> None:
    walk = current.walk
    located = (
        walk.located if walk and walk.records else locate_all(current.program().target, STAGES)
    )
    records = walk.records if walk else []
    words = narration(language())
    with Output.open(options.out) as output:
        if options.json:
            output.json(boot_json.road_json(located, records, words))
        else:
            output.doc(view.road(located, records, words, bool(walk and not walk.done)))


def _show(current: Session, options: Any) -> None:
    record = _recorded(current, *options.rest)
    words = narration(language())
    walk = current.walk
    assert walk is not None
    with Output.open(options.out) as output:
        if options.json:
            version = walk.program.target.binary.go_version
            output.json(boot_json.as_json([record], version, current.path, words, walk.over))
        else:
            output.doc(view.card(record, _seen_before(walk, record), words))


def _diff(current: Session, options: Any) -> None:
    a, b = (_recorded(current, name) for name in options.rest)
    for record in (a, b):
        if not record.observations:
            raise GogdbError(f"stage {record.stage.id} was not seen", "`go-boot list` shows which")
    found = compare(a.last, b.last)
    with Output.open(options.out) as output:
        if options.json:
            output.json(boot_json.diff_json(a, b, found))
        else:
            output.doc(diff(a, b, found))


def _stop(current: Session, options: Any) -> None:
    if current.walk is None:
        raise GogdbError("no walk is under way", "`go-boot step` begins one")
    seen = len(current.walk.records)
    current.walk = None
    with Output.open(options.out) as output:
        if options.json:
            output.json({"stopped": True, "stages": seen})
        else:
            output.line(
                tr(
                    "The walk is ended after {count} stages; the program stays where it is.",
                    count=seen,
                )
            )


def _report(current: Session, options: Any) -> None:
    path = options.rest[0]
    report.check(path)
    walk = current.walk
    if walk is None or not walk.records:
        raise GogdbError("nothing is recorded yet", "`go-boot` or `go-boot step` first")
    report.write(walk, current.path, path)
    gdb.write(f"{len(walk.records)} stages written to {path}\n")


def _follow(current: Session, options: Any) -> None:
    from gogdb.commands.follow import follow  # most walks want none

    follow(current, options)


def _help(options: Any) -> None:
    """What `help go-boot` says, for whose words GDB has no other language than the first."""
    if options.json:
        raise GogdbError("the help is not there as JSON", "leave --json out")
    text = usage("go-boot", language())
    with Output.open(options.out) as output:
        output.plain(text)


def _recorded(current: Session, name: str = "") -> Record:
    """What was seen of a stage; without a name, of the one where the walk is."""
    records = current.walk.records if current.walk else []
    if not name and not records:
        raise GogdbError("no stage has been seen yet", "`go-boot step` goes to the first one")
    stage = find(name) if name else records[-1].stage
    record = current.walk.record(stage) if current.walk else None
    if record is None:
        raise GogdbError(
            f"stage {stage.number}, {stage.id}, has not been reached",
            f"`go-boot until {stage.id}` goes there",
        )
    return record


_VERBS = {
    None: _all,
    "step": _step,
    "until": _until,
    "list": _list,
    "show": _show,
    "diff": _diff,
    "stop": _stop,
    "report": _report,
    "follow": _follow,
}


def complete(words: str) -> list[str]:
    typed = words.split()
    if typed[:1] and typed[0] in ("until", "show", "diff") and (len(typed) > 1 or words[-1] == " "):
        return [stage.id for stage in STAGES]
    if typed[:1] == ["follow"] and (len(typed) > 1 or words[-1] == " "):
        return [*NAMES, *LEAVING]
    if typed[:1] == ["quiz"] and (len(typed) > 1 or words[-1] == " "):
        return quiz.stages()
    return [*VERBS, "--full", "--json", "--out"]
