"""The command go-gmp."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from gogdb.host import parameters
from gogdb.host.output import Arguments, Output, count, parse
from gogdb.host.search import Search, searching
from gogdb.host.selecting import FILTERS, add_filters, filter_of
from gogdb.host.session import session
from gogdb.runtime import clock
from gogdb.runtime.filters import Totals
from gogdb.runtime.model import Runtime
from gogdb.runtime.program import Program
from gogdb.runtime.shapes import Trace

if TYPE_CHECKING:
    from gogdb.view.doc import Doc

__all__ = ["complete", "run"]

PARTS = ("sched", "p", "m", "g")
FRAMES = 64  # of a stack that are looked at for where its goroutine is


def run(words: str, typed: bool) -> None:
    parser = Arguments("go-gmp")
    parser.add_argument("part", nargs="?")
    add_filters(parser)
    parser.add_argument("--limit", type=count)
    parser.add_argument("--expr", action="store_true")
    options = parse(parser, words)
    parser.expect("part", options.part, PARTS)

    program = session().stopped()
    runtime = program.read()
    wanted = filter_of(options, program)
    parts = [options.part] if options.part else list(PARTS)
    with (
        Output.open(options.out) as output,
        searching(program, runtime, wanted, FRAMES) as search,
    ):
        if options.json:
            output.json(_json(program, runtime, parts, search, options.limit or None))
        else:
            limit = parameters.limit(options.limit)
            output.doc(_page(program, runtime, parts, search, limit, options.expr))


def _json(
    program: Program, runtime: Runtime, parts: Sequence[str], search: Search, limit: int | None
) -> Mapping[str, object]:
    from gogdb.view import gmpjson

    answer: dict[str, object] = {"go_version": runtime.go_version}
    if "g" in parts:
        answer["clock"] = gmpjson.clock(clock.read(program, runtime))
    if "sched" in parts:
        answer["sched"] = gmpjson.sched(runtime)
    if "p" in parts:
        answer["ps"] = gmpjson.ps(runtime)
    if "m" in parts:
        answer["ms"] = gmpjson.ms(runtime)
    if "g" in parts:
        answer["gs"] = search.rows(partial(gmpjson.goroutines, runtime), limit)
    return answer | {"interrupted": search.interrupted}


def _page(
    program: Program,
    runtime: Runtime,
    parts: Sequence[str],
    search: Search,
    limit: int,
    by_hand: bool,
) -> Doc:
    from gogdb.runtime.duties import duties
    from gogdb.view import expr, gmp

    shown: list[Trace] = []
    totals: Totals = Counter()
    if "g" in parts:
        shown, totals = search.screenful(limit)
    page = gmp.document(
        *(runtime, parts, shown, totals, search.interrupted()),
        clock=clock.read(program, runtime) if "g" in parts else None,
        duties=duties(program, runtime) if "m" in parts else None,
    )
    if by_hand:
        typed = program.target.binary.has_debug_info
        page = expr.gmp(page, runtime, [trace.g for trace in shown], typed)
    return page


def complete(words: str) -> list[str]:
    return [*PARTS, *FILTERS, "--limit", "--expr", "--json", "--out"]
