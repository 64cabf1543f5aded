"""The frames that the kernel made for the signal handlers that a thread is in.

Go's handlers begin with sigtramp. They run on gsignal; where a thread has no alternate stack, on
the stack that the signal interrupted, which is then that of the g0 that needm lent to the thread
(`badsignal` in runtime/signal_unix.go). C code may have handlers of its own on gsignal.
"""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.errors import Unreadable
from gogdb.inferior.arch import FrameRegisters, SignalFrame
from gogdb.runtime.model import G, M
from gogdb.runtime.program import Program, state_on_stack
from gogdb.runtime.scheduler import Runtime

__all__ = ["SIGTRAMP", "signal_frames"]

SIGTRAMP = "runtime.sigtramp"

_MAX_NESTED = 64  # signals that interrupt each other's handlers: Linux has 64
_MAX_FRAMES = 1000  # of a signal handler


def signal_frames(
    program: Program, runtime: Runtime, m: M, registers: FrameRegisters, *, on_g0: bool = False
) -> Iterator[SignalFrame]:
    """Yield the signal frames of the handlers that a thread of `m` is in, innermost first.

    `registers` are the thread's. Handlers on the stack of g0 are looked for only with `on_g0`:
    few threads have any. Nothing of the frames is checked but where they are.
    """
    addresses = (m.gsignal, m.g0) if on_g0 else (m.gsignal,)
    stacks = [g for address in addresses if (g := runtime.g(address))]
    for _ in range(_MAX_NESTED):
        g = next((g for g in stacks if registers.sp in g.stack), None)
        if g is None:
            return
        stack = g.stack
        try:
            cfa = _sigtramp_cfa(program, g, registers)
            in_c = cfa is None and g.address == m.gsignal
            if in_c:
                cfa = _c_handler_cfa(program, g, registers.sp)
            if cfa is None:
                return
            frame = program.arch.signal_frame(program.target, cfa, has_siginfo=not in_c)
        except Unreadable:
            return
        if stack.lo <= frame.registers.sp < cfa:  # corrupt: what it interrupted is above it
            return
        yield frame
        registers = frame.registers


def _sigtramp_cfa(program: Program, g: G, registers: FrameRegisters) -> int | None:
    """Return the CFA of the innermost sigtramp on the stack of `g`, None if none is found."""
    if registers.pc and program.symtab.function(registers.pc) is None:
        return None
    state = state_on_stack(g, registers.pc, registers.sp, exact=True)
    frames = program.unwind_from(state._replace(lr=registers.lr), _MAX_FRAMES).frames
    return frames[-1].cfa if frames and frames[-1].function == SIGTRAMP else None


def _c_handler_cfa(program: Program, g: G, sp: int) -> int | None:
    """Return the CFA of the handler on the stack of `g`, a gsignal, that C code above `sp` is in.

    C code cannot be unwound, but the kernel's frame shows. Raises `Unreadable`.
    """
    return next(program.arch.handler_cfas(program.target, sp, (g.stack.lo, g.stack.hi)), None)
