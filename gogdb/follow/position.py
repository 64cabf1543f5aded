"""Where a followed goroutine is between two steps, to notice that it has been run in between."""

from __future__ import annotations

from typing import NamedTuple

from gogdb.errors import GogdbError
from gogdb.runtime.model import GRUNNING, GSYSCALL, SCAN, G
from gogdb.runtime.program import Program

__all__ = ["Position", "read_position"]

_ON_CPU = (GRUNNING, GSYSCALL)


class Position(NamedTuple):
    """The goroutine and the thread of the last stop. The pc is 0 if there is no such thread."""

    status: int
    m: int  # address of the goroutine's M, 0 off the CPU, where it keeps it for a while
    gobuf: tuple[int, int, int]  # its sp and bp as distances from the stack's hi, and its pc
    function: str  # of the thread
    pc: int
    sp: int

    @property
    def on_cpu(self) -> bool:
        """Whether a thread runs the goroutine, or is in the kernel with it."""
        return self.status in _ON_CPU

    def is_same_state(self, last: Position) -> bool:
        """Report whether the goroutine is in the state that it was in."""
        return (self.status, self.m, self.gobuf) == (last.status, last.m, last.gobuf)

    def is_before(self, stop: int, function: str, last: Position) -> bool:
        """Report whether the thread, which was at `last`, is yet to come to `stop` in `function`.

        It has returned from the function of `last` if its sp is higher.
        """
        if self.function == function and self.pc > stop:
            return False
        if self.function == last.function and self.pc < last.pc:
            return False
        return self.function == function == last.function or self.sp <= last.sp


def read_position(program: Program, goroutine: int, lwp: int) -> Position:
    """Return where the goroutine and the thread `lwp` are."""
    g = program.reader.g(goroutine)
    pc, sp = _thread_registers(program, lwp)
    function = program.function_name(pc) if pc else ""
    status = g.atomicstatus & ~SCAN
    m = g.m if status in _ON_CPU else 0
    return Position(status, m, _gobuf(g), function, pc, sp)


def _gobuf(g: G) -> tuple[int, int, int]:
    """Return the gobuf, the same after the stack has been moved."""
    hi, gobuf = g.stack.hi, g.sched
    return gobuf.sp and hi - gobuf.sp, gobuf.pc, gobuf.bp and hi - gobuf.bp


def _thread_registers(program: Program, lwp: int) -> tuple[int, int]:
    """Return pc and sp of a thread, zeros if it has gone or cannot be read."""
    thread = next((each for each in program.target.threads() if each.lwp == lwp), None)
    if thread is None:
        return 0, 0
    try:
        registers = program.target.registers(thread)
    except GogdbError:
        return 0, 0
    return registers.pc, registers.sp
