"""The command go-boot."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import Any

import gdb

from gogdb.boot.anchors import locate_all
from gogdb.boot.changes import compare
from gogdb.boot.moment import Record
from gogdb.boot.narration import narration, usage
from gogdb.boot.round import LEAVING
from gogdb.boot.stages import STAGES, Stage, find
from gogdb.boot.walk import Walk
from gogdb.errors import GogdbError
from gogdb.host import goguide, goquiz, reporting
from gogdb.host.help import COMMANDS
from gogdb.host.output import Arguments, Output, parse
from gogdb.host.selecting import NAMES
from gogdb.host.session import Session, session
from gogdb.host.target import alive
from gogdb.tongue import language, tr
from gogdb.view import boot as view
from gogdb.view import bootjson
from gogdb.view.doc import Art, Doc, Span
from gogdb.view.summary import summary

__all__ = ["complete", "quit_with_status", "run"]

VERBS = tuple("step until list show diff quiz stop report follow help".split())
WORDS = {"until": 1, "show": 1, "diff": 2, "report": 1}  # how many words a verb takes


def run(words: str, typed: bool) -> None:
    if words.split()[:1] == ["quiz"]:
        goquiz.run(words.split(None, 1)[1] if words.split()[1:] else "", typed)
        return
    parser = Arguments("go-boot")
    parser.add_argument("verb", nargs="?", choices=VERBS)
    parser.add_argument("rest", nargs="*")
    parser.add_argument("--full", action="store_true")
    options = parse(parser, words)
    wanted = WORDS.get(options.verb, 0)
    if options.verb == "show" and not options.rest:
        wanted = 0  # the stage that was seen last
    if options.verb == "follow":
        if len(options.rest) > 2:
            parser.error("follow takes a goroutine and a way off the CPU")
    elif len(options.rest) != wanted:
        some = {0: "no further word", 1: "one word", 2: "two stages"}[wanted]
        parser.error(f"{options.verb or 'without a verb it'} takes {some}")
    if options.verb == "help":
        _help(options)
    else:
        _VERBS[options.verb](session(), options)


def _all(current: Session, options: Any) -> None:
    walk = _start_anew(current)
    with Output.open(options.out) as output:
        _go(current, walk, STAGES[-1], output, options.json)
        if not options.json:
            output.line()
            output.doc(summary(walk.records))


def _step(current: Session, options: Any) -> None:
    walk = _ready(current)
    stage = walk.next
    if stage is None and (walk.over or options.json):
        raise GogdbError(
            "the walk is over", "`go-boot` starts anew, `go-boot show STAGE` looks back"
        )
    with Output.open(options.out) as output:
        if stage is None:
            output.doc(summary(walk.records))
        else:
            _go(current, walk, stage, output, options.json, guided=not options.full)


def _until(current: Session, options: Any) -> None:
    stage = find(options.rest[0])
    walk = current.walk_here
    if walk is not None and walk.record(stage) is not None:
        raise GogdbError(
            f"stage {stage.number}, {stage.id}, is behind us",
            f"`go-boot step` goes on, `go-boot show {stage.id}` shows it again",
        )
    walk = _ready(current)
    with Output.open(options.out) as output:
        _go(current, walk, stage, output, options.json, guided=not options.full)


def _go(
    current: Session, walk: Walk, last: Stage, output: Output, json: bool, guided: bool = False
) -> None:
    """Walk up to `last`; what was seen is never lost.

    Each stage is shown as it is reached; `guided`: only the last one is, on one screen.
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
            output.json(bootjson.as_json(fresh, version, current.path, words, walk.over))
        elif guided and fresh:
            goguide.show(current, output, fresh, _seen_before(walk, fresh[-1]))


def _seen_before(walk: Walk, record: Record) -> Record | None:
    earlier = walk.records[: record.stage.number - 1]
    return next((found for found in reversed(earlier) if found.moments), None)


def _start_anew(current: Session) -> Walk:
    """A new process at its entry; one that has only just begun will do."""
    current.check_can_walk()  # before anybody is asked anything
    walk = current.new_walk()
    if alive() and _just_begun(current):
        walk.adopt()
        return current.keep(walk)
    if alive():
        if _remote():
            raise GogdbError(
                "the program is past its beginning, and a remote one cannot be started from here",
                "start the server anew; `go-boot step` goes on with this one",
            )
        _ask_to_restart()
    walk.start()
    return current.keep(walk)


