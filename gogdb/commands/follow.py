"""`go-boot follow`: one goroutine on its way off the CPU and back."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing

from gogdb.commands.output import Output
from gogdb.commands.selection import named
from gogdb.commands.session import Session
from gogdb.errors import GogdbError
from gogdb.follow.follower import Follower
from gogdb.follow.step import EXIT_REASONS
from gogdb.gdbhost.debugger import GdbDebugger
from gogdb.i18n import language, use_language
from gogdb.view import follow as view
from gogdb.view.json import follow as follow_json
from gogdb.view.narration import narration

__all__ = ["follow"]


def follow(session: Session, options: Namespace) -> None:
    """Run `go-boot follow [G [WAY]]`: show each step when it is over, or all of them as JSON.

    What was seen is shown also if the program ends, stops elsewhere or is interrupted.
    """
    session.check_can_walk()
    session.check_standing()
    program = session.stopped()
    exit_reason = options.exit_reason or ""
    if exit_reason and exit_reason not in EXIT_REASONS:
        raise GogdbError(
            f"no way off the CPU is called {exit_reason!r}", f"there are {', '.join(EXIT_REASONS)}"
        )
    (g,) = named(program, program.read(), [options.g] if options.g else ())
    follower = Follower(GdbDebugger(session.elf), program, g, exit_reason)
    texts = narration(language(), "follow")
    with Output.open(options.out) as output:
        if options.json:
            _write_json(output, follower, session.path)
            return
        with closing(follower.run()) as records:
            for record in records:
                output.doc(view.card(record, follower.records[:-1], texts))
                output.line()
        output.doc(view.ended(follower.records, _why_incomplete(follower)))


def _write_json(output: Output, follower: Follower, binary: str) -> None:
    """Follow to the end and write the steps, also if an error ends it."""
    try:
        with closing(follower.run()) as records:
            for _ in records:
                pass
    finally:
        with use_language("en"):
            ended = _why_incomplete(follower)
        version = follower.program.target.binary.go_version
        texts = narration(language(), "follow")
        output.json(
            follow_json.as_json(follower.records, follower.g, version, binary, texts, ended)
        )


def _why_incomplete(follower: Follower) -> str:
    """Return why the round was not followed to its end, "" if it was."""
    stopped = follower.stopped
    return view.stop_reason(stopped.how, stopped.detail) if stopped else ""
