"""The command go-gmp."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from gogdb.host import parameters
from gogdb.host.output import Arguments, Output, count, parse
from gogdb.host.progress import Progress
from gogdb.host.selecting import FILTERS, add_filters, filter_of
from gogdb.host.session import session
from gogdb.runtime.filters import Totals, first, screenful, select
from gogdb.runtime.shapes import Trace, Traces
from gogdb.view import expr, gmp, gmpjson
from gogdb.view.doc import Rows

__all__ = ["complete", "run"]

PARTS = ("sched", "p", "m", "g")
FRAMES = 64  # of a stack that are looked at for where its goroutine is


def run(words: str, typed: bool) -> None:
    parser = Arguments("go-gmp")
    parser.add_argument("part", nargs="?", choices=PARTS)
    add_filters(parser)
    parser.add_argument("--limit", type=count)
    parser.add_argument("--expr", action="store_true")
    options = parse(parser, words)

    program = session().stopped()
    runtime = program.read()
    wanted = filter_of(options, program)
    parts = [options.part] if options.part else list(PARTS)
    progress = Progress(len(runtime.gs))
    found = select(progress.count(runtime.gs.batches()), wanted, Traces(program, runtime, FRAMES))
    with Output.open(options.out) as output:
        if options.json:
            rows = gmpjson.goroutines(runtime, first(found, options.limit or None))
            whole: dict[str, tuple[str, Callable[[], object]]] = {
                "sched": ("sched", lambda: gmpjson.sched(runtime)),
                "p": ("ps", lambda: gmpjson.ps(runtime)),
                "m": ("ms", lambda: gmpjson.ms(runtime)),
                "g": ("gs", lambda: Rows(progress.until_interrupted(rows))),
            }
            answer: dict[str, object] = {"go_version": runtime.go_version} | dict(
                whole[part] for part in parts
            )
            output.json(answer | {"interrupted": lambda: progress.interrupted})
            return
        shown: list[Trace] = []
        totals: Totals = Counter()
        if "g" in parts:
            shown, totals = screenful(
                progress.until_interrupted(found),
                wanted,
                runtime.gs,
                program.reader.names,
                parameters.limit(options.limit),
            )
        doc = gmp.document(runtime, parts, shown, totals, progress.interrupted)
        if options.expr:
            gs = [trace.g for trace in shown]
            doc = expr.gmp(doc, runtime, gs, program.target.binary.has_debug_info)
        output.doc(doc)


def complete(words: str) -> list[str]:
    return [*PARTS, *FILTERS, "--limit", "--expr", "--json", "--out"]
