"""The command go-symbols."""

from __future__ import annotations

from gogdb.commands.declaration import Argument, Command, Option

TYPE_CHECKING = False  # without importing typing
if TYPE_CHECKING:
    from argparse import Namespace

    import gdb

    from gogdb.commands.session import Session
    from gogdb.view.symbols import Symbols

__all__ = ["COMMAND", "run"]

COMMAND = Command(
    "go-symbols",
    "Let GDB know the functions of a stripped Go program by their names.",
    "COMMAND_FILES",
    arguments=(Argument("switch", "off", "optional", choices=("off",)),),
    options=(
        Option(
            "--lines",
            "also files and lines: `break main.go:12`, `list`, `next`; takes longer for a large "
            "program",
        ),
    ),
    about=(
        "The program's own tables have every function, and gogdb has found variables of the "
        "runtime. GDB gets both as symbols, and can unwind stacks of Go: `break main.main`, "
        "`info symbol`, `x/i` and `bt` work as in a program that was not stripped. Works before "
        "the program runs, too.",
        "off takes the symbols away again. Nothing is written beside the program.",
    ),
    examples=("go-symbols",),
    repeats=False,
)


def run(options: Namespace, from_tty: bool) -> None:
    """Run go-symbols."""
    from gogdb.commands.output import Output
    from gogdb.commands.session import session
    from gogdb.errors import GogdbError
    from gogdb.view import symbols
    from gogdb.view.json.symbols import symbols_json

    removes = options.switch == "off"
    if removes and options.lines:
        raise GogdbError("off takes away all that was added", "leave out --lines")
    current = session()
    with Output.open(options.out) as output:
        answer = _remove(current) if removes else _add(current, options.lines)
        if options.json:
            output.json(symbols_json(answer))
        else:
            output.doc(symbols.document(answer))


def _add(current: Session, lines: bool) -> Symbols:
    from gogdb.gdbhost import added_symbols
    from gogdb.runtime.stripped.symbol_file import counts, line_file, symbol_file
    from gogdb.view.symbols import State, Symbols

    objfile = _objfile(current)
    table = current.recovered
    if table is None:
        return Symbols("not needed", current.path)
    before = added_symbols.added(objfile)
    if before.names:
        known = counts(table)
    else:
        contents, known = symbol_file(table, current.arch)
        added_symbols.add(objfile, contents)
    if lines and not before.lines:
        added_symbols.add(objfile, line_file(table, current.arch))
    is_new = added_symbols.added(objfile) != before
    state: State = "added" if is_new else "already added"
    return Symbols(state, current.path, *known, lines or before.lines)


def _remove(current: Session) -> Symbols:
    from gogdb.gdbhost import added_symbols
    from gogdb.view.symbols import Symbols

    objfile = _objfile(current)
    before = added_symbols.added(objfile)
    if not any(before):
        return Symbols("not added", current.path)
    walk = current.walk_here
    unnamed = added_symbols.remove(objfile)
    if walk:  # which belongs to the program as GDB has read it now
        current.keep(walk)
    return Symbols(
        "removed",
        current.path,
        breakpoints=[each.number for each in unnamed],
        pending=[each.number for each in unnamed if not each.stops],
        had_lines=before.lines,
    )


def _objfile(current: Session) -> gdb.Objfile:
    """Return what GDB has read of the program. Raises `GogdbError` if it has not read it."""
    from gogdb.errors import GogdbError

    if current.file.objfile is None:
        raise GogdbError("GDB has no file of the program", f"`file {current.path}` names it")
    return current.file.objfile
