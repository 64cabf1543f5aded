"""The options with which GDB loads gogdb: by its scripts, or from a zip archive."""

from __future__ import annotations

from pathlib import Path

from gogdb.launch import paths

__all__ = ["before_program", "load"]


def before_program() -> list[str]:
    """Return options for what is done before GDB opens the program."""
    if archive := paths.archive():
        return ["-iex", _import(archive, "gogdb.gdbhost.go_script")]
    return ["-ix", str(paths.before_program())]


def load() -> list[str]:
    """Return options that load gogdb."""
    if archive := paths.archive():
        return ["-ex", _import(archive, "gogdb.load")]
    return ["-x", str(paths.gdbinit())]


def _import(archive: Path, module: str) -> str:
    return f"python import sys; sys.path.insert(0, {str(archive)!r}); import {module}"
