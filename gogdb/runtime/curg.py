"""Find a thread's M and its goroutine by a few small reads: quick enough for an unwinder."""

from __future__ import annotations

from gogdb.runtime.current_g import g_slot
from gogdb.runtime.model import G
from gogdb.runtime.program import Program

__all__ = ["CurgFinder"]


class CurgFinder:
    """Finds Ms and goroutines by the pointers of threads; made once for a program.

    Everything raises `GogdbError` if memory cannot be read.
    """

    def __init__(self, program: Program) -> None:
        layout = program.reader.layout
        self._reader = program.reader
        self._tls_offset = program.target.binary.tls_offset
        self._g_m = layout("runtime.g").offset("m")
        self._m_curg = layout("runtime.m").offset("curg")
        self._m_g0 = layout("runtime.m").offset("g0")

    def m(self, thread_pointer: int) -> int:
        """Return the address of a thread's M, by the g in its TLS slot; 0 if it has none."""
        slot = g_slot(thread_pointer, self._tls_offset) if thread_pointer else 0
        g = self._reader.word(slot) if slot else 0
        return self._reader.word(g + self._g_m) if g else 0

    def curg(self, m: int) -> G | None:
        """Return m.curg of the M at an address, None if it has none or is not bound to it."""
        curg = self._reader.word(m + self._m_curg) if m else 0
        found = self._reader.g(curg) if curg else None
        return found if found is not None and found.m == m else None

    def system_sp(self, m: int) -> int:
        """Return the SP that an M at this address begins with on its g0's stack (g0.sched.sp)."""
        g0 = self._reader.g(self._reader.word(m + self._m_g0))
        return g0.sched.sp if g0 is not None else 0
