"""The command go-stacks."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from gogdb.host import parameters
from gogdb.host.output import Arguments, Output, count, parse
from gogdb.host.progress import Progress
from gogdb.host.selecting import FILTERS, NAMES, add_filters, filter_of, named
from gogdb.host.session import session
from gogdb.runtime.model import G
from gogdb.runtime.shapes import Traces
from gogdb.view import stacks, stacksjson
from gogdb.view.doc import Doc, Note, Rows

__all__ = ["complete", "run"]

FRAMES = 64


def run(words: str, typed: bool) -> None:
    parser = Arguments("go-stacks")
    parser.add_argument("gs", nargs="*", metavar="G")
    parser.add_argument("--all", action="store_true")
    add_filters(parser)
    parser.add_argument("--frames", type=count, default=FRAMES)
    parser.add_argument("--limit", type=count)
    options = parse(parser, words)

    program = session().stopped()
    runtime = program.read()
    wanted = filter_of(options, program)
    gs: Iterable[G]
    if options.gs or not (options.all or any(getattr(options, f[2:]) for f in FILTERS)):
        gs = named(program, runtime, options.gs)
        progress = Progress(len(gs))
    else:
        progress = Progress(len(runtime.gs))
        gs = wanted.of(progress.count(runtime.gs))
    traces = wanted.traced(Traces(program, runtime, max(options.frames, 1)).of(gs))
    with Output.open(options.out) as output:
        if options.json:
            rows = stacksjson.goroutines(islice(traces, options.limit or None))
            output.json(
                {
                    "go_version": runtime.go_version,
                    "goroutines": Rows(progress.until_interrupted(rows)),
                    "interrupted": lambda: progress.interrupted,
                }
            )
            return
        found = progress.until_interrupted(traces)
        for number, trace in enumerate(islice(found, parameters.limit(options.limit))):
            if number:
                output.line()
            output.doc(Doc(stacks.parts(trace)))
        if more := sum(1 for _ in found):
            output.doc(Doc([Note(f"{more} more: --limit 0 shows them all")]))
        if progress.interrupted:
            output.doc(Doc([Note(progress.interrupted, "warn")]))


def complete(words: str) -> list[str]:
    return [*NAMES, "--all", *FILTERS, "--frames", "--limit", "--json", "--out"]
