"""`go-boot follow`: one goroutine on its way off the CPU and back."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from gogdb.commands.output import Output
from gogdb.commands.selection import named
from gogdb.commands.session import Session
from gogdb.errors import GogdbError
from gogdb.follow.follower import Follow
from gogdb.follow.steps import LEAVING
from gogdb.gdbhost.debugger import GdbDebugger
from gogdb.i18n import language, use_language
from gogdb.view import follow as view
from gogdb.view.json import follow as follow_json
from gogdb.view.narration import narration

__all__ = ["follow"]


def follow(current: Session, options: Any) -> None:
    """`go-boot follow [G [WAY]]`."""
    current.check_can_walk()
    program = current.stopped()
    name, way = options.g or "", options.way or ""
    if way and way not in LEAVING:
        raise GogdbError(f"no way off the CPU is called {way!r}", f"there are {', '.join(LEAVING)}")
    (g,) = named(program, program.read(), [name] if name else ())
    round_ = Follow(GdbDebugger(current.elf), program, g, way)
    words = narration(language(), "follow")
    with Output.open(options.out) as output:
        try:
            with closing(round_.run()) as legs:
                for record in legs:
                    if not options.json:
                        output.doc(view.card(record, round_.records[:-1], words))
                        output.line()
        finally:
            if options.json:
                with use_language("en"):
                    ended = _why(round_)
                version = program.target.binary.go_version
                output.json(
                    follow_json.as_json(round_.records, g, version, current.path, words, ended)
                )
        if not options.json:
            output.doc(view.ended(round_.records, _why(round_)))


def _why(round_: Follow) -> str:
    return view.why(round_.over.how, round_.over.detail) if round_.over else ""
