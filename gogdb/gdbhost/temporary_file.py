"""Files for GDB to read symbols from, which no other process finds and which end with GDB.

GDB reads some of a file later than at once, as when it first unwinds a stack, and may close and
open it in between. So the file is a temporary one without a name that stays open: GDB finds it as
/proc/self/fd/N.
"""

from __future__ import annotations

import os
import tempfile

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost.gdb_text import read_path

__all__ = ["close_unused", "objfile_path", "temporary_file"]

_descriptors: dict[str, int] = {}  # of the open files, by the path that GDB has


def temporary_file(contents: bytes) -> str:
    """Write a temporary file. Return a path by which this process can open it.

    Raises `GogdbError` if it cannot be written.
    """
    try:
        with tempfile.TemporaryFile(prefix="gogdb-") as file:
            file.write(contents)
            file.flush()
            descriptor = os.dup(file.fileno())  # closed by `close_unused` and by nothing else
    except OSError as error:
        raise GogdbError("cannot write a temporary file", error.strerror or str(error)) from None
    path = f"/proc/self/fd/{descriptor}"
    _descriptors[path] = descriptor
    return path


def close_unused() -> None:
    """Close the files whose symbols GDB does not have any more."""
    objfiles = [objfile for space in gdb.progspaces() for objfile in space.objfiles()]
    for path in _descriptors.keys() - set(map(objfile_path, objfiles)):
        os.close(_descriptors.pop(path))


def objfile_path(objfile: gdb.Objfile) -> str:
    """Return the path by which GDB has read a file, "" if it does not know one."""
    return read_path(lambda: objfile.filename) or ""
