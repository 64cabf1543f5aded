"""Text from GDB that may not be valid UTF-8.

GDB's Python API decodes everything as UTF-8 and raises if it cannot. That happens with paths in
other encodings, and with thread names, which the kernel truncates to 15 bytes, possibly within a
character.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import gdb

__all__ = ["execute", "read_path"]


def execute(command: str) -> str:
    """Run a GDB command and return its output; invalid bytes are replaced.

    The command has run even if GDB could not decode what it printed. Raises `gdb.error`.
    """
    try:
        return gdb.execute(command, to_string=True)
    except UnicodeDecodeError as error:
        return error.object.decode(errors="replace")


def read_path(read: Callable[[], str | None]) -> str | None:
    """Return the path that `read` gets from GDB, in a form that Python can open."""
    try:
        return read()
    except UnicodeDecodeError as error:
        return os.fsdecode(error.object)
