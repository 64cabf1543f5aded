"""The command go-gcore."""

from __future__ import annotations

from gogdb.commands.arguments import FILTERS
from gogdb.commands.declaration import Argument, Command, Option, at_most

TYPE_CHECKING = False  # without importing typing
if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["COMMAND", "run"]

FRAMES = 64  # of a stack that are compared with those of others, and searched for --where
EQUAL = 20  # goroutines with equal stacks that are written unless --limit says otherwise

COMMAND = Command(
    "go-gcore",
    "Write a core file in which every goroutine is a thread.",
    "COMMAND_FILES",
    arguments=(Argument("file", "FILE"),),
    options=(
        Option("--all", "every goroutine that is not dead"),
        *FILTERS,
        Option(
            "--limit",
            f"at most N goroutines with equal stacks; 0 means all (default {EQUAL})",
            "N",
            parse=at_most,
            default=EQUAL,
        ),
    ),
    about=(
        "Any debugger that knows threads then shows goroutines: `info threads`, `thread N`, `bt`, "
        "`info locals`, and the call stacks of an editor. Of a process that GDB has stopped, GDB "
        "writes the core, and the process can go on afterwards; of a core file, a copy is made.",
        "The threads of the process come first. Goroutine N is the thread with LWP 1000000 + N; in "
        "a GDB with gogdb it has a name such as `g7 main.work`. A goroutine on a CPU has its "
        "thread's registers, one that was preempted those of the instruction where that happened; "
        "of the others only those are known that lead to its frames, and the rest are 0.",
        "Over gdbserver, GDB reads all mapped memory through the connection, which takes minutes. "
        "It is quicker to run `gcore PID` on the machine of the process, and go-gcore on that "
        "core.",
    ),
    examples=("go-gcore /tmp/goroutines.core",),
    repeats=False,
)


def run(options: Namespace, from_tty: bool) -> None:
    """Run go-gcore."""
    from gogdb.commands.core_writer import write_core
    from gogdb.commands.output import Output
    from gogdb.commands.progress import Progress
    from gogdb.commands.selection import filter_of
    from gogdb.commands.session import session
    from gogdb.errors import GogdbError
    from gogdb.runtime.core_goroutines import Sample
    from gogdb.runtime.query import Query
    from gogdb.view import gcore
    from gogdb.view.json.gcore import gcore_json

    session().check_standing()
    program = session().stopped()
    runtime = program.read(unwinds=True)
    filter = filter_of(options, program, FRAMES)
    query = Query(program, runtime, filter, FRAMES, watch=Progress().watch)
    sample = Sample(program, runtime, at_most("0") if options.all else options.limit)
    goroutines = list(query.results(sample.chosen))
    if query.status.message:
        raise GogdbError(query.status.message, "no core was written")
    if not goroutines:
        why = next(iter([*runtime.notes, *sample.unknown]), "none matches")
        raise GogdbError(f"there is no goroutine to write: {why}", "`go-gmp g` lists them")
    with Output.open(options.out) as output:
        file = write_core(options.file, goroutines, program.arch)
        core = gcore.Core(
            file=file,
            program=session().path,
            goroutines=len(goroutines),
            total=sample.total,
            limit=None if options.all or options.limit == at_most("0") else options.limit,
            unknown=sample.unknown,
            notes=[*runtime.notes, *(problem.why for problem in query.problems)],
        )
        if options.json:
            output.json(gcore_json(core))
        else:
            output.doc(gcore.document(core))
