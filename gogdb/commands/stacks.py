"""The command go-stacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import chain, islice

from gogdb.commands.arguments import ABOUT_G, EXPR, FILTERS, GOROUTINES, LIMIT
from gogdb.commands.declaration import Command, Option, at_most

TYPE_CHECKING = False  # without importing typing
if TYPE_CHECKING:
    from argparse import Namespace

    from gogdb.commands.output import Layout, Output
    from gogdb.runtime.clock import Clock
    from gogdb.runtime.filters import Filter
    from gogdb.runtime.interruptions import Interruptions
    from gogdb.runtime.program import Program
    from gogdb.runtime.query import Query
    from gogdb.runtime.scheduler import Runtime
    from gogdb.runtime.stack_dump import StackDumper
    from gogdb.runtime.trace_cache import Trace, TraceBatch
    from gogdb.view.doc.document import Part

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
        Option(
            "--group",
            "equal stacks once, with their count, and a list of them before: last those that "
            "queue for a lock or channel that others wait for too",
        ),
        *FILTERS,
        Option(
            "--frames",
            f"at most N frames of each; 0 means all (default {FRAMES})",
            "N",
            parse=at_most,
            default=FRAMES,
        ),
        Option(
            "--memory",
            "every word of the stack with what it is: return address, saved rbp, variable by "
            "name, and what it points at",
        ),
        Option(
            "--words",
            f"at most N words of each, from sp on; 0 means all (default {WORDS})",
            "N",
            parse=at_most,
            default=WORDS,
        ),
        LIMIT,
        EXPR,
    ),
    about=(
        ABOUT_G,
        "With --group, the runtime's own goroutines are shown only if --system, a filter or a G "
        "asks for them.",
        "`rbp walk` lists the frames that a debugger finds when it follows the saved rbp from "
        "frame to frame. If it misses any, a line below the frames says why it misses the first.",
    ),
    examples=("go-stacks --group --status waiting --frames 8",),
)


def run(options: Namespace, from_tty: bool) -> None:
    """Run go-stacks."""
    from gogdb.commands.output import Output
    from gogdb.commands.progress import Progress
    from gogdb.commands.selection import filter_of, named
    from gogdb.commands.session import session
    from gogdb.gdbhost import parameters
    from gogdb.runtime.filters import Filter
    from gogdb.runtime.query import Query
    from gogdb.runtime.scheduler import Goroutines

    program = session().stopped()
    runtime = program.read(unwinds=True)
    filter = filter_of(options, program, options.frames)
    every = options.all or options.group or options.system or filter.asks
    gs = None if every and not options.gs else Goroutines(named(program, runtime, options.gs))
    if gs is not None:
        filter = Filter(dead=True)
    memory = options.memory and not options.group
    progress = Progress()
    query = Query(
        program,
        runtime,
        filter,
        max(options.frames, options.words) if memory else options.frames,
        gs=gs,
        system=options.system,
        watch=progress.watch,
        before_use=progress.clear if options.out is None else bool,
    )
    stacks = _Stacks(program, runtime, options, named=gs is not None)
    with Output.open(options.out) as output:
        if options.json:
            limit = options.limit or None
            output.json_object(_entries(runtime, query, stacks, options.group, limit))
        else:
            limit = parameters.limit(options.limit)
            _show(output, runtime, query, stacks, options, limit, filter)


class _Stacks:
    """Makes a page or a JSON object of each stack that is not just a row of a long list."""

    def __init__(
        self, program: Program, runtime: Runtime, options: Namespace, *, named: bool
    ) -> None:
        self._program = program
        self._runtime = runtime
        self._frames: int = options.frames
        self._with_commands = options.expr
        self._named = named
        self._dumper: StackDumper | None = None
        if options.memory:
            from gogdb.gdbhost.variables import DebugInfoVariables
            from gogdb.runtime.stack_dump import StackDumper

            variables = DebugInfoVariables()
            self._dumper = StackDumper(program, runtime, variables, options.words)

    @property
    def detailed(self) -> bool:
        """Whether JSON has more of each stack than its frames."""
        return self._named or self._dumper is not None

    def as_json(self, trace: Trace) -> dict[str, object]:
        """Return a stack with the walk along rbp if it is named, and with its words."""
        from gogdb.runtime.fp_chain import fp_chain
        from gogdb.view.json import rbp_chain, stack_dump, stacks

        unwound = trace.unwound.first(self._frames)
        interruptions = self.interruptions.of(trace.g, unwound.frames)
        entries = stacks.stack(self._runtime, trace.g, unwound, interruptions)
        if self._named:
            chain = fp_chain(self._program, trace.g, unwound)
            entries["rbp_walk"] = rbp_chain.rbp_chain(chain)
        if self._dumper:
            dump = self._dumper.dump(trace.g, trace.unwound)
            words = stack_dump.words(trace.g, dump.unwound, dump.chain, dump.words)
            entries["memory"] = list(words)
        return entries

    @cached_property
    def interruptions(self) -> Interruptions:
        """The signals that threads are handling."""
        from gogdb.runtime.interruptions import Interruptions

        return Interruptions(self._program, self._runtime, self._frames)

    @cached_property
    def _clock(self) -> Clock:
        from gogdb.runtime.clock import read_clock

        return read_clock(self._program, self._runtime)

    def texts(self, layout: Layout) -> Callable[[TraceBatch], Iterable[str]]:
        """Return what makes the texts of the pages of goroutines."""
        from gogdb.commands.stack_pages import StackPages, text_of

        if self._with_commands or self._dumper:
            return lambda traces: (text_of(layout, self.page(trace)) for trace in traces)
        pages = StackPages(
            self._program, self._runtime, self._clock, self.interruptions, layout, self.page
        )
        return pages.texts

    def page(self, trace: Trace) -> list[Part]:
        """Return the page of a goroutine."""
        from gogdb.runtime.fp_chain import fp_chain
        from gogdb.view import stack_dump, stacks
        from gogdb.view.expr import Expr

        unwound = trace.unwound.first(self._frames)
        chain = fp_chain(self._program, trace.g, unwound)
        expr = Expr.of(self._program.target.binary) if self._with_commands else None
        clock = self._clock if trace.g.waitsince else None
        page = stacks.parts(
            self._runtime,
            trace.g,
            unwound,
            chain,
            interruptions=self.interruptions.of(trace.g, unwound.frames),
            clock=clock,
            expr=expr,
        )
        if self._dumper:
            dump = self._dumper.dump(trace.g, trace.unwound)
            if dump.words:
                page.append(stack_dump.picture(trace.g, dump.unwound, dump.chain, dump.words))
        return page


def _entries(
    runtime: Runtime, query: Query, stacks: _Stacks, group: bool, limit: int | None
) -> Iterator[tuple[str, object]]:
    """Yield the entries of the JSON answer; the last one is known when all before are written."""
    from functools import partial

    from gogdb.render.json import EncodedRows, encode_rows
    from gogdb.render.row_encoder import RowEncoder
    from gogdb.view.json import stacks as stacks_json
    from gogdb.view.json.problems import problems

    yield "go_version", runtime.go_version
    if group:
        from gogdb.view.json import groups as groups_json

        yield "groups", groups_json.groups(query.groups()[:limit])
    elif stacks.detailed:
        rows = query.results(lambda batch: encode_rows(map(stacks.as_json, batch)), limit)
        yield "goroutines", EncodedRows(rows)
    else:
        interruptions = stacks.interruptions
        encoder = RowEncoder(partial(stacks_json.stack_form, runtime))
        rows = query.results(
            lambda batch: encoder.encode(stacks_json.stacks(runtime, interruptions, batch)), limit
        )
        yield "goroutines", EncodedRows(rows)
    yield "problems", problems(runtime, query.problems)
    yield "notes", _notes(runtime, query)
    yield "interrupted", query.status.message


def _show(
    output: Output,
    runtime: Runtime,
    query: Query,
    stacks: _Stacks,
    options: Namespace,
    limit: int,
    filter: Filter,
) -> None:
    """Show a page for each group or goroutine, and how many are left out and why."""
    from gogdb.commands.stack_pages import text_of
    from gogdb.i18n import tr
    from gogdb.view import groups as groups_view
    from gogdb.view.doc.document import Doc, Note
    from gogdb.view.g_table import folded_line

    layout = output.layout()
    folded = 0
    if options.group:
        groups = query.groups()
        if not (options.system or options.gs or filter.asks):
            folded = sum(len(group) for group in groups if group.system)
            groups = [group for group in groups if not group.system]
        total = len(groups)
        pages = [groups_view.overview(groups), *map(groups_view.parts, groups[:limit])]
        output.pages(_apart(text_of(layout, page) for page in pages if page))
    else:
        output.pages(_apart(query.first(stacks.texts(layout), limit)))
        total = query.totals.total()
    ending: list[Part] = []
    if interrupted := query.status.message:
        ending.append(Note(interrupted, "warn"))
    elif not total and runtime.lacks("gs"):
        ending.append(Note(tr("{what} cannot be read", what="allgs"), "warn"))
    elif not total and not folded:
        from gogdb.view.g_table import no_goroutine

        ending.append(Note(no_goroutine(runtime, filter.asks)))
    elif total > limit:
        more = tr("{count} more: --limit {all} shows them all", count=total - limit, all=total)
        ending.append(Note(more))
    ending += folded_line(folded)
    ending += [Note(note, "warn") for note in _notes(runtime, query)]
    if total and ending:
        output.line()
    output.doc(Doc(ending))


def _notes(runtime: Runtime, query: Query) -> list[str]:
    """Return what could not be read or is doubtful, as far as it is known now."""
    return [*runtime.notes, *(problem.why for problem in query.problems)]


def _apart(texts: Iterator[str]) -> Iterator[str]:
    """Return the texts with a blank line between them."""
    # Nothing here runs Python code, which Ctrl-C would end outside the query.
    return chain(islice(texts, 1), map("\n".__add__, texts))
