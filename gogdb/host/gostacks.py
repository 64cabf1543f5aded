"""The command go-stacks."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.host import parameters
from gogdb.host.memory import Dump
from gogdb.host.output import Arguments, Output, count, parse
from gogdb.host.progress import Progress
from gogdb.host.selecting import FILTERS, NAMES, add_filters, filter_of, named
from gogdb.host.session import session
from gogdb.runtime import rbpchain
from gogdb.runtime.filters import Filter, first, screenful, select
from gogdb.runtime.model import Goroutines
from gogdb.runtime.shapes import Traces
from gogdb.view import expr, stacks, stacksjson
from gogdb.view.doc import Doc, Note, Rows

__all__ = ["complete", "run"]

FRAMES = 64  # that are shown unless --frames says otherwise
WORDS = 512  # of a stack's memory, likewise


def run(words: str, typed: bool) -> None:
    parser = Arguments("go-stacks")
    parser.add_argument("gs", nargs="*", metavar="G")
    parser.add_argument("--all", action="store_true")
    add_filters(parser)
    parser.add_argument("--frames", type=count, default=FRAMES)
    parser.add_argument("--limit", type=count)
    parser.add_argument("--expr", action="store_true")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--words", type=count, default=WORDS)
    options = parse(parser, words)

    program = session().stopped()
    runtime = program.read()
    wanted = filter_of(options, program)
    some = options.all or any(getattr(options, name[2:]) for name in FILTERS)
    gs = runtime.gs if some and not options.gs else Goroutines(named(program, runtime, options.gs))
    if gs is not runtime.gs:
        wanted = Filter(dead=True)
    traces = Traces(program, runtime, max(options.frames, 1))
    progress = Progress(len(gs))
    found = select(progress.count(gs.batches()), wanted, traces)
    with Output.open(options.out) as output:
        memory = Dump(program, runtime, options.words) if options.memory else None
        if options.json:
            extra = memory.as_json if memory else None
            rows = stacksjson.goroutines(first(found, options.limit or None), extra)
            output.json(
                {
                    "go_version": runtime.go_version,
                    "goroutines": Rows(progress.until_interrupted(rows)),
                    "interrupted": lambda: progress.interrupted,
                }
            )
            return
        limit = parameters.limit(options.limit)
        found = progress.until_interrupted(found)
        shown, totals = screenful(found, wanted, gs, program.reader.names, limit)
        for number, trace in enumerate(shown):
            if number:
                output.line()
            chain = rbpchain.chain(program, runtime, trace.g, trace.unwound)
            page = stacks.parts(trace.g, trace.unwound, chain)
            if options.expr:
                typed = program.target.binary.has_debug_info
                page += expr.by_hand(expr.stack(trace.g, trace.frames), typed)
            output.doc(Doc([*page, *memory.parts(trace.g)] if memory else page))
        output.doc(Doc(list(_rest(totals.total() - len(shown), totals.total(), progress))))


def _rest(more: int, total: int, progress: Progress) -> Iterator[Note]:
    if progress.interrupted:
        yield Note(progress.interrupted, "warn")
    elif more > 0:
        yield Note(f"{more} more: --limit {total} shows them all")


def complete(words: str) -> list[str]:
    return [
        *NAMES,
        "--all",
        *FILTERS,
        "--memory",
        "--words",
        "--frames",
        "--limit",
        "--expr",
        "--json",
        "--out",
    ]
