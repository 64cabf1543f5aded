"""Commands of GDB/MI for front ends: they return what --json has, as MI values."""

from __future__ import annotations

from collections.abc import Sequence

import gdb

from gogdb.commands.shown_error import gdb_error
from gogdb.errors import GogdbError, ShownError

TYPE_CHECKING = False  # without importing typing
if TYPE_CHECKING:
    from argparse import Namespace

__all__ = ["register"]

# By the MI command: the file of the command, and what comes before the arguments
_COMMANDS = {
    "-go-goroutines": ("gmp", ("g",)),
    "-go-gmp": ("gmp", ()),
    "-go-gobuf": ("gobuf", ()),
    "-go-stacks": ("stacks", ()),
}


def register() -> None:
    """Register the commands, which is cheap."""
    for name, (module, first) in _COMMANDS.items():
        _MICommand(name, module, first)


class _MICommand(gdb.MICommand):
    def __init__(self, name: str, module: str, first: Sequence[str]) -> None:
        self._name = name
        self._module = module
        self._first = first
        super().__init__(name)

    def invoke(self, arguments: list[str]) -> dict[str, object]:
        """Run the command and return its answer. Raises `gdb.GdbError`, of one line."""
        try:
            return self._answer([*self._first, *arguments])
        except (ShownError, gdb.error, SystemError) as error:
            raise gdb_error(error) from None
        except KeyboardInterrupt:
            raise gdb.GdbError("Quit") from None

    def _answer(self, arguments: Sequence[str]) -> dict[str, object]:
        import json
        from importlib import import_module
        from io import StringIO
        from shlex import join

        from gogdb.commands.parser import parse
        from gogdb.render.mi import mi_value

        module = import_module(f"gogdb.commands.{self._module}")
        options = parse(module.COMMAND, join(arguments))
        self._check(options)
        options.json, options.out = True, StringIO()
        if self._module == "stacks" and not options.gs:
            options.all = True  # MI takes a leading --all for its own option
        module.run(options, False)
        answer = mi_value(json.loads(options.out.getvalue()), _in_charset)
        assert isinstance(answer, dict)
        return answer

    def _check(self, options: Namespace) -> None:
        """Raise `GogdbError` for options that have no place here."""
        for given, option in ((options.out, "--out"), (options.help, "--help")):
            if given:
                raise GogdbError(f"{self._name}: no option {option}", "it is for a person at GDB")


def _in_charset(text: str) -> str:
    """Return a text that GDB can write; characters that its charset does not have are escaped."""
    charset = gdb.host_charset()
    return text.encode(charset, "backslashreplace").decode(charset)
