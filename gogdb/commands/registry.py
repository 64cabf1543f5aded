"""The commands and convenience functions as GDB objects: names, help, completion, errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gdb

from gogdb.commands import catalog, mi, thread_names
from gogdb.commands.declaration import Command, Function
from gogdb.commands.functions import FUNCTIONS
from gogdb.commands.help import command_help, function_help
from gogdb.commands.shown_error import gdb_error
from gogdb.errors import ShownError
from gogdb.gdbhost import parameters
from gogdb.i18n import use_language

TYPE_CHECKING = False  # without importing typing
if TYPE_CHECKING:
    from argparse import Namespace  # takes time to import

__all__ = ["register"]


def register() -> None:
    """Register every command and every convenience function."""
    for module in catalog.modules():
        _Command(module.COMMAND, module.run)
    mi.register()
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

        thread_names.command_begins()
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
            raise gdb_error(error) from None
        except KeyboardInterrupt:
            raise gdb.GdbError("Quit") from None  # what GDB itself says at its pager
        finally:
            thread_names.command_ends()

    def complete(self, text: str, word: str | None) -> Sequence[str]:
        """Return what may stand in place of `word`, the end of `text`.

        GDB breaks words at `-` and `.` too, so `word` can be a part of an option or a name.
        """
        if word is None:  # GDB asks whether another kind of completion applies
            return ()
        from gogdb.commands.completion import candidates

        before, _, begun = text.rpartition(" ")
        cut = len(begun) - len(word)
        words = candidates(self._command, before.split(), begun)
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
            raise gdb_error(error) from None
        except KeyboardInterrupt:  # in a condition, GDB 18 would not report the stop
            raise gdb.GdbError("Quit") from None


def _repeats(command: Command, options: Namespace) -> bool:
    """Report whether Enter at GDB's prompt is to repeat the command."""
    verb = command.verb(options.verb) if command.verbs else None
    return verb.repeats if verb else command.repeats
