"""The command go-stacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from gogdb.commands.arguments import ABOUT_G, EXPR, FILTERS, GOROUTINES, LIMIT
from gogdb.commands.declaration import Command, Option, count

if TYPE_CHECKING:
    from argparse import Namespace

    from gogdb.commands.output import Output
    from gogdb.commands.search import Search
    from gogdb.commands.stack_dump import Dump
    from gogdb.runtime.model import G
    from gogdb.runtime.program import Program
    from gogdb.runtime.scheduler import Runtime
    from gogdb.runtime.trace_cache import Trace
    from gogdb.view.doc import Part

__all__ = ["COMMAND", "run"]

FRAMES = 64  # shown of each stack unless --frames says otherwise
WORDS = 512  # shown of each stack's memory unless --words says otherwise

COMMAND = Command(
    "go-stacks",
    "Show the stacks of goroutines: bounds, how much is in use, frames, words.",
    "COMMAND_STACK",
    arguments=(GOROUTINES,),
    options=(
        Option("--all", "every goroutine that is not dead"),
        Option("--system", "like --all, and the system stacks, g0 and gsignal of every M"),
        Option("--group", "equal stacks once, with their count, the most frequent first"),
        *FILTERS,
        Option(
            "--frames",
            f"at most N frames of each (default {FRAMES})",
            "N",
            parse=count,
            default=FRAMES,
        ),
        Option(
            "--memory",
            "every word of the stack with what it is: return address, saved rbp, variable by "
            "name, and what it points at",
        ),
        Option(
            "--words",
            f"at most N words of each, from sp on (default {WORDS})",
            "N",
            parse=count,
            default=WORDS,
        ),
        LIMIT,
        EXPR,
    ),
    about=(
        ABOUT_G,
        "`rbp walk` lists the frames that a debugger finds when it follows the saved rbp from "
        "frame to frame. A line below the frames says why it misses the first one.",
    ),
    examples=("go-stacks --group --status waiting --frames 8",),
)


def run(options: Namespace, from_tty: bool) -> None:
    """Run go-stacks."""
    from functools import partial

    from gogdb.commands.output import Output
    from gogdb.commands.search import searching
    from gogdb.commands.selection import filter_of, named
    from gogdb.commands.session import session
    from gogdb.commands.stack_dump import Dump
    from gogdb.gdbhost import parameters
    from gogdb.runtime.filters import Filter
    from gogdb.runtime.scheduler import Goroutines
    from gogdb.view import groups
    from gogdb.view.doc import Doc, Note
    from gogdb.view.json import groups as groups_json
    from gogdb.view.json import stacks as stacks_json

    program = session().stopped()
    runtime = program.read(unwinds=True)
    wanted = filter_of(options, program)
    filtered = options.status or options.reason or options.where
    every = options.all or options.group or options.system or filtered
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
            notes = list(runtime.notes)
            output.json(told | {"notes": notes, "interrupted": search.interrupted})
        elif runtime.notes:
            output.doc(Doc([Note(note, "warn") for note in runtime.notes]))


def _extra(
    program: Program, runtime: Runtime, frames: int, memory: Dump | None, named: bool, g: G
) -> Mapping[str, object]:
    """Return what JSON adds for a goroutine that is named, or whose words are shown."""
    from gogdb.runtime import goroutines
    from gogdb.runtime.fp_chain import fp_chain
    from gogdb.view.json import rbp_chain as rbp_chain_json

    told: dict[str, object] = {}
    if named:
        found = goroutines.unwind(program, runtime, g, frames)
        told["rbp_walk"] = rbp_chain_json.rbp_chain(fp_chain(program, g, found))
    return told | memory.as_json(g) if memory else told


def _parts(
    program: Program, runtime: Runtime, trace: Trace, memory: Dump | None, with_commands: bool
) -> list[Part]:
    """Return the page of one goroutine."""
    from gogdb.runtime.fp_chain import fp_chain
    from gogdb.view import stacks
    from gogdb.view.expr import Expr

    found = trace.unwound
    expr = Expr(program.target.binary.has_debug_info) if with_commands else None
    page = stacks.parts(trace.g, found, fp_chain(program, trace.g, found), expr)
    return [*page, *memory.parts(trace.g)] if memory else page


def _show(output: Output, pages: Iterable[Sequence[Part]], total: int, search: Search) -> None:
    """Show the pages, and how many are left out and why."""
    from gogdb.i18n import tr
    from gogdb.view.doc import Doc, Note

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
