"""A g's gobuf at a stop: its words, the top of the stack that it leads to, its contradictions.

What a gobuf holds, and when, is in asm_*.s (gogo, mcall, systemstack, gosave_systemstack_switch)
and in proc.go (newproc1, save).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.arch import Arch, Registers
from gogdb.runtime import goroutines
from gogdb.runtime.address_info import AddressClassifier, AddressInfo
from gogdb.runtime.model import GIDLE, SCAN, G, Gobuf
from gogdb.runtime.program import Program, state_on_stack
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame
from gogdb.runtime.unwind_start import frame_registers

__all__ = ["ExaminedGobuf", "examine", "gobuf_words", "loaded_registers"]

_FIELDS = ("sp", "pc", "g", "ctxt", "bp", "ret")  # of runtime.gobuf, those that gogo loads
_FRAMES = 3  # innermost frames whose words are read
_NEW_STACK = 64  # bytes: a goroutine that has not run uses less


def gobuf_words(gobuf: Gobuf) -> dict[str, int]:
    """Return the words that gogo loads, by field; without those that this Go release lacks."""
    return {field: word for field in _FIELDS if (word := getattr(gobuf, field)) is not None}


def loaded_registers(arch: Arch) -> dict[str, str]:
    """Return the register that gogo loads each word of a gobuf into, by field."""
    return {
        "sp": arch.sp,
        "pc": arch.pc,
        "g": arch.g,
        "ctxt": arch.closure,
        "bp": arch.fp,
        "ret": arch.arguments[0],
    }


@dataclass(frozen=True)
class ExaminedGobuf:
    """A gobuf with what explains it."""

    g: G
    arch: Arch
    meanings: Mapping[str, AddressInfo]  # of its words, by field
    registers: Registers | None  # the thread's, while it is on the g's stack
    unknown: str  # why it is not known whether a thread is on the g's stack, "" if it is known
    frames: Sequence[Frame]  # innermost ones, from the registers if there are any
    stack: Mapping[int, int]  # words at the top of the stack, by address
    stack_meanings: Mapping[int, AddressInfo]  # of those words, by address
    returns_to: tuple[int, int] | None  # return slot and return address of the innermost frame
    forged: bool  # it has never run: gostartcall made it look as if goexit had called it
    problems: Sequence[str]  # contradictions within the gobuf or with its g, a sentence each

    @property
    def sp(self) -> int:
        """The top of the stack: SP while the thread is on it, else the saved sp or 0."""
        return self.registers.sp if self.registers else self.g.sched.sp


def examine(
    program: Program, runtime: Runtime, g: G, classifier: AddressClassifier
) -> ExaminedGobuf:
    """Examine the gobuf of `g`. What cannot be read is missing in the result; raises nothing."""
    gobuf = g.sched
    registers, unknown = _registers(runtime, g)
    if registers is not None:
        pc, sp, _, lr, _ = frame_registers(program, registers)
        frames = _frames(program, g, pc, sp, lr, exact=True)
    else:
        sp = gobuf.sp
        frames = _frames(program, g, gobuf.pc, sp, exact=False)
    stack = _top(program, g, sp, frames)
    returns_to = _returns_to(frames, stack)
    at_start = bool(gobuf.sp) and registers is None and gobuf.pc == g.startpc
    return ExaminedGobuf(
        g=g,
        arch=program.arch,
        meanings={name: classifier.classify(word) for name, word in gobuf_words(gobuf).items()},
        registers=registers,
        unknown=unknown,
        frames=frames,
        stack=stack,
        stack_meanings={address: classifier.classify(word) for address, word in stack.items()},
        returns_to=returns_to,
        forged=at_start and returns_to == (gobuf.sp, program.goexit_return),
        problems=tuple(_problems(program, runtime, g, bool(registers or unknown))),
    )


def _registers(runtime: Runtime, g: G) -> tuple[Registers | None, str]:
    """Return the registers of the thread that is on the stack of `g`, None if none is.

    If they are not known, also return why: the thread runs, or the M has no thread.
    """
    try:
        thread = goroutines.thread_at(runtime, g)
        if thread is None:
            return None, ""
        registers = runtime.threads.registers(thread)
    except GogdbError as error:
        return None, error.message
    return registers if registers.sp in g.stack else None, ""


def _frames(
    program: Program, g: G, pc: int, sp: int, lr: int = 0, *, exact: bool
) -> Sequence[Frame]:
    if not sp or sp not in g.stack:
        return ()
    start = state_on_stack(g, pc, sp, exact=exact)._replace(lr=lr)
    unwound = program.unwind_from(start, 4 * _FRAMES)  # inlined calls have no words of their own
    return [frame for frame in unwound.frames if not frame.inlined][:_FRAMES]


def _top(program: Program, g: G, sp: int, frames: Sequence[Frame]) -> dict[int, int]:
    """Return the word at `sp`, and of each frame the return address and the saved frame pointer."""
    addresses = {sp} if sp in g.stack else set()
    for frame in frames:
        addresses |= {slot for slot in (frame.return_slot, frame.fp_slot) if slot is not None}
    if g.is_system and g.sched.sp in g.stack:  # where the next mcall or systemstack starts
        addresses.add(g.sched.sp)
    if g.stack.hi - sp <= _NEW_STACK:
        addresses |= set(range(sp, g.stack.hi, 8))
    words = ((address, _word(program, address)) for address in addresses if address < g.stack.hi)
    return {address: word for address, word in words if word is not None}


def _returns_to(frames: Sequence[Frame], stack: Mapping[int, int]) -> tuple[int, int] | None:
    slot = frames[0].return_slot if frames else None
    return None if slot is None or slot not in stack else (slot, stack[slot])


def _word(program: Program, address: int) -> int | None:
    try:
        return program.reader.word(address)
    except Unreadable:
        return None


def _problems(program: Program, runtime: Runtime, g: G, on_stack: bool) -> Iterator[str]:
    """Yield what cannot be true of a gobuf.

    In a dead g, and in one that is being made (idle), every word may be left over; while the
    thread is on the stack (`on_stack`), every word but g. Of a system stack's gobuf only sp is
    ever loaded, and the other words may never have been set.
    """
    if g.unreadable or g.is_dead or (not g.is_system and g.atomicstatus & ~SCAN == GIDLE):
        return
    gobuf, stack = g.sched, f"{g.label}'s stack, {g.stack.lo:#x} to {g.stack.hi:#x}"
    if gobuf.g != g.address and (gobuf.g or not g.is_system):
        owner = runtime.name(gobuf.g) or "0"
        yield f"g is {owner}, and not {g.label}: gogo would make it the current g"
    if on_stack and not g.is_system:
        return
    if gobuf.sp % 8:
        yield f"sp {gobuf.sp:#x} is not aligned to 8 bytes"
    if gobuf.sp and gobuf.sp not in g.stack:
        yield f"sp {gobuf.sp:#x} is outside {stack}"
    if (gobuf.pc or (gobuf.sp and not g.is_system)) and not program.symtab.function(gobuf.pc):
        yield f"pc {gobuf.pc:#x} is in no Go function"
    if gobuf.bp and gobuf.bp not in g.stack:
        yield f"bp {gobuf.bp:#x} is outside {stack}"
    m = runtime.m(g.m)
    if not (gobuf.sp or g.is_system or (m is not None and g.address == m.curg)):
        yield f"sp is 0, though {g.label} is {g.status} and on no CPU"
