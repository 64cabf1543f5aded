"""Find the g that a thread runs, in two small reads: quick enough for a breakpoint's condition."""

from __future__ import annotations

from gogdb.errors import Unreadable
from gogdb.inferior.arch import Registers
from gogdb.inferior.layout import Reader, Struct
from gogdb.inferior.memory import WORD_MASK, Memory

__all__ = ["GoidReader", "current_g", "g_slot"]


def g_slot(thread_pointer: int, tls_offset: int | None) -> int:
    """Return the address of the word in thread-local storage that holds the thread's current g.

    0 if there is none: the program keeps g in a register only (`tls_offset` is None).
    """
    return 0 if tls_offset is None else (thread_pointer + tls_offset) & WORD_MASK


def current_g(memory: Memory, registers: Registers, tls_offset: int | None) -> int:
    """Return the address of the g in a thread's TLS slot, which may be a g0 or gsignal.

    0 before rt0_go has set the slot, and on threads that C made. The g register is not used: it
    has other values in C code, and in assembly that the kernel or C calls (sigtramp).
    """
    thread_pointer = registers.thread_pointer  # each use may be a read from GDB
    slot = g_slot(thread_pointer, tls_offset) if thread_pointer else 0
    if not slot:
        return 0
    try:
        return int.from_bytes(memory.read(slot, 8), "little")
    except Unreadable:
        return 0


class GoidReader:
    """Reads the goid of a thread's current g; made once for a program."""

    def __init__(self, g: Struct) -> None:
        self._reader = Reader(g, ("goid", "stack.lo", "stack.hi"))

    def goid(self, memory: Memory, g: int, sp: int) -> int:
        """Return the goid of `g`, a thread's current g, or 0 if `sp` is not on the stack of `g`.

        The TLS slot still names the goroutine while the thread switches to a system stack, and
        during vDSO calls, which run on g0's stack (sys_linux_amd64.s). Raises `Unreadable`.
        """
        goid, lo, hi = self._reader.read(memory.read(g, self._reader.size))
        return goid or 0 if (lo or 0) <= sp <= (hi or 0) else 0
