"""The command go-gmp."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gogdb.commands.arguments import EXPR, FILTERS, LIMIT, label_keys
from gogdb.commands.declaration import Argument, Command, Option

TYPE_CHECKING = False  # without importing typing
if TYPE_CHECKING:
    from argparse import Namespace

    from gogdb.runtime.program import Program
    from gogdb.runtime.query import Query
    from gogdb.runtime.scheduler import Runtime
    from gogdb.view.doc.document import Doc

__all__ = ["COMMAND", "run"]

PARTS = ("sched", "p", "m", "g")
FRAMES = 64  # unwound of each stack, to tell where it is and for --where
MOST_QUEUED = 4096  # goroutines on a page; of more, what they wait for is not read

GROUPINGS = ("where", "creator", "start", "label", "reason")


def grouping(text: str) -> str:
    """Convert the value of --group-by, which is one of `GROUPINGS` or label=K."""
    if text in GROUPINGS or (text.startswith("label=") and text != "label="):
        return text
    from argparse import ArgumentTypeError

    raise ArgumentTypeError(f"{text!r} is none of {', '.join(GROUPINGS)}, label=K")


COMMAND = Command(
    "go-gmp",
    "Show Go's scheduler: the Gs, Ms and Ps, and which of them are bound together.",
    "COMMAND_STATUS",
    arguments=(Argument("part", " | ".join(PARTS), "optional", choices=PARTS),),
    options=(
        Option("--system", "also the goroutines of the runtime itself, such as the collector's"),
        Option("--tree", "goroutines under those that created them, since Go 1.21"),
        Option(
            "--group-by",
            f"count goroutines by WHAT: {', '.join(GROUPINGS)}, or label=K for the label K alone",
            "WHAT",
            parse=grouping,
            values=lambda: (*GROUPINGS, *(f"label={key}" for key in label_keys())),
        ),
        *FILTERS,
        LIMIT,
        EXPR,
    ),
    about=(
        "Without an argument, show all of it. Works on a live program, on a core file and over "
        "gdbserver.",
        "The rarest kinds of goroutines come first, and those that queue with others for a lock "
        "or a channel after them. "
        "`where` is the innermost frame outside the standard library, and what it has called.",
    ),
    notes=(
        "--tree and --group-by show goroutines alone. --tree puts those together that one function "
        "created and that are in one place; in JSON, parent_goid names the creator of each. The "
        "groups are in the order of go-stacks --group.",
    ),
    examples=("go-gmp g --status waiting --reason chan", "go-gmp g --group-by where"),
)


def run(options: Namespace, from_tty: bool) -> None:
    """Run go-gmp."""
    from gogdb.commands.output import Output
    from gogdb.commands.progress import Progress
    from gogdb.commands.selection import filter_of
    from gogdb.commands.session import session
    from gogdb.gdbhost import parameters
    from gogdb.runtime.query import Query

    program = session().stopped()
    parts = _parts(options)
    if options.tree:
        _check_parents(program)
    runtime = program.read(unwinds="g" in parts)
    filter = filter_of(options, program, FRAMES)
    with Output.open(options.out) as output:
        progress = Progress()
        query = Query(
            program,
            runtime,
            filter,
            FRAMES,
            watch=progress.watch,
            before_use=progress.clear if options.json and options.out is None else bool,
        )
        if options.group_by:
            from gogdb.commands import g_groups

            g_groups.show(output, runtime, query, options, filter)
        elif options.tree and not options.json:
            from gogdb.commands import g_tree

            g_tree.show(output, runtime, query, options, filter)
        elif options.json:
            output.json_object(_entries(program, runtime, parts, query, options.limit or None))
        else:
            limit = parameters.limit(options.limit)
            output.doc(_page(program, runtime, parts, query, options, limit))


def _parts(options: Namespace) -> Sequence[str]:
    """Return the parts to show. Raises `GogdbError` for options that exclude each other."""
    from gogdb.errors import GogdbError

    if options.tree and options.group_by:
        raise GogdbError("go-gmp: --tree and --group-by exclude each other", "leave out one")
    if options.tree or options.group_by:
        option = "--tree" if options.tree else "--group-by"
        if options.part not in (None, "g"):
            raise GogdbError(
                f"go-gmp {options.part} has no {option}",
                f"it is for goroutines: `go-gmp g {option}`",
            )
        return ["g"]
    return [options.part] if options.part else PARTS


def _check_parents(program: Program) -> None:
    """Raise `GogdbError` if goroutines do not know which one has created them."""
    if not program.reader.layout("runtime.g").find("parentGoid"):
        from gogdb.errors import GogdbError

        version = program.target.binary.go_version
        raise GogdbError(
            f"{version} does not record which goroutine has created another: go1.21 and newer do",
            "`go-gmp g --group-by creator` counts goroutines by the function that created them",
        )


def _entries(
    program: Program, runtime: Runtime, parts: Sequence[str], query: Query, limit: int | None
) -> Iterator[tuple[str, object]]:
    """Yield the entries of the JSON answer; the last one is known when all before are written."""
    from functools import partial

    from gogdb.render.json import EncodedRows
    from gogdb.render.row_encoder import RowEncoder
    from gogdb.runtime import clock
    from gogdb.view.json import gmp as gmp_json
    from gogdb.view.json.problems import problems

    entries: dict[str, object] = {"go_version": runtime.go_version}
    if "g" in parts:
        entries["clock"] = gmp_json.clock(clock.read_clock(program, runtime))
    if "sched" in parts:
        entries["sched"] = gmp_json.sched(runtime)
    if "p" in parts:
        entries["ps"] = gmp_json.ps(runtime)
    if "m" in parts:
        entries["ms"] = gmp_json.ms(runtime)
        entries["threads_without_m"] = gmp_json.threads_without_m(runtime)
    yield from entries.items()  # only now, when all of them could be read
    if "g" in parts:
        encoder = RowEncoder(partial(gmp_json.goroutine_form, runtime))
        rows = query.results(
            lambda batch: encoder.encode(gmp_json.goroutines(runtime, batch)), limit
        )
        yield "gs", EncodedRows(rows)
    yield "problems", problems(runtime, query.problems)
    yield "notes", [*runtime.notes, *(problem.why for problem in query.problems)]
    yield "interrupted", query.status.message


def _page(
    program: Program,
    runtime: Runtime,
    parts: Sequence[str],
    query: Query,
    options: Namespace,
    limit: int,
) -> Doc:
    from collections import deque

    from gogdb.runtime.clock import read_clock
    from gogdb.runtime.m_activity import read_activities
    from gogdb.runtime.wait_objects import WaitObjects
    from gogdb.view import gmp
    from gogdb.view.doc.document import Doc, Note
    from gogdb.view.expr import Expr
    from gogdb.view.g_table import GRows

    clock = read_clock(program, runtime) if "g" in parts else None
    filtered = bool(options.status or options.reason or options.where or options.label)
    few = min(limit, len(runtime.gs)) <= MOST_QUEUED
    listed = GRows(
        runtime,
        clock,
        filtered=filtered,
        system=options.system or filtered,
        waited_for=WaitObjects(program).addresses if few else None,
    )
    if "g" in parts:
        deque(query.rarest(listed.extend, limit), maxlen=0)
        listed.arrange(query.census, limit)
    doc = gmp.document(
        runtime,
        parts,
        listed,
        query.census.totals,
        query.status.message,
        activities=read_activities(program, runtime) if "m" in parts else None,
        expr=Expr.of(program.target.binary) if options.expr else None,
    )
    return Doc([*doc.parts, *(Note(problem.why, "warn") for problem in query.problems)])
