"""Command lines of a GDB without a user."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

__all__ = ["LOAD", "execute", "quiet"]

LOAD = 'python import sys; sys.path.insert(0, "gogdb.zip"); import gogdb.load'
"""Loads gogdb from the archive of that name in the directory that GDB was started in."""


def quiet(gdb: Path) -> list[str]:
    """Return the beginning of a command line: no init file, and no script of the program."""
    settings = ["-iex", "set debuginfod enabled off", "-iex", "set auto-load python-scripts off"]
    return [str(gdb), "-nx", "-q", "-batch", *settings]


def execute(commands: Iterable[str]) -> list[str]:
    """Return the options that execute GDB commands in this order."""
    return [argument for command in commands for argument in ("-ex", command)]
