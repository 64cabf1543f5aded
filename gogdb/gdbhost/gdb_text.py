"""What GDB answers, though it be no text.

GDB tells its Python everything as UTF-8 and fails where it is not: at a path, or at the name of a
thread, which the kernel cuts after 15 bytes, be it within a character.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import gdb

__all__ = ["ask", "path"]


def ask(command: str) -> str:
    """What GDB says to a command, which is carried out in any case."""
    try:
        return gdb.execute(command, to_string=True)
    except UnicodeDecodeError as error:
        return error.object.decode(errors="replace")


def path(tell: Callable[[], str | None]) -> str | None:
    """A path that GDB's Python tells, as Python opens it."""
    try:
        return tell()
    except UnicodeDecodeError as error:
        return os.fsdecode(error.object)
