"""The commands and convenience functions as GDB objects: names, help, completion, errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gdb

from gogdb.commands import catalog
from gogdb.commands.declaration import Command, Function
from gogdb.commands.functions import FUNCTIONS
from gogdb.commands.help import command_help, function_help
from gogdb.errors import ShownError, TargetLostError
from gogdb.gdbhost import parameters
from gogdb.i18n import use_language

TYPE_CHECKING = False  # without importing typing
if TYPE_CHECKING:
    from argparse import Namespace  # takes time to import

__all__ = ["register"]

_LONGEST_ERROR = 600  # characters
_SIGN = 3  # cells of the sign that some GDBs write before an error


def register() -> None:
    """Register every command and every convenience function."""
    for module in catalog.modules():
        _Command(module.COMMAND, module.run)
    for function in FUNCTIONS:
        _Function(function)


class _Command(gdb.Command):
    def __init__(self, command: Command, run: Callable[[Namespace, bool], bool | None]) -> None:
        self.__doc__ = command_help(command)
        self._command = command
        self._run = run
        super().__init__(command.name, getattr(gdb, command.gdb_class))

    def invoke(self, text: str, from_tty: bool) -> None:
        from gogdb.commands.output import show_help
        from gogdb.commands.parser import parse

        try:
            with use_language(parameters.language()):
                options = parse(self._command, text)
                if not _repeats(self._command, options):
                    self.dont_repeat()
                if options.help:
                    show_help(self._command, options)
                elif self._run(options, from_tty) is False:
                    self.dont_repeat()
        except (ShownError, gdb.error, SystemError) as error:
            raise _gdb_error(error) from None
        except KeyboardInterrupt:
            raise gdb.GdbError("Quit") from None  # what GDB itself says at its pager

    def complete(self, text: str, word: str | None) -> Sequence[str]:
        """Return what may stand in place of `word`, the end of `text`.

        GDB breaks words at `-` and `.` too, so `word` can be a part of an option or a name.
        """
        if word is None:  # GDB asks whether another kind of completion applies
            return ()
        from gogdb.commands.completion import candidates

        before, _, begun = text.rpartition(" ")
        cut = len(begun) - len(word)
        words = candidates(self._command, before.split())
        return [candidate[cut:] for candidate in words if candidate.startswith(begun)]


class _Function(gdb.Function):
    def __init__(self, function: Function) -> None:
        self.__doc__ = function_help(function)
        self._function = function
        super().__init__(function.name)

    def invoke(self, *arguments: gdb.Value) -> gdb.Value | int:
        from gogdb.commands.convenience import call

        try:
            return call(self._function, arguments)
        except (ShownError, gdb.error, SystemError) as error:
            raise _gdb_error(error) from None


def _repeats(command: Command, options: Namespace) -> bool:
    """Report whether Enter at GDB's prompt is to repeat the command."""
    verb = command.verb(options.verb) if command.verbs else None
    return verb.repeats if verb else command.repeats


def _gdb_error(error: ShownError | gdb.error | SystemError) -> gdb.GdbError:
    """Return an error for GDB to show; a name in it can be long or contain control characters."""
    from gogdb.render.clean import escape

    text = escape(str(error if isinstance(error, ShownError) else _explained(error)))
    half = _LONGEST_ERROR // 2
    return gdb.GdbError(
        _broken(text if len(text) <= 2 * half else f"{text[:half]}...{text[-half:]}")
    )


def _broken(text: str) -> str:
    """Return an error as lines that fit, where a person reads it; else in one line.

    A terminal would break it within a word. GDB's line editor is on where a person types, unless
    a program does so through a terminal and has not turned it off.
    """
    cells = parameters.prompt_width() - _SIGN
    if cells <= 0 or len(text) <= cells:
        return text
    import re
    import textwrap

    # A command stays whole, to be copied: textwrap does not break at no-break spaces
    text = re.sub("`[^`]+`", lambda command: command[0].replace(" ", "\u00a0"), text)
    lines = textwrap.fill(text, cells, break_long_words=False, break_on_hyphens=False)
    return lines.replace("\u00a0", " ")


def _explained(error: gdb.error | SystemError) -> ShownError:
    """Return what an error of GDB's own means, which has ended a command.

    It comes when GDB loses the process in the middle of one; GDB 13 then returns nothing from some
    of its functions, which is a SystemError.
    """
    from gogdb.gdbhost import process

    try:
        process.check(error)
    except TargetLostError as lost:
        return lost
    message = " ".join(str(error).split())
    return ShownError(f"GDB could not go on: {message}", "`info inferiors` shows what it has")