def _ready(current: Session) -> Walk:
    """The walk that is under way, or a new one: of this process if it still is in its boot."""
    if current.walk_here is not None:
        return current.walk_here
    walk = current.new_walk()
    if alive():
        try:
            walk.adopt()
            return current.keep(walk)
        except GogdbError:
            if _remote():
                raise
            _ask_to_restart()
    walk.start()
    return current.keep(walk)


def _just_begun(current: Session) -> bool:
    """Whether nothing of Go has run yet, and no walk has seen anything."""
    if current.walk_here is not None and current.walk_here.records:
        return False
    return current.program().untouched()


def _remote() -> bool:
    connection = getattr(gdb.selected_inferior(), "connection", None)
    return bool(connection and connection.type == "remote")


def _ask_to_restart() -> None:
    """As GDB's `run` asks, and like it without asking when nobody is there to answer.

    But a process that GDB only attached to is somebody else's: it is never killed.
    """
    if gdb.selected_inferior().was_attached:
        raise GogdbError(
            "this process was attached to, and its boot is over",
            "`detach`, then `go-boot` starts the program anew",
        )
    if gdb.parameter("confirm") and sys.__stdin__ is not None and sys.__stdin__.isatty():
        gdb.write("The program being debugged has been started already.\n")
        try:
            answer = input("Start it from the beginning? (y or n) ")
        except EOFError:
            answer = "y"
        if not answer.strip().lower().startswith("y"):
            raise GogdbError("program not restarted")


def _list(current: Session, options: Any) -> None:
    walk = current.walk
    located = walk.located if walk and walk.records else locate_all(current.program().target)
    records = walk.records if walk else []
    words = narration(language())
    with Output.open(options.out) as output:
        if options.json:
            output.json(bootjson.road_json(located, records, words))
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
            output.json(bootjson.as_json([record], version, current.path, words, walk.over))
        else:
            output.doc(view.card(record, _seen_before(walk, record), words))


def _diff(current: Session, options: Any) -> None:
    a, b = (_recorded(current, name) for name in options.rest)
    for record in (a, b):
        if not record.moments:
            raise GogdbError(f"stage {record.stage.id} was not seen", "`go-boot list` shows which")
    found = compare(a.last, b.last)
    with Output.open(options.out) as output:
        if options.json:
            output.json(bootjson.diff_json(a, b, found))
        else:
            output.doc(view.diff(a, b, found))


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
    reporting.check(path)
    walk = current.walk
    if walk is None or not walk.records:
        raise GogdbError("nothing is recorded yet", "`go-boot` or `go-boot step` first")
    reporting.write(walk, current.path, path)
    gdb.write(f"{len(walk.records)} stages written to {path}\n")


def _follow(current: Session, options: Any) -> None:
    from gogdb.host.gofollow import follow  # most walks want none

    follow(current, options)


def _help(options: Any) -> None:
    """What `help go-boot` says, for whose words GDB has no other language than the first."""
    if options.json:
        raise GogdbError("the help is not there as JSON", "leave --json out")
    text = usage("go-boot", language()) or COMMANDS["go-boot"]
    with Output.open(options.out) as output:
        output.doc(Doc([Art([[Span(line)] for line in text.splitlines()])]))


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
        return goquiz.stages()
    return [*VERBS, "--full", "--json", "--out"]


def report_and_quit(path: str) -> None:
    """Walk the boot unseen, write what was recorded, and end GDB as `quit_with_status` does."""
    written = False
    try:
        reporting.check(path)
        current = session()
        walk = _start_anew(current)
        try:
            with closing(walk.run(STAGES[-1])) as stages:
                for _ in stages:
                    pass
        finally:  # what was seen is never lost
            if walk.records:
                reporting.write(walk, current.path, path)
                written = True
                gdb.write(f"{len(walk.records)} stages written to {path}\n")
    except GogdbError as error:
        gdb.write(f"gogdb: {error}\n", gdb.STDERR)
    _quit(written and _held())


def quit_with_status() -> None:
    """End GDB: 0 after a whole walk all of whose claims held, otherwise 1."""
    _quit(_held())


def _held() -> bool:
    try:
        walk = session().walk
    except GogdbError:
        return False
    whole = walk is not None and len(walk.records) == len(STAGES)
    return whole and walk is not None and all(record.holds for record in walk.records)


def _quit(good: bool) -> None:
    if alive():
        gdb.execute("kill", to_string=True)
    gdb.execute(f"quit {0 if good else 1}")
