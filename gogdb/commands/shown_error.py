"""Errors of commands as GDB's own, for GDB to show in one line."""

from __future__ import annotations

import gdb

from gogdb.errors import ShownError, TargetLostError
from gogdb.gdbhost import parameters

__all__ = ["gdb_error"]

_LONGEST_ERROR = 600  # characters
_SIGN = 3  # cells of the sign that some GDBs write before an error


def gdb_error(error: ShownError | gdb.error | SystemError) -> gdb.GdbError:
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
