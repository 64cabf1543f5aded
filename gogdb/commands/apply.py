"""The command go-apply."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gogdb.commands.arguments import FILTERS, LIMIT, goroutine_names
from gogdb.commands.declaration import Argument, Command, Option

TYPE_CHECKING = False  # without importing typing
if TYPE_CHECKING:
    from argparse import Namespace

    from gogdb.commands.output import Output
    from gogdb.runtime.model import G
    from gogdb.runtime.query import Query
    from gogdb.runtime.trace_cache import Trace, TraceBatch

__all__ = ["COMMAND", "run"]

EVERY = "all"
_FRAMES = 64  # of each stack that --where looks at


def _names_goroutine(word: str) -> bool:
    """Report whether a word names a goroutine, and is not the first one of the command."""
    is_goid = word.removeprefix("g")[:1].isdecimal()
    return word == EVERY or is_goid or word == "-" or _is_stack(word)


def _is_stack(word: str) -> bool:
    m, _, stack = word.partition(".")
    return m[:1] == "m" and m[1:].isdecimal() and stack in ("g0", "gsignal", "curg")


COMMAND = Command(
    "go-apply",
    "Run a command of GDB's in several goroutines, as `thread apply` does in threads.",
    "COMMAND_STACK",
    arguments=(
        Argument(
            "gs",
            "G",
            "any",
            values=lambda: (EVERY, *goroutine_names()),
            accepts=_names_goroutine,
        ),
        Argument("command", "COMMAND", "line"),
    ),
    options=(
        Option("-q", "without a heading for each goroutine"),
        Option("-c", "go on after a command that fails, and print its error"),
        Option("-s", "go on after a command that fails, and leave that goroutine out"),
        *FILTERS,
        LIMIT,
    ),
    about=(
        "A G is a goid, several of them as 3-7, g0, mN.g0, mN.gsignal, mN.curg or an address; all "
        "is every goroutine that is not dead, and filters choose among all. The command is run in "
        "each goroutine as `go-goroutine G COMMAND` would. Ctrl-C ends it.",
    ),
    examples=("go-apply all -q bt 1", "go-apply --reason chan info locals"),
)


def run(options: Namespace, from_tty: bool) -> None:
    """Run go-apply."""
    from gogdb.commands.output import Output
    from gogdb.errors import GogdbError
    from gogdb.gdbhost import goroutine_view, parameters

    if not options.command:
        raise GogdbError("go-apply: no command", "for example `go-apply all bt 3`")
    query = _query(options)
    with Output.open(options.out) as output, goroutine_view.kept():
        if options.json:
            output.json_object(_entries(query, options))
        else:
            _show(query, options, output, parameters.limit(options.limit))
    if query.status.interrupted and not (query.status.cause or options.json or from_tty):
        raise KeyboardInterrupt  # ends a script, as it does in `thread apply`


def _query(options: Namespace) -> Query:
    """Return the goroutines that are asked for. Raises `GogdbError` if none are."""
    from gogdb.commands.goroutine_frames import here
    from gogdb.commands.selection import filter_of
    from gogdb.errors import GogdbError
    from gogdb.runtime.filters import Filter
    from gogdb.runtime.query import Query
    from gogdb.runtime.scheduler import Goroutines

    program, runtime, _ = here()
    filter = filter_of(options, program, _FRAMES)
    if not options.gs and not filter.asks:
        raise GogdbError("go-apply: in which goroutines?", "name them, give a filter, or say all")
    if options.gs in ([], [EVERY]):
        return Query(program, runtime, filter, _FRAMES)
    if filter.asks or EVERY in options.gs:
        raise GogdbError("go-apply: goroutines by name and by a filter", "give one of both")
    return Query(program, runtime, Filter(dead=True), _FRAMES, gs=Goroutines(_named(options.gs)))


def _named(names: Sequence[str]) -> list[G]:
    """Return the goroutines with these names, and those of a range that there are."""
    from gogdb.commands.goroutine_frames import find, find_range

    found: list[G] = []
    for name in names:
        first, dash, last = name.partition("-")
        if dash and first.isdecimal() and last.isdecimal():
            found += find_range(int(first), int(last))
        else:
            found.append(find(name))
    return found


def _show(query: Query, options: Namespace, output: Output, limit: int) -> None:
    """Run the command in each goroutine, and say how many are left out."""
    from collections import deque

    from gogdb.i18n import tr
    from gogdb.view.doc.document import Doc, Note, Part

    captured = options.s or options.out is not None

    ran = 0

    def each(traces: TraceBatch) -> Iterator[None]:
        nonlocal ran
        for trace in traces:
            _run_in(trace.g, options, output, captured=captured)
            ran += 1
            yield None

    deque(query.first(each, limit), maxlen=0)
    total = query.totals.total()
    ending: list[Part] = []
    if interrupted := query.status._replace(done=ran).message:  # within a batch
        ending.append(Note(interrupted, "warn"))
    elif not total:
        ending.append(Note(tr("no goroutine matches")))
    elif total > limit:
        more = tr("{count} more: --limit {all} shows them all", count=total - limit, all=total)
        ending.append(Note(more))
    output.doc(Doc(ending))


def _run_in(g: G, options: Namespace, output: Output, *, captured: bool) -> None:
    """Run the command in a goroutine. Raises what it raises, unless the options say otherwise."""
    from gdb import GdbError

    from gogdb.commands.goroutine_frames import run_in
    from gogdb.errors import GogdbError
    from gogdb.view.goroutine import Where, heading

    def begin(text: str) -> None:
        if not options.q:
            output.line(f"\n{text}:")

    def begin_before(where: Where) -> None:
        if not captured:
            begin(heading(where))

    try:
        where, text = run_in(g, options.command, captured=captured, before=begin_before)
    except (GogdbError, GdbError) as error:
        if not (options.c or options.s):
            raise
        if options.c:
            output.line(str(error))
        return
    if captured and (text or not options.s):
        begin(heading(where))
        output.text(text)
    _check_has_not_run()


def _check_has_not_run() -> None:
    """Raise `GogdbError` if the command has let the program run."""
    from gogdb.errors import GogdbError
    from gogdb.gdbhost.shown_goroutine import shown

    if shown() is None:
        raise GogdbError(
            "the command has let the program run, or has left the goroutine",
            "it has been run in this goroutine only",
        )


def _entries(query: Query, options: Namespace) -> Iterator[tuple[str, object]]:
    """Yield the entries of the JSON answer; the last one is known when all before are written."""
    from gogdb.render.json import EncodedRows, encode_rows

    def each(traces: TraceBatch) -> Iterator[str]:
        return encode_rows(row for row in map(row_of, traces) if row)

    ran = 0

    def row_of(trace: Trace) -> dict[str, object] | None:
        nonlocal ran
        row = _row(trace.g, options)
        ran += 1
        return row

    yield "goroutines", EncodedRows(query.results(each, options.limit or None))
    yield "interrupted", query.status._replace(done=ran).message


def _row(g: G, options: Namespace) -> dict[str, object] | None:
    """Return what the command prints in a goroutine, None to leave it out."""
    from gdb import GdbError

    from gogdb.commands.goroutine_frames import run_in
    from gogdb.errors import GogdbError
    from gogdb.view.json.goroutine import goroutine_json

    try:
        where, text = run_in(g, options.command, captured=True)
    except (GogdbError, GdbError) as error:
        if options.s:
            return None
        return {"goid": g.goid, "name": g.label, "output": None, "error": str(error)}
    _check_has_not_run()
    return {**goroutine_json(where), "output": text, "error": None}
