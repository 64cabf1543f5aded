"""Unwinders and filters that a setting registers with GDB for one program at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import gdb

from gogdb.errors import ShownError

if TYPE_CHECKING:  # takes time to import, and most sessions do without
    from gogdb.runtime.program import Program

__all__ = ["PerProgram"]


class Registered(Protocol):
    """An unwinder or a filter that knows one program."""

    def register(self) -> None:
        """Let GDB use it."""

    def unregister(self) -> None:
        """Let GDB do without it."""


class PerProgram:
    """Registers what `make` returns for the current program, while it is switched on.

    At each stop and prompt `prepare` is called, and `make` if the program is another one. Both may
    raise `ShownError` or `gdb.error` if the program cannot be read: then nothing is registered.
    """

    def __init__(
        self,
        make: Callable[[Program], Registered],
        prepare: Callable[[Program], None] | None = None,
    ) -> None:
        self._make = make
        self._prepare = prepare
        self._is_on = False
        self._registered: Registered | None = None
        self._program: Program | None = None  # the one that `_registered` knows

    def switch(self, on: bool) -> None:
        """Register it from now on, or no longer."""
        if on == self._is_on:
            return
        self._is_on = on
        for event in (gdb.events.stop, gdb.events.before_prompt):
            (event.connect if on else event.disconnect)(self._update)
        if on:
            self._update()
        else:
            self._forget()

    def _forget(self) -> None:
        if self._registered is not None:
            self._registered.unregister()
        self._registered = self._program = None

    def _update(self, _: object = None) -> None:
        from gogdb.commands.session import session

        try:
            program = session().stopped()
            if self._prepare is not None:
                self._prepare(program)
            if program is self._program:
                return
            self._forget()
            registered = self._make(program)
        except (ShownError, gdb.error):  # no program that can be read, or not yet
            self._forget()
            return
        self._registered, self._program = registered, program
        registered.register()
