"""Command lines of a GDB without a user."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

__all__ = ["LOAD", "SETTINGS", "execute", "quiet"]

SETTINGS = (
    "set debuginfod enabled off",
    "set auto-load python-scripts off",
    # A busy machine may need longer than GDB's 2 s to start gdbserver. GDB then repeats its
    # request, and takes the second reply for the reply to its next request.
    "set remotetimeout 60",
)
"""Commands that a GDB of the tests executes before it loads a program."""

LOAD = 'python import sys; sys.path.insert(0, "gogdb.zip"); import gogdb.load'
"""Loads gogdb from the archive of that name in the directory that GDB was started in."""


def quiet(gdb: Path) -> list[str]:
    """Return the beginning of a command line: no init file, and no script of the program."""
    return [str(gdb), "-nx", "-q", "-batch", *execute(SETTINGS, "-iex")]


def execute(commands: Iterable[str], option: str = "-ex") -> list[str]:
    """Return the options that execute GDB commands in this order."""
    return [argument for command in commands for argument in (option, command)]
