"""The files that GDB reads the program from: executables, libraries, the core file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import gdb

from gogdb.files.target import FileId
from gogdb.gdbhost.gdb_text import read_path

__all__ = ["files_in_use"]

_BFD = re.compile(r"^\d+ +0x[0-9a-f]+ +(.*)$", re.M)  # a row of `maint info bfds`


def files_in_use() -> set[FileId]:
    """Return the files that GDB has open, or has read the program from and can open again.

    GDB closes many of them while it is not reading.
    """
    found = set()
    for path in _paths():
        try:
            status = os.stat(path)
        except (OSError, ValueError):  # one of another machine, or a name with strange characters
            continue
        found.add((status.st_dev, status.st_ino))
    return found


def _paths() -> Iterator[str]:
    yield from (f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd"))
    yield from (f"/proc/{inferior.pid}/exe" for inferior in gdb.inferiors() if inferior.pid)
    table = read_path(lambda: gdb.execute("maint info bfds", to_string=True)) or ""
    for row in _BFD.findall(table):
        yield from (row, row.rstrip(" "))  # the column is padded
