"""`go-boot follow`: one goroutine on its way off the CPU and back."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from gogdb.boot.follow import Follow
from gogdb.boot.narration import narration
from gogdb.boot.round import LEAVING
from gogdb.errors import GogdbError
from gogdb.host.debugger import GdbDebugger
from gogdb.host.output import Output
from gogdb.host.selecting import named
from gogdb.host.session import Session
from gogdb.tongue import language, speaking
from gogdb.view import follow as view
from gogdb.view import followjson

__all__ = ["follow"]


def follow(current: Session, options: Any) -> None:
    """`go-boot follow [G [WAY]]`."""
    current.check_can_walk()
    program = current.stopped()
    name, way = [*options.rest, "", ""][:2]
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
                with speaking("en"):
                    ended = _why(round_)
                version = program.target.binary.go_version
                output.json(
                    followjson.as_json(round_.records, g, version, current.path, words, ended)
                )
        if not options.json:
            output.doc(view.ended(round_.records, _why(round_)))


def _why(round_: Follow) -> str:
    return view.why(round_.over.how, round_.over.detail) if round_.over else ""
