"""Where a goroutine is whose thread runs the race detector, or another C runtime of the compiler's.

racecall, asancall, msancall and libfuzzerCall switch to g0's stack and save nothing of the
goroutine in memory: its SP stays in a register that C preserves (race_*.s, asan_*.s, msan_*.s,
libfuzzer_*.s). The C code cannot be unwound, but has left that register alone, or has saved it on
g0's stack, below its return address. There may be SPs of earlier calls there, too.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.arch import FrameRegisters
from gogdb.runtime.model import G
from gogdb.runtime.program import Program, state_on_stack
from gogdb.runtime.symtab import Function
from gogdb.runtime.unwind import Frame, UnwindState

__all__ = ["sanitizer_caller"]

_CALLBACK = "runtime.racecallbackthunk"  # called by C, to ask for the name of a function
_MAX_DEPTH = 1 << 20  # bytes of g0's stack that C uses
_MAX_FRAMES = 1000
_MAX_JUMPS = 4  # from a function of the runtime to racecall


def sanitizer_caller(
    program: Program, g: G, g0: G, registers: FrameRegisters
) -> UnwindState | None:
    """Return where `g` called C without saving its state; None if it did not.

    `registers` are the thread's, on the stack of `g0`. Raises `GogdbError` if it did call, but
    where its SP is cannot be established.
    """
    try:
        if registers.kept_sp in g.stack and _is_switching(program, registers):
            return state_on_stack(g, registers.pc, registers.kept_sp, exact=True)
        slot = program.arch.c_return_slot(g0.sched.sp)
        if not 0 <= slot - registers.sp <= _MAX_DEPTH:
            return None
        pc = _word(program, slot)
        caller = _caller_of_c(program, pc)
        if caller is None or not _is_in_c(program, g0, registers):
            return None
        depth = program.symtab.sp_delta(pc) or 0
        kept = _saved_sps(program, g, registers, slot, caller, depth)
    except Unreadable:
        return None
    sps = [registers.kept_sp] if registers.kept_sp in kept else sorted(kept, reverse=True)
    sp = sps[0] if len(sps) == 1 else _in_use(program, g, pc, sps)
    if sp is None:
        what = f"which of {len(sps)} words is its sp is not known" if sps else "its sp is not found"
        raise GogdbError(f"its thread is in C code that {caller.name} called, and {what}")
    return state_on_stack(g, pc, sp, exact=False)


def _word(program: Program, address: int) -> int:
    return int.from_bytes(program.target.read(address, 8), "little")


def _is_switching(program: Program, registers: FrameRegisters) -> bool:
    """Report whether a thread on g0's stack is in the function that switches to it for C."""
    function = program.symtab.function(registers.pc)
    if function is None or not function.spwrite:
        return False
    code = program.target.read(function.entry, function.end - function.entry)
    return program.arch.restores_sp in code


def _caller_of_c(program: Program, pc: int) -> Function | None:
    """Return the function that a return address is in, if it then restores SP from a register."""
    function, restores = program.symtab.function(pc), program.arch.restores_sp
    if function is None or not function.spwrite:
        return None
    return function if program.target.read(pc, len(restores)) == restores else None


def _is_in_c(program: Program, g0: G, registers: FrameRegisters) -> bool:
    """Report whether a thread on g0's stack runs C, or Go that C has called back."""
    if program.symtab.sp_delta(registers.pc) is None:
        return True
    state = state_on_stack(g0, registers.pc, registers.sp, exact=True)
    frames = program.unwind_from(state, _MAX_FRAMES).frames
    return any(frame.function == _CALLBACK for frame in frames)


def _saved_sps(
    program: Program, g: G, registers: FrameRegisters, slot: int, callee: Function, depth: int
) -> set[int]:
    """Return the words that C has kept and that may be SP in `callee`. Raises `Unreadable`.

    Its return address is `depth` bytes above SP.
    """
    words = program.target.read(registers.sp, (slot - registers.sp) // 8 * 8)
    kept = {word for (word,) in struct.iter_unpack("<Q", words)} | {registers.kept_sp}
    return {
        sp
        for sp in kept
        if sp in g.stack and sp % 8 == 0 and _calls(program, _word(program, sp + depth), callee)
    }


def _in_use(program: Program, g: G, pc: int, sps: Sequence[int]) -> int | None:
    """Return the one of `sps`, highest first, that the goroutine is at; None if that is not known.

    What lies below SP is left over. What lies above it is in use, so that each return address
    there follows a call of the function whose frame is below.
    """
    chains = {
        sp: program.unwind_from(state_on_stack(g, pc, sp, exact=False), _MAX_FRAMES).frames
        for sp in sps
    }
    slots = [{frame.return_slot for frame in chain} for chain in chains.values()]
    shared = set.intersection(*slots) if slots else set()
    for sp, chain in chains.items():
        consistent = _is_consistent(program, chain, shared)
        if consistent is not False:
            return sp if consistent else None
    return None


def _is_consistent(
    program: Program, frames: Sequence[Frame], shared: set[int | None]
) -> bool | None:
    """Report whether each of the frames up to a shared one was called by the next one.

    None if a call is indirect, so that this is not known.
    """
    for frame, caller in pairwise(frame for frame in frames if not frame.inlined):
        callee = program.symtab.function(frame.pc)
        calls = _calls(program, caller.pc, callee) if callee else None
        if not calls:
            return calls
        if frame.return_slot in shared:
            return True
    return None


def _calls(program: Program, pc: int, callee: Function) -> bool | None:
    """Report whether the call before the return address `pc` leads to `callee`, if by jumps.

    None if it is indirect, or cannot be read.
    """
    arch, site = program.arch, pc - program.arch.call_size
    if program.symtab.function(pc) is None:
        return None
    try:
        called = _functions(program, arch.calls(program.target.read(site, arch.call_size), site))
        function = called[0] if called else None
        for _ in range(_MAX_JUMPS):
            if function is None or function.entry == callee.entry:
                break
            code = program.target.read(function.entry, function.end - function.entry)
            targets = _functions(program, arch.jumps(code, function.entry))
            function = callee if callee in targets else next(iter(targets), None)
    except Unreadable:
        return None
    return function == callee if called else None


def _functions(program: Program, pairs: Sequence[tuple[int, int]]) -> list[Function]:
    """Return the functions that calls or jumps, pairs of site and target, lead to."""
    found = ((program.symtab.function(target), target) for _, target in pairs)
    return [function for function, target in found if function and function.entry == target]
