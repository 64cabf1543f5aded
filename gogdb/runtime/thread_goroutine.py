"""Find the goroutine that a thread works for: cheap enough for each hit of a breakpoint."""

from __future__ import annotations

from typing import NamedTuple

from gogdb.errors import GogdbError
from gogdb.inferior.layout import Reader, Struct
from gogdb.inferior.memory import Memory
from gogdb.runtime.current_g import g_slot

__all__ = ["GoroutineFinder", "ThreadGoroutine"]


class ThreadGoroutine(NamedTuple):
    """A goroutine; `labels` is the address of its profiler labels (g.labels), 0 for none."""

    goid: int
    labels: int


class GoroutineFinder:
    """Finds the goroutine of a thread; made once for a program.

    `g` and `m` are the layouts of runtime.g and runtime.m; `tls_offset` is the distance in bytes
    from the thread pointer to the word that holds the current g.
    """

    def __init__(self, g: Struct, m: Struct, tls_offset: int | None) -> None:
        for struct, field in ((g, "goid"), (g, "m"), (m, "curg")):
            struct.offset(field)  # raises if there is none
        self._g = Reader(g, ("goid", "m", "labels"))
        self._curg = m.offset("curg")
        self._tls_offset = tls_offset

    def find(self, memory: Memory, thread_pointer: int) -> ThreadGoroutine | None:
        """Return the goroutine, None on a thread that works for none.

        On a system stack, in C and in a signal handler it is m.curg. There is none before the
        runtime has started, on a thread of C, and while the scheduler looks for a goroutine.
        Raises `Unreadable`, and `GogdbError` for a program that keeps g in a register only.
        """
        if self._tls_offset is None:
            raise GogdbError("this program does not keep the current g in thread-local storage")
        if not thread_pointer:
            return None
        return self.of(memory, _word(memory, g_slot(thread_pointer, self._tls_offset)))

    def of(self, memory: Memory, g: int) -> ThreadGoroutine | None:
        """Return a g as a goroutine; for a g0 or gsignal, the one that its M is bound to."""
        goid, m, labels = self._fields(memory, g) if g else (0, 0, 0)
        if g and not goid and m:  # a g0 or a gsignal, which has no goid
            curg = _word(memory, m + self._curg)
            goid, _, labels = self._fields(memory, curg) if curg else (0, 0, 0)
        return ThreadGoroutine(goid, labels) if goid else None

    def _fields(self, memory: Memory, g: int) -> tuple[int, int, int]:
        goid, m, labels = self._g.read(memory.read(g, self._g.size))
        return goid or 0, m or 0, labels or 0


def _word(memory: Memory, address: int) -> int:
    return int.from_bytes(memory.read(address, 8), "little")
