"""Which memory of the process GDB's core file does not hold.

Where a core has no contents for memory that the process had, GDB reads zeros, or the data that the
program started with. The kernel leaves contents out of memory that was never written, of mapped
files, and of all that coredump_filter excludes (core(5)). So only memory that cannot be written is
taken from the program's file.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import gdb

from gogdb.gdbhost.gdb_text import execute
from gogdb.gdbhost.objfiles import LOADED

__all__ = ["CoreFile", "current"]

_CORE = re.compile(r"^Core file: .(.*).,", re.M)
# [3]  0x00400000->0x00401000 at 0x00002000: load1 ALLOC LOAD READONLY CODE HAS_CONTENTS
_SEGMENT = re.compile(r"(0x[0-9a-f]+)->(0x[0-9a-f]+) at (0x[0-9a-f]+): load\d+\w? (.*)")


class _Segment(NamedTuple):
    """Memory from `start` to `end`, whose contents, if any, are at an offset in the file."""

    start: int
    end: int
    offset: int
    flags: Sequence[str]

    @property
    def is_hole(self) -> bool:
        return "HAS_CONTENTS" not in self.flags and "READONLY" not in self.flags


class CoreFile:
    """The core file of the selected inferior."""

    def __init__(self, path: str, segments: Sequence[_Segment]) -> None:
        self.path = path
        self._segments = segments
        holes = sorted((s.start, s.end) for s in segments if s.is_hole)
        self._starts = [start for start, _ in holes]
        self._ends = [end for _, end in holes]

    def lacks(self, address: int, size: int) -> bool:
        """Report whether it lacks any of `size` bytes at `address` that the process could write."""
        index = bisect_left(self._ends, address + 1)
        return index < len(self._starts) and self._starts[index] < address + size

    def holds(self, address: int, size: int) -> bool:
        """Report whether `size` bytes at `address` are in the core file itself."""
        return any(
            s.start <= address and address + size <= s.end and "HAS_CONTENTS" in s.flags
            for s in self._segments
        )

    def had_no_data(self, address: int) -> bool:
        """Report whether the process had no memory at `address` that it could write.

        False if that cannot be known: the file may have been made without such memory.
        """
        writable = [s for s in self._segments if "READONLY" not in s.flags]
        known = any("HAS_CONTENTS" in s.flags for s in writable)
        return known and not any(s.start <= address < s.end for s in writable)

    def problems(self) -> Iterator[str]:
        """Yield what is wrong with the file as a whole, and what to do next time."""
        written = [s for s in self._segments if "HAS_CONTENTS" in s.flags]
        expected = max((s.offset + s.end - s.start for s in written), default=0)
        try:
            size = os.stat(self.path).st_size
        except OSError:
            return
        if size < expected:
            yield (
                f"the core file is cut short, it has {size} of {expected} bytes: check `ulimit -c` "
                "and the free space where it was written"
            )
        if self._starts and all("READONLY" in s.flags for s in written):
            yield (
                "the core file has none of the data that the program wrote: its coredump_filter "
                "left that out, `echo 0x33 > /proc/PID/coredump_filter` puts it in"
            )


_core: CoreFile | None = None
_number = 0


def current() -> CoreFile | None:
    """Return the core file that GDB reads, None for a process. It is looked at once."""
    global _core, _number
    target = getattr(gdb.selected_inferior(), "connection", None)
    if target is None or target.type != "core":
        return None
    number = target.num  # GDB never uses a number again
    if _core is None or _number != number:
        _core, _number = _read(), number
    return _core


def _read() -> CoreFile:
    sections = execute(f"maint info sections {LOADED}")
    path = _CORE.search(sections)
    listed = sections[path.end() :] if path else ""
    return CoreFile(
        path[1] if path else "",
        [
            _Segment(int(start, 16), int(end, 16), int(offset, 16), flags.split())
            for start, end, offset, flags in _SEGMENT.findall(listed)
        ],
    )
