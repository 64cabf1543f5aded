"""The command go-gmp."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gogdb.commands.arguments import EXPR, FILTERS, LIMIT
from gogdb.commands.declaration import Argument, Command

if TYPE_CHECKING:
    from argparse import Namespace

    from gogdb.commands.search import Search
    from gogdb.runtime.filters import Totals
    from gogdb.runtime.program import Program
    from gogdb.runtime.scheduler import Runtime
    from gogdb.runtime.trace_cache import Trace
    from gogdb.view.doc import Doc

__all__ = ["COMMAND", "run"]

PARTS = ("sched", "p", "m", "g")
FRAMES = 64  # of each stack, searched for --where

COMMAND = Command(
    "go-gmp",
    "Show Go's scheduler: the Gs, Ms and Ps, and which of them are bound together.",
    "COMMAND_STATUS",
    arguments=(Argument("part", " | ".join(PARTS), "optional", choices=PARTS),),
    options=(*FILTERS, LIMIT, EXPR),
    about=(
        "Without an argument, show all of it. Works on a live program, on a core file and over "
        "gdbserver.",
    ),
    examples=("go-gmp g --status waiting --reason chan",),
)


def run(options: Namespace, from_tty: bool) -> None:
    """Run go-gmp."""
    from gogdb.commands.output import Output
    from gogdb.commands.search import searching
    from gogdb.commands.selection import filter_of
    from gogdb.commands.session import session
    from gogdb.gdbhost import parameters

    program = session().stopped()
    parts = [options.part] if options.part else list(PARTS)
    runtime = program.read(unwinds="g" in parts)
    wanted = filter_of(options, program)
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
    from functools import partial

    from gogdb.runtime import clock
    from gogdb.view.json import gmp as gmp_json

    answer: dict[str, object] = {"go_version": runtime.go_version}
    if "g" in parts:
        answer["clock"] = gmp_json.clock(clock.read_clock(program, runtime))
    if "sched" in parts:
        answer["sched"] = gmp_json.sched(runtime)
    if "p" in parts:
        answer["ps"] = gmp_json.ps(runtime)
    if "m" in parts:
        answer["ms"] = gmp_json.ms(runtime)
    if "g" in parts:
        answer["gs"] = search.rows(partial(gmp_json.goroutines, runtime), limit)
    return answer | {"notes": list(runtime.notes), "interrupted": search.interrupted}


def _page(
    program: Program,
    runtime: Runtime,
    parts: Sequence[str],
    search: Search,
    limit: int,
    with_commands: bool,
) -> Doc:
    from collections import Counter

    from gogdb.runtime import clock
    from gogdb.runtime.m_activity import read_activities
    from gogdb.view import gmp
    from gogdb.view.expr import Expr

    shown: list[Trace] = []
    totals: Totals = Counter()
    if "g" in parts:
        shown, totals = search.screenful(limit)
    return gmp.document(
        *(runtime, parts, shown, totals, search.interrupted()),
        clock=clock.read_clock(program, runtime) if "g" in parts else None,
        activities=read_activities(program, runtime) if "m" in parts else None,
        expr=Expr(program.target.binary.has_debug_info) if with_commands else None,
    )
