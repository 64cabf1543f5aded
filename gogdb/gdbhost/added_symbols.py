"""Symbols that gogdb adds to those that GDB has of a program, and takes away again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost.displays import keep_displays
from gogdb.gdbhost.gdb_text import execute, without_demangling
from gogdb.gdbhost.objfiles import main_path, plain_path, read_objfiles
from gogdb.gdbhost.selected_frame import keep_frame
from gogdb.gdbhost.temporary_file import close_unused, objfile_path, temporary_file
from gogdb.inferior.build import build_id
from gogdb.inferior.elf import ElfFile

__all__ = ["Added", "Unnamed", "add", "added", "remove"]


class Unnamed(NamedTuple):
    """A breakpoint that was set by a name; `stops` if it stays at its address."""

    number: int
    stops: bool


class Added(NamedTuple):
    """What GDB has been given of a program."""

    names: bool
    lines: bool


def added(program: gdb.Objfile) -> Added:
    """Return what was added to a program, and has not been removed."""
    made = [objfile for objfile in read_objfiles() if objfile.is_made_by_gogdb]
    ours = [objfile for objfile in made if objfile.handle.owner == program]
    lines = [objfile.has_debug_info for objfile in ours]
    return Added(names=not all(lines), lines=any(lines))


def add(program: gdb.Objfile, contents: bytes) -> None:
    """Let GDB read a separate debug file of a program. Raises `GogdbError`."""
    close_unused()
    path = temporary_file(contents)
    try:
        with keep_frame(), without_demangling():
            program.add_separate_debug_file(path)
    except gdb.error as error:
        close_unused()
        raise GogdbError("GDB cannot read the symbols", str(error)) from None


def remove(program: gdb.Objfile) -> Sequence[Unnamed]:
    """Let GDB read a program anew, without what was added; breakpoints and displays are kept.

    Return the breakpoints that GDB cannot find by name any more. Raises `GogdbError` if GDB cannot
    read the program.
    """
    path = objfile_path(program)
    if path != main_path():
        raise GogdbError(
            "GDB can read a shared library anew only together with all others",
            "`nosharedlibrary` and `sharedlibrary` do that",
        )
    _check_unchanged(program, path)
    enabled = [each for each in gdb.breakpoints() if each.enabled]
    with keep_frame(), keep_displays():
        try:
            execute(f"symbol-file {_quoted(path)}")
        except gdb.error as error:
            raise GogdbError(f"GDB cannot read {path} again", str(error)) from None
    close_unused()
    # GDB disables those whose functions it does not find
    return [_enable(each) for each in enabled if each.is_valid() and not each.enabled]


def _check_unchanged(program: gdb.Objfile, path: str) -> None:
    """Raise `GogdbError` if a file of this machine is not the one that GDB has read any more."""
    if plain_path(path) != path:
        return
    elf = ElfFile.open(path)
    ours = build_id(elf)
    elf.close()
    if ours != (program.build_id or ""):
        raise GogdbError(
            f"{path} is not the file any more that GDB has read", "`file` names the right one"
        )


def _enable(breakpoint: gdb.Breakpoint) -> Unnamed:
    """Enable a breakpoint again if it has an address or can get one."""
    with suppress(gdb.error):  # a watchpoint whose expression has no value any more
        breakpoint.enabled = True
    return Unnamed(breakpoint.number, breakpoint.enabled and not breakpoint.pending)


def _quoted(path: str) -> str:
    """Return a path as one argument of a command (gdb_buildargv)."""
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
