"""The command go-gmp."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from gogdb.host import parameters
from gogdb.host.output import Arguments, Output, count, parse
from gogdb.host.progress import Progress
from gogdb.host.selecting import FILTERS, add_filters, filter_of
from gogdb.host.session import session
from gogdb.runtime import clock
from gogdb.runtime.filters import Filter, Totals, first, screenful, select
from gogdb.runtime.model import Runtime
from gogdb.runtime.program import Program
from gogdb.runtime.shapes import Trace, Traces

__all__ = ["complete", "run"]

PARTS = ("sched", "p", "m", "g")
FRAMES = 64  # of a stack that are looked at for where its goroutine is

Batches = Iterator[Sequence[Trace]]


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
    traces = Traces(program, runtime, FRAMES)
    found = select(progress.count(runtime.gs.batches()), wanted, traces)
    with Output.open(options.out) as output:
        if options.json:
            _json(output, program, runtime, parts, first(found, options.limit or None), progress)
        else:
            limit = parameters.limit(options.limit)
            _page(output, program, runtime, parts, found, wanted, limit, progress, options.expr)


def _json(
    output: Output,
    program: Program,
    runtime: Runtime,
    parts: Sequence[str],
    found: Batches,
    progress: Progress,
) -> None:
    from gogdb.view import gmpjson
    from gogdb.view.doc import Rows

    rows = progress.until_interrupted(gmpjson.goroutines(runtime, found))
    whole: dict[str, tuple[str, Callable[[], object]]] = {
        "sched": ("sched", lambda: gmpjson.sched(runtime)),
        "p": ("ps", lambda: gmpjson.ps(runtime)),
        "m": ("ms", lambda: gmpjson.ms(runtime)),
        "g": ("gs", lambda: Rows(rows)),
    }
    answer: dict[str, object] = {"go_version": runtime.go_version}
    if "g" in parts:
        answer["clock"] = gmpjson.clock(clock.read(program, runtime))
    answer |= dict(whole[part] for part in parts)
    output.json(answer | {"interrupted": lambda: progress.interrupted})


def _page(
    output: Output,
    program: Program,
    runtime: Runtime,
    parts: Sequence[str],
    found: Batches,
    wanted: Filter,
    limit: int,
    progress: Progress,
    by_hand: bool,
) -> None:
    from gogdb.runtime.duties import duties
    from gogdb.view import expr, gmp

    shown: list[Trace] = []
    totals: Totals = Counter()
    if "g" in parts:
        found = progress.until_interrupted(found)
        shown, totals = screenful(found, wanted, runtime.gs, runtime.names, limit)
    page = gmp.document(
        *(runtime, parts, shown, totals, progress.interrupted),
        clock=clock.read(program, runtime) if "g" in parts else None,
        duties=duties(program, runtime) if "m" in parts else None,
    )
    if by_hand:
        typed = program.target.binary.has_debug_info
        page = expr.gmp(page, runtime, [trace.g for trace in shown], typed)
    output.doc(page)


def complete(words: str) -> list[str]:
    return [*PARTS, *FILTERS, "--limit", "--expr", "--json", "--out"]
