"""Which g a thread runs, in two small reads: quick enough for a breakpoint's condition."""

from __future__ import annotations

from gogdb.errors import Unreadable
from gogdb.inferior.arch.amd64 import tls_slot
from gogdb.inferior.layout import Reader, Struct
from gogdb.inferior.protocol import Memory

__all__ = ["Current", "current_g"]


def current_g(memory: Memory, fs_base: int, tls_offset: int) -> int:
    """The g that a thread's TLS slot names, a g0 or gsignal too; 0 for none.

    Not r14, which is anything in C code and in assembly that the kernel or C calls (sigtramp).
    Before rt0_go has set the slot, and on threads that C made, it holds 0.
    """
    if not fs_base:
        return 0
    try:
        return int.from_bytes(memory.read(tls_slot(fs_base, tls_offset), 8), "little")
    except Unreadable:
        return 0


class Current:
    """Reads of a g what says who runs; made once for a program."""

    def __init__(self, g: Struct) -> None:
        self._reader = Reader(g, [("goid",), ("stack.lo",), ("stack.hi",)])

    def goid(self, memory: Memory, g: int, sp: int) -> int:
        """The goid of `g`, a thread's current one, if `sp` is on its stack; 0 on a system stack.

        The slot still names the goroutine while the thread is on the way to a system stack, and
        in calls into the vDSO, which are made on g0's (sys_linux_amd64.s). Raises `Unreadable`.
        """
        goid, lo, hi = self._reader.read(memory.read(g, self._reader.size))
        return goid or 0 if (lo or 0) <= sp <= (hi or 0) else 0
