"""Where unwinding a goroutine's stack starts: at what its thread left when it switched stacks.

A thread runs a goroutine on the goroutine's own stack, the scheduler and C code on g0's, and signal
handlers on gsignal's. The rules are those of the runtime's own traceback: `traceback1` and
`(*unwinder).initAt` in runtime/traceback.go, `sighandler` in runtime/signal_unix.go, `cgocallback`
in runtime/asm_*.s. The race detector's calls leave no trace in a gobuf: `sanitizer_calls`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.arch import FrameRegisters, Registers
from gogdb.inferior.protocol import Thread
from gogdb.runtime.model import GSYSCALL, SCAN, G, M
from gogdb.runtime.program import Program, saved_state, state_on_stack
from gogdb.runtime.sanitizer_calls import sanitizer_caller
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.signal_frames import signal_frames
from gogdb.runtime.unwind import CGOCALLBACK, UnwindState

__all__ = ["frame_registers", "in_syscall", "is_on_stack", "registers_on_stack", "unwind_start"]

_MAX_FRAMES = 1000  # above a callback from C


def unwind_start(program: Program, runtime: Runtime, g: G, thread: Thread | None) -> UnwindState:
    """Return the state to unwind the stack of `g` from; `thread` is its M's, if it has one.

    Raises `GogdbError` if the state is saved nowhere.
    """
    m = runtime.m(g.m)
    if thread is None or m is None or in_syscall(g):
        return saved_state(g)
    contexts = list(_contexts(program, runtime, m, thread))
    registers = _on_stack(program, g, contexts)
    if registers:
        state = state_on_stack(g, registers.pc, registers.sp, exact=True)
        return state._replace(lr=registers.lr, fp=registers.fp)
    vdso_caller = _vdso_caller(program, m)
    if vdso_caller and vdso_caller[1] in g.stack:
        return state_on_stack(g, *vdso_caller, exact=False)
    if g.address == m.g0:
        caller = _c_caller(program, runtime, m, g, thread)
    else:
        caller = _sanitizer_caller(program, runtime, m, g, contexts)
    return caller or saved_state(g)


def registers_on_stack(
    program: Program, runtime: Runtime, g: G, thread: Thread | None
) -> FrameRegisters | None:
    """Return the registers with which `thread` is on the stack of `g`, None if it has left it.

    While the thread is in a signal handler, on gsignal, these are the interrupted registers.
    """
    m = runtime.m(g.m)
    if thread is None or m is None or in_syscall(g):
        return None
    return _on_stack(program, g, _contexts(program, runtime, m, thread))


def _on_stack(program: Program, g: G, contexts: Iterable[FrameRegisters]) -> FrameRegisters | None:
    return next((each for each in contexts if is_on_stack(program, g, each)), None)


def is_on_stack(program: Program, g: G, registers: FrameRegisters) -> bool:
    """Report whether registers are those of Go code on the stack of `g`."""
    # C code on g0's stack cannot be unwound; the frames saved below it can. Where Go's linker has
    # linked it, such as the race detector's, it is in the tables, without depths.
    in_go = registers.pc == 0 or program.symtab.sp_delta(registers.pc) is not None
    return registers.sp in g.stack and in_go


def frame_registers(program: Program, registers: Registers) -> FrameRegisters:
    """Return the registers to unwind a thread from. Raises nothing."""
    try:
        popped = _popped_into(program, registers.pc)
    except GogdbError:  # no tables, or no code: then there are no frames
        popped = ""
    frame = registers.frame
    return frame._replace(lr=registers[popped]) if popped in registers else frame


def _popped_into(program: Program, pc: int) -> str:
    """Return the register that has the return address of the assembly at `pc`, "" if none has.

    rawVforkSyscall (syscall/asm_linux_amd64.s) pops it for the time of the system call: the child
    returns first, and then writes to the stack that it shares with its parent.
    """
    symtab = program.symtab
    delta, function, moved_at = symtab.sp_delta(pc), symtab.function(pc), symtab.sp_moved_at(pc)
    if delta is None or delta >= 0 or function is None or moved_at is None:
        return ""
    code = program.target.read(function.entry, moved_at - function.entry)
    return program.arch.popped_register(code)


def in_syscall(g: G) -> bool:
    """Report whether `g` has announced that it enters the kernel or C code (reentersyscall).

    A traceback shows such a goroutine where it did so, not where it is now.
    """
    return g.atomicstatus & ~SCAN == GSYSCALL and g.syscallsp != 0


def _vdso_caller(program: Program, m: M) -> tuple[int, int] | None:
    """Return the pc and sp with which an M called the vDSO, both 0 while it does not call it.

    None if they cannot be read. Meanwhile only C code has the goroutine's own sp, in one of its
    registers (nanotime1 in sys_linux_*.s).
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
    """Yield a thread's registers, then those that each signal interrupted, innermost first."""
    registers = frame_registers(program, runtime.threads.registers(thread))
    yield registers
    for frame in signal_frames(program, runtime, m, registers):
        yield frame.registers


def _sanitizer_caller(
    program: Program, runtime: Runtime, m: M, g: G, contexts: Iterable[FrameRegisters]
) -> UnwindState | None:
    """Return where a goroutine called C that has left no trace in its gobuf, None if it has not."""
    g0 = None if g.is_system else runtime.g(m.g0)
    on_g0 = next((each for each in contexts if g0 and each.sp in g0.stack), None)
    return sanitizer_caller(program, g, g0, on_g0) if g0 and on_g0 else None


def _c_caller(
    program: Program, runtime: Runtime, m: M, g0: G, thread: Thread
) -> UnwindState | None:
    """Return where g0 called C code that has called back into Go, on the goroutine's stack.

    cgocallback saves only g0's sp. Its frame on the goroutine's stack has the pc.
    """
    curg = runtime.g(m.curg)
    if curg is None or curg.address == g0.address:
        return None
    try:
        start = unwind_start(program, runtime, curg, thread)
    except GogdbError:  # nothing is saved of curg: it has not called C code
        return None
    frames = program.unwind_from(start, _MAX_FRAMES).frames
    callback = next((frame for frame in frames if frame.function == CGOCALLBACK), None)
    sp = g0.sched.sp
    return state_on_stack(g0, callback.pc, sp, exact=False) if callback and sp in g0.stack else None
