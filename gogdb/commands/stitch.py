"""`set gogdb stitch on`: GDB goes on from a system stack to the goroutine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gdb

from gogdb.errors import ShownError

if TYPE_CHECKING:  # takes time to import, and most sessions do without
    from gogdb.gdbhost.stitch_unwinder import StitchUnwinder
    from gogdb.runtime.program import Program

__all__ = ["switch"]

_is_on = False
_unwinder: StitchUnwinder | None = None
_program: Program | None = None  # that it knows


def switch(on: bool) -> None:
    """Use the unwinder from now on, or no longer; nothing is done while it is off."""
    global _is_on
    if on == _is_on:
        return
    _is_on = on
    for event in (gdb.events.stop, gdb.events.before_prompt):
        (event.connect if on else event.disconnect)(_prepare)
    if on:
        _prepare()
    else:
        _forget()


def _forget() -> None:
    global _unwinder, _program
    if _unwinder is not None:
        _unwinder.unregister()
    _unwinder = _program = None


def _prepare(_: object = None) -> None:
    """Let GDB use an unwinder that knows the program, if there is one that stands."""
    global _unwinder, _program
    from gogdb.commands.session import session
    from gogdb.gdbhost.stitch_unwinder import StitchUnwinder
    from gogdb.gdbhost.switch_symbols import load_switch
    from gogdb.runtime.stack_stitch import StackStitch

    try:
        program = session().stopped()
        load_switch(program.arch)
        if program is _program:
            return
        _forget()
        stitch = StackStitch(program)
    except (ShownError, gdb.error):  # no program that can be read, or not yet
        _forget()
        return
    _unwinder, _program = StitchUnwinder(program.arch, stitch), program
    _unwinder.register()
