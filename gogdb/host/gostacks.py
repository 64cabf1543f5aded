"""The command go-stacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gogdb.host import parameters
from gogdb.host.memory import Dump
from gogdb.host.output import Arguments, Output, count, parse
from gogdb.host.progress import Progress
from gogdb.host.selecting import FILTERS, NAMES, add_filters, filter_of, named
from gogdb.host.session import session
from gogdb.runtime import rbpchain
from gogdb.runtime.filters import Filter, first, screenful, select
from gogdb.runtime.groups import group
from gogdb.runtime.model import Goroutines, Runtime
from gogdb.runtime.program import Program
from gogdb.runtime.shapes import Trace, Traces
from gogdb.view import expr, groups, stacks, stacksjson
from gogdb.view.doc import Doc, Note, Part, Rows

__all__ = ["complete", "run"]

OPTIONS = (
    *("--all", "--group", "--memory", "--words", "--frames", "--limit"),
    *("--expr", "--json", "--out"),
)
FRAMES = 64  # that are shown unless --frames says otherwise
WORDS = 512  # of a stack's memory, likewise


def run(words: str, typed: bool) -> None:
    parser = Arguments("go-stacks")
    parser.add_argument("gs", nargs="*", metavar="G")
    parser.add_argument("--all", action="store_true")
    add_filters(parser)
    parser.add_argument("--group", action="store_true")
    parser.add_argument("--frames", type=count, default=FRAMES)
    parser.add_argument("--limit", type=count)
    parser.add_argument("--expr", action="store_true")
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--words", type=count, default=WORDS)
    options = parse(parser, words)

    program = session().stopped()
    runtime = program.read()
    wanted = filter_of(options, program)
    some = any(getattr(options, name[2:]) for name in ("--all", "--group", *FILTERS))
    gs = runtime.gs if some and not options.gs else Goroutines(named(program, runtime, options.gs))
    if gs is not runtime.gs:
        wanted = Filter(dead=True)
    traces = Traces(program, runtime, max(options.frames, 1))
    progress = Progress(len(gs))
    found = select(progress.count(gs.batches()), wanted, traces)
    memory = Dump(program, runtime, options.words) if options.memory else None
    limit = parameters.limit(options.limit)
    with Output.open(options.out) as output:
        if options.group:
            _groups(output, runtime, found, progress, options)
        elif options.json:
            extra = memory.as_json if memory else None
            rows = stacksjson.goroutines(first(found, options.limit or None), extra)
            _json(output, runtime, "goroutines", Rows(progress.until_interrupted(rows)), progress)
        else:
            found = progress.until_interrupted(found)
            shown, totals = screenful(found, wanted, gs, runtime.names, limit)
            for number, trace in enumerate(shown):
                if number:
                    output.line()
                output.doc(Doc(_parts(program, runtime, trace, memory, options.expr)))
            _rest(output, len(shown), totals.total(), progress)


def _parts(
    program: Program, runtime: Runtime, trace: Trace, memory: Dump | None, by_hand: bool
) -> list[Part]:
    """The page of one goroutine."""
    found = trace.unwound
    page = stacks.parts(trace.g, found, rbpchain.chain(program, runtime, trace.g, found))
    if by_hand:
        typed = program.target.binary.has_debug_info
        page += expr.by_hand(expr.stack(trace.g, found.frames), typed)
    return [*page, *memory.parts(trace.g)] if memory else page


def _groups(
    output: Output,
    runtime: Runtime,
    found: Iterator[Sequence[Trace]],
    progress: Progress,
    options: Any,
) -> None:
    all_groups = group(progress.until_interrupted(found))
    if options.json:
        shown = all_groups[: options.limit or None]
        _json(output, runtime, "groups", groups.as_json(shown), progress)
        return
    shown = all_groups[: parameters.limit(options.limit)]
    for number, one in enumerate(shown):
        if number:
            output.line()
        output.doc(Doc(groups.parts(one)))
    _rest(output, len(shown), len(all_groups), progress)


def _json(output: Output, runtime: Runtime, key: str, rows: object, progress: Progress) -> None:
    told = {"go_version": runtime.go_version, key: rows}
    output.json(told | {"interrupted": lambda: progress.interrupted})


def _rest(output: Output, shown: int, total: int, progress: Progress) -> None:
    """What is not shown, and why."""
    if progress.interrupted:
        output.doc(Doc([Note(progress.interrupted, "warn")]))
    elif total > shown:
        output.doc(Doc([Note(f"{total - shown} more: --limit {total} shows them all")]))


def complete(words: str) -> list[str]:
    return [*NAMES, *FILTERS, *OPTIONS]
