"""The commands as GDB knows them: names, completion, errors.

What a command does is imported when it is first used, so that loading gogdb costs little.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

import gdb

from gogdb.commands.help import COMMANDS
from gogdb.errors import GogdbError
from gogdb.gdbhost import parameters
from gogdb.i18n import use_language

__all__ = ["failure", "register"]

_Run = Callable[[str, bool], None]


def failure(error: GogdbError) -> gdb.GdbError:
    """An error as GDB says it: a file's name in it can hold anything."""
    from gogdb.render.clean import escape

    return gdb.GdbError(escape(str(error)))


class _Command(gdb.Command):
    """One command: `module` has `run(words, typed)` and `complete(words, word)`.

    It may have `once(words)`: whether an empty line is not to do the same again.
    """

    def __init__(self, name: str, module: str, doc: str, kind: int) -> None:
        self.__doc__ = doc
        self._name = name
        self._module = module
        super().__init__(name, kind)

    def invoke(self, words: str, from_tty: bool) -> None:
        try:
            with use_language(parameters.language()):
                module = import_module(self._module)
                if getattr(module, "once", lambda words: False)(words):
                    self.dont_repeat()
                module.run(words, from_tty)
        except GogdbError as error:
            raise failure(error) from None
        except KeyboardInterrupt:
            raise gdb.GdbError("Quit") from None  # as GDB itself says at its pager

    def complete(self, text: str, word: str | None) -> Sequence[str]:
        found: Sequence[str] = import_module(self._module).complete(text)
        start = len(text) - len(text.split(" ")[-1]) if word is None else len(text) - len(word)
        typed = text[start:]
        return [name for name in found if name.startswith(typed)]


_COMMANDS = {
    "go-boot": ("gogdb.commands.boot", gdb.COMMAND_RUNNING),
    "go-gmp": ("gogdb.commands.gmp", gdb.COMMAND_STATUS),
    "go-gobuf": ("gogdb.commands.gobuf", gdb.COMMAND_STATUS),
    "go-stacks": ("gogdb.commands.stacks", gdb.COMMAND_STACK),
}


def register() -> None:
    for name, (module, kind) in _COMMANDS.items():
        _Command(name, module, COMMANDS[name], kind)
