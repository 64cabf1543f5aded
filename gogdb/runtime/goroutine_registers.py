"""The registers of a goroutine as far as they are known, wherever it is.

Go code keeps no value in a register across a call, so of a goroutine that has called the scheduler
only those are saved that lead to its frames (gobuf). All are there while a thread is on the
goroutine's stack, when a signal has interrupted it there, and after an asynchronous preemption
(asyncPreempt in preempt_*.s).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gogdb.errors import GogdbError
from gogdb.inferior.arch import Arch
from gogdb.inferior.protocol import Thread
from gogdb.runtime.gobuf import gobuf_words, loaded_registers
from gogdb.runtime.goroutines import thread_at
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.signal_frames import signal_frames
from gogdb.runtime.unwind import UnwindState
from gogdb.runtime.unwind_start import frame_registers, is_on_stack, unwind_start

__all__ = [
    "ASYNC_PREEMPT",
    "KnownRegisters",
    "general_registers",
    "known_registers",
    "preempted_registers",
]

ASYNC_PREEMPT = "runtime.asyncPreempt"
_ASYNC_PREEMPT2 = "runtime.asyncPreempt2"
_FRAMES = 8  # that lead from asyncPreempt2 to asyncPreempt, inlined calls included


class KnownRegisters(NamedTuple):
    """Registers by GDB's names; those that are not known are left out.

    `thread` is the one that has them now, None if they are saved in memory.
    """

    values: Mapping[str, int]
    thread: Thread | None = None


def known_registers(program: Program, runtime: Runtime, g: G) -> KnownRegisters:
    """Return what is known of the registers with which `g` runs, or will go on.

    A goroutine that was preempted asynchronously has those of the instruction where that happened,
    not of asyncPreempt2. Raises `GogdbError` if not even its pc and sp are known.
    """
    if g.unreadable or g.is_dead:
        raise GogdbError(g.unreadable or f"{g.label} is dead: it has no registers")
    thread = thread_at(runtime, g)
    current = _on_its_stack(program, runtime, g, thread) if thread else None
    if current:
        return current
    start = unwind_start(program, runtime, g, thread)
    return KnownRegisters(_preempted(program, start) or _saved(program, g, start))


def _on_its_stack(
    program: Program, runtime: Runtime, g: G, thread: Thread
) -> KnownRegisters | None:
    """Return the registers with which `thread` is on the stack of `g`, None if it has left it."""
    registers, m = runtime.threads.registers(thread), runtime.m(g.m)
    frame = frame_registers(program, registers)
    if is_on_stack(program, g, frame):
        return KnownRegisters(registers, thread)
    for signal in signal_frames(program, runtime, m, frame) if m else ():
        if is_on_stack(program, g, signal.registers):
            base = program.arch.thread_pointer  # no signal frame has it
            return KnownRegisters({**signal.saved, base: registers[base]})
    return None


def _saved(program: Program, g: G, start: UnwindState) -> dict[str, int]:
    """Return the registers that a goroutine has left in its g."""
    arch, sched = program.arch, g.sched
    values = {arch.pc: start.pc, arch.sp: start.sp}
    if (start.pc, start.sp) == (sched.pc, sched.sp):
        names = loaded_registers(arch)
        values = {names[field]: word for field, word in gobuf_words(sched).items()}
    elif (start.pc, start.sp) == (g.syscallpc, g.syscallsp) and g.syscallbp:
        values[arch.fp] = g.syscallbp
    return {**values, arch.g: g.address}


def _preempted(program: Program, start: UnwindState) -> dict[str, int] | None:
    """Return what asyncPreempt has saved, None unless the goroutine was preempted in that way."""
    function = program.symtab.function(start.pc)
    if function is None or function.name != _ASYNC_PREEMPT2:
        return None
    frames = program.unwind_from(start, _FRAMES).frames
    frame = next((frame for frame in frames if frame.function == ASYNC_PREEMPT), None)
    return preempted_registers(program, frame.sp, frame.cfa) if frame else None


def preempted_registers(program: Program, sp: int, cfa: int) -> dict[str, int] | None:
    """Return what asyncPreempt has saved in its frame, which begins at `sp` and ends at `cfa`.

    None if that is not known. Raises `Unreadable`.
    """
    arch, places = program.arch, program.preempted_registers
    # by the tables of functions and by its code, the frame has the same size
    if sp + places.get(arch.pc, 0) != arch.return_slot(sp, cfa):
        return None
    words = program.target.read(sp, cfa - sp)
    values = {name: int.from_bytes(words[at : at + 8], "little") for name, at in places.items()}
    return {**values, arch.sp: cfa}


def general_registers(arch: Arch, values: Mapping[str, int]) -> dict[str, int]:
    """Return those of the registers that an unwinder can hand on."""
    return {name: value for name, value in values.items() if name in arch.dwarf_registers}
