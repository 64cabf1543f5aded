"""The command go-goroutine."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.commands.arguments import goroutine_names
from gogdb.commands.declaration import Argument, Command

TYPE_CHECKING = False  # without importing typing
if TYPE_CHECKING:
    from argparse import Namespace

    from gogdb.commands.output import Output
    from gogdb.view.goroutine import Where

__all__ = ["COMMAND", "run"]


def _names() -> Sequence[str]:
    return ("off", *goroutine_names())


COMMAND = Command(
    "go-goroutine",
    "Select a goroutine: GDB's own commands are then about its frames.",
    "COMMAND_STACK",
    arguments=(
        Argument("g", "G", "optional", values=_names),
        Argument("command", "[COMMAND]", "line"),
    ),
    about=(
        "A G is a goid, g0, mN.g0, mN.gsignal, mN.curg or an address. Afterwards `bt`, `up`, "
        "`down`, `frame`, `info locals`, `info args`, `print`, `list` and `x` show that goroutine, "
        "whether or not it runs, in core files too. Its innermost frame outside the runtime is "
        "selected.",
        "With a COMMAND, run it there and come back. Without a G, say which goroutine is selected. "
        "off returns to the thread; so do `thread N`, and whatever lets the program run.",
        "Nothing is written to the program: an unwinder leads GDB from the thread's innermost "
        "frame, which `bt` leaves out and `frame apply` does not, to the goroutine. The numbers of "
        "frames begin after it; `frame 0` returns to the thread.",
    ),
    examples=("go-goroutine 7", "go-goroutine 7 info locals"),
    repeats=False,
)


def run(options: Namespace, from_tty: bool) -> None:
    """Run go-goroutine."""
    from gogdb.commands.output import Output

    with Output.open(options.out) as output:
        if options.g is None:
            _say_where(options, output)
        elif options.g == "off":
            _leave(options, output)
        elif options.command:
            _run_there(options, output)
        else:
            _select(options, output)


def _select(options: Namespace, output: Output) -> None:
    from gogdb.commands.goroutine_frames import find, show
    from gogdb.errors import GogdbError
    from gogdb.gdbhost import goroutine_view

    if goroutine_view.is_for_dap():
        raise GogdbError(
            "a client of GDB's DAP selects frames of threads only",
            f"`go-goroutine {options.g} bt` runs a command there",
        )
    _say(options, output, show(find(options.g)), is_new=True)


def _say_where(options: Namespace, output: Output) -> None:
    """Say which goroutine is selected, or else which one the selected thread is on."""
    from gogdb.commands.goroutine_frames import selected

    _say(options, output, selected(), is_new=False)


def _say(options: Namespace, output: Output, where: Where, *, is_new: bool) -> None:
    from gogdb.view.doc.document import Doc
    from gogdb.view.goroutine import notes, sentence
    from gogdb.view.json.goroutine import goroutine_json

    if options.json:
        output.json(goroutine_json(where))
        return
    output.line(sentence(where, is_new=is_new))
    output.command("frame")
    output.doc(Doc(notes(where)))


def _run_there(options: Namespace, output: Output) -> None:
    from gogdb.commands.goroutine_frames import find, run_in
    from gogdb.gdbhost import goroutine_view
    from gogdb.view.json.goroutine import goroutine_json

    captured = options.json or options.out is not None
    with goroutine_view.kept():
        where, text = run_in(find(options.g), options.command, captured=captured)
    if options.json:
        output.json({**goroutine_json(where), "output": text})
    else:
        output.text(text)


def _leave(options: Namespace, output: Output) -> None:
    from gogdb.errors import GogdbError
    from gogdb.gdbhost import goroutine_view

    if options.command:
        raise GogdbError("off takes no command", "`go-goroutine G COMMAND` runs one in a goroutine")
    goroutine_view.leave(return_to_thread=True)
    if options.json:
        output.json(None)
    else:
        output.command("frame")
