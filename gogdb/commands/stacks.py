"""The command go-stacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from gogdb.commands.output import Arguments, Output, count, parse
from gogdb.commands.search import Search, searching
from gogdb.commands.selection import FILTERS, NAMES, add_filters, filter_of, named
from gogdb.commands.session import session
from gogdb.commands.stack_dump import Dump
from gogdb.gdbhost import parameters
from gogdb.i18n import tr
from gogdb.runtime import goroutines, rbp_chain
from gogdb.runtime.filters import Filter
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Goroutines, Runtime
from gogdb.runtime.trace_cache import Trace
from gogdb.view import expr, groups, stacks
from gogdb.view.doc import Doc, Note, Part
from gogdb.view.json import groups as groups_json
from gogdb.view.json import rbp_chain as rbp_chain_json
from gogdb.view.json import stacks as stacks_json

__all__ = ["complete", "run"]

OPTIONS = (
    *("--all", "--system", "--group", "--memory", "--words", "--frames", "--limit"),
    *("--expr", "--json", "--out"),
)
FRAMES = 64  # that are shown unless --frames says otherwise
WORDS = 512  # of a stack's memory, likewise


def run(words: str, typed: bool) -> None:
    parser = Arguments("go-stacks")
    parser.add_argument("gs", nargs="*", metavar="G")
    parser.add_argument("--all", action="store_true")
    add_filters(parser)
    parser.add_argument("--system", action="store_true")
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
    every = any(getattr(options, name[2:]) for name in ("--all", "--group", "--system", *FILTERS))
    gs = None if every and not options.gs else Goroutines(named(program, runtime, options.gs))
    if gs is not None:
        wanted = Filter(dead=True)
    memory = Dump(program, runtime, options.words) if options.memory else None
    frames = max(options.frames, 1)
    with (
        Output.open(options.out) as output,
        searching(program, runtime, wanted, frames, gs=gs, system=options.system) as search,
    ):
        told: dict[str, object] = {"go_version": runtime.go_version}
        limit = options.limit or None  # of JSON, which is for programs
        most = parameters.limit(options.limit)
        if options.group and options.json:
            told["groups"] = groups_json.groups(search.groups()[:limit])
        elif options.json:
            more = partial(_extra, program, runtime, frames, memory, gs is not None)
            encode = partial(stacks_json.goroutines, extra=more if memory or gs else None)
            told["goroutines"] = search.rows(encode, limit)
        elif options.group:
            found = search.groups()
            _show(output, map(groups.parts, found[:most]), len(found), search)
        else:
            shown, totals = search.screenful(most)
            pages = (_parts(program, runtime, one, memory, options.expr) for one in shown)
            _show(output, pages, totals.total(), search)
        if options.json:
            output.json(told | {"interrupted": search.interrupted})


def _extra(
    program: Program, runtime: Runtime, frames: int, memory: Dump | None, named: bool, g: G
) -> Mapping[str, object]:
    """What JSON tells of a goroutine that was asked for by name, or with its words."""
    told: dict[str, object] = {}
    if named:
        found = goroutines.unwind(program, runtime, g, frames)
        told["rbp_walk"] = rbp_chain_json.rbp_chain(rbp_chain.chain(program, g, found))
    return told | memory.as_json(g) if memory else told


def _parts(
    program: Program, runtime: Runtime, trace: Trace, memory: Dump | None, equivalent_commands: bool
) -> list[Part]:
    """The page of one goroutine."""
    found = trace.unwound
    page = stacks.parts(trace.g, found, rbp_chain.chain(program, trace.g, found))
    if equivalent_commands:
        typed = program.target.binary.has_debug_info
        page += expr.equivalent_commands(expr.stack(trace.g, found.frames), typed)
    return [*page, *memory.parts(trace.g)] if memory else page


def _show(output: Output, pages: Iterable[Sequence[Part]], total: int, search: Search) -> None:
    """The pages, and what is not shown, and why."""
    shown = 0
    for shown, page in enumerate(pages, 1):
        if shown > 1:
            output.line()
        output.doc(Doc(page))
    if interrupted := search.interrupted():
        output.doc(Doc([Note(interrupted, "warn")]))
    elif not total:
        output.doc(Doc([Note(tr("no such goroutine: `go-gmp g` lists them"))]))
    elif total > shown:
        more = total - shown
        told = tr("{count} more: --limit {all} shows them all", count=more, all=total)
        output.doc(Doc([Note(told)]))


def complete(words: str) -> list[str]:
    return [*NAMES, *FILTERS, *OPTIONS]
