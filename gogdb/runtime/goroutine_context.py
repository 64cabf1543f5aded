"""Where a goroutine goes on, and how a debugger's unwinder gets there from a thread's own frame.

A debugger unwinds threads. To reach a goroutine, an unwinder names the caller of a few frames, each
identified by its pc and sp. It names the goroutine as the caller of a thread's innermost frame, by
way of a function of `stack_switch`. It also names the callers of those frames of the goroutine for
which call frame information is wrong or missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from gogdb.errors import GogdbError
from gogdb.inferior import stack_switch
from gogdb.inferior.arch import Registers
from gogdb.inferior.protocol import Thread
from gogdb.inferior.stack_switch import Caller, FramePlace
from gogdb.runtime.goroutine_registers import (
    ASYNC_PREEMPT,
    general_registers,
    known_registers,
    preempted_registers,
)
from gogdb.runtime.goroutines import thread_at
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame
from gogdb.runtime.unwind_start import unwind_start

__all__ = ["Context", "callers", "context"]


class Context(NamedTuple):
    """What is needed to stand in a goroutine.

    `thread` is the one that runs it or its system call, None if there is none. `registers` are
    those of the first frame that are known. `exact`: the pc of the first frame is the next
    instruction, not a return address. `ended` says why there are no more frames, None at the
    stack's end. `cut`: there are more than were asked for.
    """

    g: G
    thread: Thread | None
    registers: Mapping[str, int]
    frames: Sequence[Frame]
    exact: bool
    ended: str | None
    cut: bool

    def is_at(self, registers: Registers) -> bool:
        """Report whether a thread's own innermost frame is that of the goroutine."""
        return (registers.pc, registers.sp) == (self.frames[0].pc, self.frames[0].sp)


def context(program: Program, runtime: Runtime, g: G, limit: int) -> Context:
    """Return where a goroutine goes on, with at most `limit` frames.

    Raises `GogdbError` for a goroutine without frames.
    """
    if g.unreadable:
        raise GogdbError(f"{g.label} cannot be read: {g.unreadable}")
    if g.is_dead:
        raise GogdbError(f"{g.label} is dead: it has no frames", "`go-gmp g` lists the others")
    thread = thread_at(runtime, g)
    start = unwind_start(program, runtime, g, thread)
    unwound = program.unwind_from(start, limit)
    if not unwound.frames:
        raise GogdbError(f"{g.label} has no frames: {unwound.ended}")
    first = unwound.frames[0]
    # newproc1 sets the pc of a new goroutine to the entry of its function
    exact = (start.exact and start.pc == first.pc) or _is_entry(program, first.pc)
    registers = _registers(program, runtime, g, first)
    cut = len(unwound.frames) == limit
    return Context(g, thread, registers, unwound.frames, exact, unwound.ended, cut)


def _registers(program: Program, runtime: Runtime, g: G, frame: Frame) -> Mapping[str, int]:
    """Return the registers that are known in the innermost frame, at least its g."""
    arch = program.arch
    values = known_registers(program, runtime, g).values
    if (values.get(arch.pc), values.get(arch.sp)) != (
        frame.pc,
        frame.sp,
    ):  # of asyncPreempt's caller
        return {arch.g: g.address, arch.fp: g.sched.bp}
    return general_registers(arch, values)


def callers(
    program: Program, found: Context, innermost: Registers | None, *, of_all: bool = False
) -> dict[FramePlace, Caller]:
    """Return the callers that an unwinder has to name, by the pc and sp of the frame.

    `of_all`: the callers of all frames, for a debugger without call frame information. `innermost`
    are the registers of the thread whose innermost frame gets the goroutine as its caller, None if
    that frame is the goroutine's own.
    """
    arch, frames, known = program.arch, found.frames, {}
    for frame, caller in pairwise(frames):
        if not frame.inlined and (pc := _switch(program, frame, caller)):
            registers = {arch.carrier: caller.pc}
            if frame.function == ASYNC_PREEMPT:
                saved = preempted_registers(program, frame.sp, frame.cfa) or {}
                registers |= general_registers(arch, saved)
            registers |= {arch.pc: pc, arch.sp: frame.cfa}
            known[frame.pc, frame.sp] = _caller(program, frame, registers)
        elif of_all and not frame.inlined:
            registers = {arch.pc: caller.pc, arch.sp: frame.cfa}
            known[frame.pc, frame.sp] = _caller(program, frame, registers)
    if not found.cut:  # GDB ends a stack at a frame whose caller is the same
        last = frames[-1]
        known[last.pc, last.sp] = _caller(program, last, {arch.pc: last.pc, arch.sp: last.sp})
    if innermost:
        registers = {
            **found.registers,
            arch.pc: stack_switch.STOPPED if found.exact else stack_switch.CALLED,
            arch.carrier: frames[0].pc,
            arch.sp: frames[0].sp,
        }
        identity = _identity(program, innermost)
        known[innermost.pc, innermost.sp] = Caller(identity, registers)
    return known


def _identity(program: Program, innermost: Registers) -> tuple[int, int]:
    """Return what identifies a thread's innermost frame, as far as it is known: C has no tables."""
    pc, sp = innermost.pc, innermost.sp
    function, delta = program.symtab.function(pc), program.symtab.sp_delta(pc)
    if function is None or delta is None:
        return sp, pc
    return sp + delta + program.arch.pushed_by_call, function.entry


def _switch(program: Program, frame: Frame, caller: Frame) -> int:
    """Return the function by which to come from a frame to its caller, 0 if it takes none."""
    if frame.function in program.symtab.injected:
        return stack_switch.INTERRUPTED
    if _is_entry(program, caller.pc):  # cgocallback pushes such a pc up to go1.19
        return stack_switch.STOPPED
    return stack_switch.CALLED if frame.return_slot is None else 0


def _is_entry(program: Program, pc: int) -> bool:
    function = program.symtab.function(pc)
    return function is not None and function.entry == pc


def _caller(program: Program, frame: Frame, registers: Mapping[str, int]) -> Caller:
    function = program.symtab.function(frame.pc)
    return Caller((frame.cfa, function.entry if function else frame.pc), registers)
