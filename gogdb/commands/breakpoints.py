"""The command go-break."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.commands.arguments import LOCATION, label_values
from gogdb.commands.declaration import Argument, Command, Option

TYPE_CHECKING = False  # without importing typing
if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["COMMAND", "run"]

_DIGITS = 18  # of a goid


def goids(text: str) -> Sequence[int]:
    """Convert the value of --goid: goids with commas between them."""
    words = text.split(",")
    if all(word.isdecimal() and len(word) <= _DIGITS and int(word) for word in words):
        return tuple(dict.fromkeys(map(int, words)))
    from argparse import ArgumentTypeError

    raise ArgumentTypeError(f"{text} is not a goid, or several as 7,9")


COMMAND = Command(
    "go-break",
    "Set a breakpoint that stops in some goroutines only.",
    "COMMAND_BREAKPOINTS",
    arguments=(LOCATION, Argument("condition", "[if COND]", "line")),
    options=(
        Option(
            "--goid", "stop in the goroutine with this goid, or in several: 7,9", "N", parse=goids
        ),
        Option(
            "--label",
            "stop in goroutines with this profiler label (pprof.Do)",
            "K[=V]",
            values=label_values,
        ),
        Option("--temporary", "delete the breakpoint at its first stop, as tbreak does"),
    ),
    about=(
        "The LOCATION is what `break` takes: main.work, main.(*T).M, main.go:12, *0xADDRESS. COND "
        "is a condition of your own, evaluated in these goroutines only; it takes the rest of the "
        "line, so options stand before `if`. The breakpoint is an ordinary one: `info "
        "breakpoints`, `delete`, `commands` and `ignore` know it, and `condition` replaces its "
        "whole condition, such as $go_runs(7).",
        "What counts is the goroutine that the thread works for: on a system stack, in C code and "
        "in a signal handler the one that its M is bound to, m.curg. If that cannot be read, the "
        "program stops and GDB says why. A goid that does not exist yet is allowed; goids are not "
        "used again.",
        "Each hit takes about a millisecond, in other goroutines too.",
    ),
    examples=("go-break main.work --goid 7,9 if i > 3", "go-break main.go:12 --label user=42"),
    repeats=False,
)
# A condition, and no breakpoint with a `stop` method of its own: `info breakpoints` shows it, the
# user can change it, `save breakpoints` keeps it, and GDB allows no condition beside such a method.


def run(options: Namespace, from_tty: bool) -> None:
    """Run go-break."""
    from gogdb.commands.output import Output
    from gogdb.errors import GogdbError
    from gogdb.gdbhost.breakpoints import set_breakpoint
    from gogdb.view import breakpoints
    from gogdb.view.json.breakpoints import break_json

    if not options.location:
        raise GogdbError("go-break: where?", "for example `go-break main.work --goid 7`")
    if not options.goid and not options.label:
        raise GogdbError(
            "go-break: in which goroutines?", "--goid N or --label K; `break` stops in any"
        )
    with Output.open(options.out) as output:
        breakpoint, text = set_breakpoint(
            options.location,
            _condition(options),
            temporary=options.temporary,
            captured=options.json or options.out is not None,
        )
        if breakpoint is None:
            return
        missing, ended = _missing(options.goid or ())
        made = breakpoints.GoroutineBreakpoint(
            breakpoint, options.goid or (), options.label or "", missing, ended
        )
        if options.json:
            output.json(break_json(made))
        else:
            output.text(text)
            output.doc(breakpoints.document(made))


def _condition(options: Namespace) -> str:
    """Return GDB's condition. The goroutine is tested first: most hits are in others."""
    from gogdb.gdbhost.literals import number, string

    parts = []
    if options.goid:
        parts.append(f"$go_runs({', '.join(map(number, options.goid))})")
    if options.label:
        parts.append(f"$go_has_label({string(options.label)})")
    if options.condition:
        parts.append(f"({options.condition})")
    return " && ".join(parts)


def _missing(goids: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """Return the goids that no goroutine has yet, and the goids of goroutines that have ended.

    Both are empty if the goroutines cannot be listed.
    """
    from gogdb.commands.session import session
    from gogdb.errors import GogdbError
    from gogdb.gdbhost.target import alive

    if not goids:
        return (), ()
    if not alive():
        return goids, ()
    try:
        runtime = session().stopped().read()
    except GogdbError:
        return (), ()
    found = {goid: list(runtime.gs.with_goid(goid)) for goid in goids}
    ended = [goid for goid, gs in found.items() if gs and all(g.is_dead for g in gs)]
    return [goid for goid, gs in found.items() if not gs and not runtime.lacks("gs")], ended
