"""The convenience functions as GDB knows them: names, errors.

As with the commands, what a function does is imported when it is first called.
"""

from __future__ import annotations

from importlib import import_module

import gdb

from gogdb.commands.help import FUNCTIONS
from gogdb.commands.registry import failure
from gogdb.errors import GogdbError

__all__ = ["register"]


class _Function(gdb.Function):
    """One function: `gogdb.commands.convenience` has what it does, under its name."""

    def __init__(self, name: str, doc: str) -> None:
        self.__doc__ = doc
        self._name = name
        super().__init__(name)

    def invoke(self, *arguments: gdb.Value) -> gdb.Value | int:
        try:
            value: gdb.Value | int = import_module("gogdb.commands.convenience").call(
                self._name, arguments
            )
        except GogdbError as error:
            raise failure(error) from None
        return value


def register() -> None:
    for name, doc in FUNCTIONS.items():
        _Function(name, doc)
