"""The command go-stacks."""

from __future__ import annotations

from gogdb.host import parameters
from gogdb.host.memory import Dump
from gogdb.host.output import Arguments, Output, count, parse
from gogdb.host.selecting import NAMES, matching, named
from gogdb.host.session import session
from gogdb.runtime import goroutines, rbpchain
from gogdb.view import stacks
from gogdb.view.doc import Doc, Note

__all__ = ["complete", "run"]

FRAMES = 64
WORDS = 512
OPTIONS = (*("--all", "--status", "--memory", "--words", "--frames", "--limit", "--json", "--out"),)


def run(words: str, typed: bool) -> None:
    parser = Arguments("go-stacks")
    parser.add_argument("gs", nargs="*", metavar="G")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--status")
    parser.add_argument("--frames", type=count, default=FRAMES)
    parser.add_argument("--limit", type=count)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--words", type=count, default=WORDS)
    options = parse(parser, words)

    program = session().stopped()
    runtime = program.read()
    if options.all or options.status:
        gs = matching(runtime, {}, options.status, None, None)
    else:
        gs = named(program, runtime, options.gs)
    limit = parameters.limit(options.limit)
    frames = max(options.frames, 1)
    if options.json:
        limit = len(gs) if options.limit is None else limit  # JSON is for programs: all of it
    found = ((g, goroutines.frames(program, runtime, g, frames)) for g in gs[:limit])
    with Output.open(options.out) as output:
        memory = Dump(program, runtime, options.words) if options.memory else None
        if options.json:
            rows = (
                stacks.as_json(g, unwound) | (memory.as_json(g) if memory else {})
                for g, unwound in found
            )
            output.json({"go_version": runtime.go_version, "goroutines": rows})
            return
        for number, (g, unwound) in enumerate(found):
            if number:
                output.line()
            chain = rbpchain.chain(program, runtime, g, unwound)
            page = stacks.parts(g, unwound, chain)
            output.doc(Doc([*page, *memory.parts(g)] if memory else page))
        if len(gs) > limit:
            output.doc(Doc([Note(f"{len(gs) - limit} more: --limit {len(gs)} shows them all")]))


def complete(words: str) -> list[str]:
    return [*NAMES, *OPTIONS]
