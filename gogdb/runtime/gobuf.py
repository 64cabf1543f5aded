"""One g's gobuf at a stop: what its words are, what waits on its stack, whether it can be true.

What a gobuf holds when is in asm_amd64.s (gogo, mcall, systemstack, gosave_systemstack_switch)
and in proc.go (newproc1, save).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gogdb.errors import Unreadable
from gogdb.runtime import goroutines
from gogdb.runtime.address_info import AddressClassifier, AddressInfo
from gogdb.runtime.gogo import FIELDS
from gogdb.runtime.model import GIDLE, SCAN, G, Gobuf
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame, UnwindState

__all__ = ["Saved", "examine", "words"]

FRAMES = 3  # the innermost ones, whose words are read


def words(gobuf: Gobuf) -> dict[str, int]:
    """The words of a gobuf by field, those that this Go release has and gogo looks at."""
    return {field: word for field in FIELDS if (word := getattr(gobuf, field)) is not None}


@dataclass(frozen=True)
class Saved:
    """A gobuf, and what bears on it."""

    g: G
    meanings: Mapping[str, AddressInfo]  # of its words, by field
    registers: Mapping[str, int] | None  # its thread's, when that stands on the g's stack
    frames: Sequence[Frame]  # the innermost: of the registers if there are, else of the gobuf
    stack: Mapping[int, int]  # words at the top of the stack, by address
    stack_meanings: Mapping[int, AddressInfo]  # of those words, by address
    returns_to: tuple[int, int] | None  # slot and return address of the innermost frame
    forged: bool  # it has never run: the return address is goexit's, put there by gostartcall
    problems: Sequence[str]  # how the gobuf contradicts itself, or its g

    @property
    def sp(self) -> int:
        """The top of the stack: rsp where its thread is on it, else the saved one; or 0."""
        return self.registers["rsp"] if self.registers else self.g.sched.sp


def examine(program: Program, runtime: Runtime, g: G, sense: AddressClassifier) -> Saved:
    """Everything about one gobuf. Only what is not there is missing; nothing is raised."""
    gobuf = g.sched
    registers = _registers(program, runtime, g)
    if registers is not None:
        sp = registers["rsp"]
        frames = _frames(program, g, registers["rip"], sp, exact=True)
    else:
        sp = gobuf.sp
        frames = _frames(program, g, gobuf.pc, sp, exact=False)
    stack = _top(program, g, sp, frames)
    returns_to = _returns_to(frames, stack)
    goexit = program.target.symbols.find("runtime.goexit.abi0")
    start = bool(gobuf.sp) and registers is None and gobuf.pc == g.startpc
    return Saved(
        g=g,
        meanings={field: sense.classify(word) for field, word in words(gobuf).items()},
        registers=registers,
        frames=frames,
        stack=stack,
        stack_meanings={address: sense.classify(value) for address, value in stack.items()},
        returns_to=returns_to,
        forged=start and goexit is not None and returns_to == (gobuf.sp, goexit.address + 1),
        problems=tuple(_problems(program, runtime, g, registers is not None)),
    )


def _registers(program: Program, runtime: Runtime, g: G) -> Mapping[str, int] | None:
    """The registers of the thread that stands on this g's stack, None when none does."""
    thread = goroutines.thread_at(program, runtime, g)
    if thread is None:
        return None
    registers = program.target.registers(thread)
    return registers if registers["rsp"] in g.stack else None


def _frames(program: Program, g: G, pc: int, sp: int, exact: bool) -> Sequence[Frame]:
    if not sp or sp not in g.stack:
        return ()
    start = UnwindState(pc, sp, g.stack.lo, g.stack.hi, exact, g.is_system)
    found = program.unwind_from(start, 4 * FRAMES)  # inlined ones have no words of their own
    return [frame for frame in found.frames if not frame.inlined][:FRAMES]


def _top(program: Program, g: G, sp: int, frames: Sequence[Frame]) -> dict[int, int]:
    """The word that sp points at, and of each frame the return address and the saved rbp."""
    places = {sp} if sp in g.stack else set()
    for frame in frames:
        places |= {slot for slot in (frame.return_slot, frame.fp_slot) if slot is not None}
    if g.is_system and g.sched.sp in g.stack:  # where the next mcall or systemstack begins
        places.add(g.sched.sp)
    if g.stack.hi - sp <= 8 * 8:  # a new goroutine's stack has little else
        places |= set(range(sp, g.stack.hi, 8))
    found = ((place, _word(program, place)) for place in places if place < g.stack.hi)
    return {place: word for place, word in found if word is not None}


def _returns_to(frames: Sequence[Frame], stack: Mapping[int, int]) -> tuple[int, int] | None:
    slot = frames[0].return_slot if frames else None
    return None if slot is None or slot not in stack else (slot, stack[slot])


def _word(program: Program, address: int) -> int | None:
    try:
        return program.reader.word(address)
    except Unreadable:
        return None


def _problems(program: Program, runtime: Runtime, g: G, at_work: bool) -> Iterator[str]:
    """What cannot be true of a gobuf, one sentence each.

    Of a dead g and of one in the making (idle) everything may be left over, and all but g of
    one whose thread is on its stack (`at_work`). Of a system stack's gobuf only sp is ever
    loaded, and the rest may never have been set.
    """
    if g.unreadable or g.is_dead or (not g.is_system and g.atomicstatus & ~SCAN == GIDLE):
        return
    gobuf, stack = g.sched, f"{g.label}'s stack, {g.stack.lo:#x} to {g.stack.hi:#x}"
    if gobuf.g != g.address and (gobuf.g or not g.is_system):
        owner = runtime.name(gobuf.g) or "0"
        yield f"g is {owner}, and not {g.label}: gogo would make it the current g"
    if at_work and not g.is_system:
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
