"""The command go-gmp."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import chain, islice

from gogdb.host import parameters
from gogdb.host.output import Arguments, Output, count, parse
from gogdb.host.progress import Progress
from gogdb.host.selecting import FILTERS, add_filters, filter_of
from gogdb.host.session import session
from gogdb.runtime import clock
from gogdb.runtime.duties import duties
from gogdb.runtime.filters import Totals, told
from gogdb.runtime.shapes import Trace, Traces
from gogdb.view import gmp, gmpjson
from gogdb.view.doc import Rows

__all__ = ["complete", "run"]

PARTS = ("sched", "p", "m", "g")
FRAMES = 64  # of a stack that are looked at for where its goroutine is


def run(words: str, typed: bool) -> None:
    parser = Arguments("go-gmp")
    parser.add_argument("part", nargs="?", choices=PARTS)
    add_filters(parser)
    parser.add_argument("--limit", type=count)
    options = parse(parser, words)

    program = session().stopped()
    runtime = program.read()
    wanted = filter_of(options, program)
    parts = [options.part] if options.part else list(PARTS)
    progress = Progress(len(runtime.gs))
    gs = wanted.of(progress.count(runtime.gs))
    traces = wanted.traced(Traces(program, runtime, FRAMES).of(gs))
    with Output.open(options.out) as output:
        if options.json:
            rows = gmpjson.goroutines(runtime, islice(traces, options.limit or None))
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
            found = progress.until_interrupted(traces)
            shown = list(islice(found, parameters.limit(options.limit)))
            if wanted.where:
                totals.update(told(trace.g) for trace in chain(shown, found))
            else:
                totals = wanted.totals(runtime.gs, program.reader.names)
        output.doc(
            gmp.document(
                *(runtime, parts, shown, totals, progress.interrupted),
                clock=clock.read(program, runtime) if "g" in parts else None,
                duties=duties(program, runtime) if "m" in parts else None,
            )
        )


def complete(words: str) -> list[str]:
    return [*PARTS, *FILTERS, "--limit", "--json", "--out"]
