"""The files whose symbols GDB has: programs, shared libraries, separate debug files.

GDB's Python API tells neither where the sections of a file are in memory, nor which sections it
has, so they are parsed from the text of `maint info sections`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

import gdb

from gogdb.gdbhost.gdb_text import execute, read_path
from gogdb.inferior.debug_file import MARK

__all__ = ["LOADED", "LoadedSection", "Objfile", "main_path", "plain_path", "read_objfiles"]

LOADED = "ALLOC"
"""The filter of `maint info sections` for sections that are loaded.

The other sections of a core are the registers of its threads. The time that GDB takes to list them
grows with the square of their number.
"""

_DEBUG_INFO = (".debug_info", ".zdebug_info")
_FILE = re.compile(r"^(?:Exec|Object|Core) file: ", re.M)  # a core file is listed last
_SECTION = re.compile(r"^ *\[\d+\] +0x([0-9a-f]+)->0x([0-9a-f]+) at 0x[0-9a-f]+: (\S+)(.*)$", re.M)


class LoadedSection(NamedTuple):
    """A section at [`start`, `end`) in memory; a debug file has it without its contents."""

    start: int
    end: int
    allocated: bool
    has_contents: bool


class Objfile(NamedTuple):
    """A file that GDB has read. `path` is as GDB names it; `build_id` is "" if it has none.

    `sections` are those that are loaded, those with DWARF's .debug_info, and gogdb's own mark.
    """

    handle: gdb.Objfile
    path: str
    build_id: str
    sections: Mapping[str, LoadedSection]

    @property
    def has_debug_info(self) -> bool:
        """Whether it has DWARF."""
        return any(name in self.sections for name in _DEBUG_INFO)

    @property
    def is_made_by_gogdb(self) -> bool:
        """Whether gogdb has written it, from what a stripped program has in other forms."""
        return MARK in self.sections


def main_path() -> str:
    """Return the path of the main executable as GDB names it, "" if GDB has none."""
    space = gdb.current_progspace()
    return (read_path(lambda: space.filename) if space else None) or ""


def plain_path(path: str) -> str:
    """Return a path of GDB's without the mark that the file is the target's."""
    return path.removeprefix("target:")


def read_objfiles() -> list[Objfile]:
    """Return the files that GDB has read for the current program space, in GDB's order."""
    wanted = " ".join((LOADED, *_DEBUG_INFO, MARK))
    listed = _FILE.split(execute(f"maint info sections -all-objects {wanted}"))[1:]
    return list(map(_objfile, gdb.objfiles(), listed))


def _objfile(objfile: gdb.Objfile, listing: str) -> Objfile:
    path = read_path(lambda: objfile.filename)
    return Objfile(objfile, path or "", objfile.build_id or "", _sections(listing))


def _sections(listing: str) -> dict[str, LoadedSection]:
    return dict(_section(match) for match in _SECTION.finditer(listing))


def _section(match: re.Match[str]) -> tuple[str, LoadedSection]:
    flags = match[4].split()
    where = int(match[1], 16), int(match[2], 16)
    return match[3], LoadedSection(*where, "ALLOC" in flags, "HAS_CONTENTS" in flags)
