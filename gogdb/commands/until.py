"""The command go-until."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gogdb.commands.arguments import locations
from gogdb.commands.declaration import Argument, Command, Option, count

TYPE_CHECKING = False  # without importing typing
if TYPE_CHECKING:
    from argparse import Namespace

    from gogdb.commands.output import Output
    from gogdb.follow.goal import Outcome, Pursuit
    from gogdb.runtime.model import G
    from gogdb.view.goroutine import Where

__all__ = ["COMMAND", "run"]

STATES = ("parked", "running")
_SECONDS = 30


def _names() -> Sequence[str]:
    return ("m0.curg",)  # no system stack is waited for


def _states() -> Sequence[str]:
    return STATES


COMMAND = Command(
    "go-until",
    "Let the program run until a goroutine is parked, runs, or comes to a place.",
    "COMMAND_RUNNING",
    arguments=(
        Argument("g", "G", values=_names),
        Argument("goal", "parked|running|LOCATION", "location", values=_states, matches=locations),
    ),
    options=(
        Option(
            "--timeout",
            f"wait at most N seconds; 0 means no limit (default {_SECONDS})",
            "N",
            parse=count,
            default=_SECONDS,
        ),
        Option("--count", "wait until it comes to the LOCATION for the Nth time", "N", parse=count),
    ),
    about=(
        "A G is a goid, mN.curg or an address. parked: the goroutine waits, for a channel, a lock, "
        "a timer, the network; then it is selected as by `go-goroutine G`. running: a thread runs "
        "it; after a wait, a preemption or a system call, the program stops where the goroutine "
        "goes on. That thread is selected. A LOCATION is what `break` takes; only this goroutine "
        "stops there.",
        "All goroutines run meanwhile. Your breakpoints, signals, Ctrl-C, the program's end and "
        "that of the goroutine end the waiting. No breakpoint is left behind.",
    ),
    examples=("go-until 7 parked", "go-until 7 main.work --timeout 60"),
    repeats=False,
)


def run(options: Namespace, from_tty: bool) -> None:
    """Run go-until."""
    from gogdb.commands.goroutine_frames import find, here
    from gogdb.commands.output import Output
    from gogdb.commands.session import session
    from gogdb.errors import GogdbError
    from gogdb.follow.goal import Pursuit
    from gogdb.gdbhost import process
    from gogdb.gdbhost.threads import register_now
    from gogdb.gdbhost.timed_debugger import TimedDebugger

    if not options.goal:
        raise GogdbError("go-until: until what?", "`go-until G parked`, running or a LOCATION")
    _check_can_run()
    places = [] if options.goal in STATES else _places(options.goal)
    if options.count is not None and not (places and options.count):
        raise GogdbError("go-until: --count needs a LOCATION, and a number from 1 on")
    g, before = find(options.g), process.selected_thread()
    debugger = TimedDebugger(session().elf, options.timeout or None)
    pursuit = Pursuit(debugger, here().program, g, register_now)
    with Output.open(options.out) as output:
        outcome = _pursue(pursuit, options, places, lambda: _say_what_is_awaited(options, g))
        is_interrupted = outcome.stop is not None and outcome.stop.how == "interrupted"
        if is_interrupted and before is not None and before.is_valid():
            before.switch()  # which thread got the signal means nothing
        _report(options, output, g, outcome, is_timeout=debugger.is_over)


def _places(location: str) -> Sequence[int]:
    """Return the addresses of a location. Raises `GogdbError` if there is none."""
    import gdb

    from gogdb.errors import GogdbError
    from gogdb.gdbhost.breakpoints import addresses_of

    try:
        return addresses_of(location)
    except gdb.GdbError as error:
        hint = "a goal is parked, running, or a LOCATION that `break` takes"
        raise GogdbError(f"{error}".rstrip("."), hint) from None


def _check_can_run() -> None:
    """Raise `GogdbError` if the program cannot be run from where it stands."""
    import gdb

    from gogdb.commands.session import session
    from gogdb.errors import GogdbError
    from gogdb.gdbhost.target import is_core

    here = session()
    here.check_standing()
    here.stopped()
    if is_core():
        raise GogdbError("a core file cannot be run", "`go-goroutine G` shows a goroutine in it")
    if gdb.current_recording() is not None:
        raise GogdbError("GDB records the program, and knows one thread", "use `record stop` first")
    if gdb.parameter("non-stop"):
        raise GogdbError("go-until needs all threads to stop together", "use `set non-stop off`")


def _pursue(
    pursuit: Pursuit, options: Namespace, places: Sequence[int], before_run: Callable[[], None]
) -> Outcome:
    from gogdb.commands.session import session
    from gogdb.follow.goal import Outcome
    from gogdb.inferior.protocol import Resumed

    try:
        if options.goal == "parked":
            return pursuit.until_parked(before_run)
        if options.goal == "running":
            return pursuit.until_running(before_run)
        return pursuit.until_at(places, session().goroutine_finder, options.count or 1, before_run)
    except KeyboardInterrupt:  # in gogdb's own code: before the program runs, or between two runs
        return Outcome("stopped", Resumed("interrupted", detail="SIGINT"))


def _say_what_is_awaited(options: Namespace, g: G) -> None:
    """Say on the terminal what the program runs for, unless JSON is written there."""
    import gdb

    from gogdb.commands.output import Output
    from gogdb.view.doc.document import Doc, Note
    from gogdb.view.until import awaited

    if options.json and options.out is None:
        return
    with Output.open(None) as terminal:
        terminal.doc(Doc([Note(awaited(g, options.goal))]))
    gdb.flush()


def _report(
    options: Namespace, output: Output, g: G, outcome: Outcome, *, is_timeout: bool
) -> None:
    """Say how it ended, and select the goroutine if it has come to its goal."""
    from gogdb.view.doc.document import Doc, Note
    from gogdb.view.goroutine import sentence as selected_sentence
    from gogdb.view.json.until import until_json
    from gogdb.view.until import Pursued, sentence

    where = _where(g, outcome, options.goal)
    seconds = options.timeout or None
    pursued = Pursued(g, options.goal, outcome, where, seconds, is_timeout)
    if options.json:
        output.json(until_json(pursued))
    elif outcome.how == "reached" and where is not None:
        output.line(selected_sentence(where, is_new=True))
        output.command("frame")
    else:
        output.doc(Doc([Note(sentence(pursued), "warn")]))


def _where(g: G, outcome: Outcome, goal: str) -> Where | None:
    """Return where the goroutine is now, None if it or the program has ended.

    If it has reached its goal, select it as go-goroutine does when parked, or else its thread.
    """
    from gogdb.commands.goroutine_frames import find, position, select_thread, show
    from gogdb.errors import GogdbError
    from gogdb.gdbhost.target import alive

    if outcome.how == "ended" or not alive():
        return None
    try:
        now = find(str(g.goid))
        if outcome.how != "reached":
            return position(now)
        return show(now) if goal == "parked" else select_thread(now)
    except GogdbError:
        if outcome.how == "reached":
            raise
        return None
