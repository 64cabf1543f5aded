"""Where the walk of a goroutine's stack begins: what its thread left when it changed stacks.

A thread runs a goroutine on the goroutine's own stack, the scheduler and C code on g0, and signal
handlers on gsignal. The goroutine is where the thread left it. The rules are those of the
program's own traceback: `traceback1` and `(*unwinder).initAt` in runtime/traceback.go,
`sighandler` in runtime/signal_unix.go, `cgocallback` in runtime/asm_amd64.s.
"""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.arch import FrameRegisters
from gogdb.inferior.protocol import Thread
from gogdb.runtime.model import GSYSCALL, SCAN, G, M
from gogdb.runtime.program import Program, saved_state
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import UnwindState

__all__ = ["context", "start"]

SIGTRAMP = "runtime.sigtramp"
CGOCALLBACK = "runtime.cgocallback"

MAX_NESTED = 64  # signals that interrupt each other's handlers: there are no more than 64
MAX_FRAMES = 1000  # of a signal handler, or above a callback from C


def start(program: Program, runtime: Runtime, g: G, thread: Thread | None) -> UnwindState:
    """The registers to walk the stack of `g` from; `thread` is that of its M, if it has one.

    Raises `GogdbError` when they were saved nowhere.
    """
    there = context(program, runtime, g, thread)
    if there:
        return _state(g, there.pc, there.sp, exact=True)._replace(fp=there.fp)
    m = runtime.m(g.m)
    if thread is None or m is None or _in_syscall(g):
        return saved_state(g)
    calling = _vdso(program, m)
    if calling and calling[1] in g.stack:
        return _state(g, *calling, exact=False)
    return (g.address == m.g0 and _callback(program, runtime, m, g, thread)) or saved_state(g)


def context(
    program: Program, runtime: Runtime, g: G, thread: Thread | None
) -> FrameRegisters | None:
    """The registers with which `thread` is on the stack of `g`; None when it has left it.

    It may be in a signal handler, on gsignal: then those that the signal interrupted.
    """
    m = runtime.m(g.m)
    if thread is None or m is None or _in_syscall(g):
        return None
    for there in _contexts(program, runtime, m, thread):
        # C code on g0 cannot be walked: what is below it can
        if there.sp in g.stack and (there.pc == 0 or program.symtab.function(there.pc)):
            return there
    return None


def _in_syscall(g: G) -> bool:
    """Whether it has told the scheduler that it enters the kernel, or C code (reentersyscall).

    The traceback has such a goroutine where it said so, and not where it has got to since.
    """
    return g.atomicstatus & ~SCAN == GSYSCALL and g.syscallsp != 0


def _state(g: G, pc: int, sp: int, *, exact: bool) -> UnwindState:
    return UnwindState(pc, sp, g.stack.lo, g.stack.hi, exact, g.is_system)


def _vdso(program: Program, m: M) -> tuple[int, int] | None:
    """The caller's pc and sp while the M asks the kernel's vDSO for the time.

    The goroutine's own sp is in a register of C code then (nanotime1 in sys_linux_amd64.s).
    """
    layout = program.reader.layout("runtime.m")
    pc, sp = layout.find("vdsoPC"), layout.find("vdsoSP")
    if pc is None or sp is None:
        return None
    word = program.reader.word
    try:
        return word(m.address + pc.offset), word(m.address + sp.offset)
    except Unreadable:
        return None


def _contexts(program: Program, runtime: Runtime, m: M, thread: Thread) -> Iterator[FrameRegisters]:
    """The registers of a thread, then those that each signal interrupted, innermost first."""
    registers = program.target.registers(thread)
    there = registers.frame
    yield there
    gsignal = runtime.g(m.gsignal)
    for _ in range(MAX_NESTED):
        if gsignal is None or there.sp not in gsignal.stack:
            return
        handler = program.unwind_from(
            _state(gsignal, there.pc, there.sp, exact=True), MAX_FRAMES
        ).frames
        if not handler or handler[-1].function != SIGTRAMP:
            return
        try:
            there = program.arch.interrupted(program.target, handler[-1].cfa)
        except Unreadable:
            return
        yield there


def _callback(
    program: Program, runtime: Runtime, m: M, g0: G, thread: Thread
) -> UnwindState | None:
    """Where g0 called back from C into Go, and the thread is on the goroutine's stack now.

    cgocallback saves only g0's sp; on the goroutine's stack it has a frame that is the same.
    """
    curg = runtime.g(m.curg)
    if curg is None or curg.address == g0.address:
        return None
    try:
        above = program.unwind_from(start(program, runtime, curg, thread), MAX_FRAMES).frames
    except GogdbError:  # it has not called C: nothing is saved of it
        return None
    callback = next((frame for frame in above if frame.function == CGOCALLBACK), None)
    sp = g0.sched.sp
    return _state(g0, callback.pc, sp, exact=False) if callback and sp in g0.stack else None
