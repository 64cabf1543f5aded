"""The chain of saved frame pointers, compared with the frames that unwinding finds.

A debugger or profiler that trusts frame pointers takes the frame pointer for the address of a word
where the caller's frame pointer is saved, next to a return address, and goes from each such word
to the next. Where a frame has not saved the frame pointer, or code keeps another value in the
register, it misses callers or invents some. Go's own traceback never uses frame pointers
(runtime/traceback.go).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from gogdb.errors import Unreadable
from gogdb.inferior.arch import Arch
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.unwind import Frame, Unwound

__all__ = [
    "ChainLink",
    "ChainStart",
    "FramePointerChain",
    "Stray",
    "Unlinked",
    "chain_start",
    "compare_chain",
    "fp_chain",
]

_MAX_STRAYS = 8  # words of the chain that belong to no frame, before the walk gives up

# Why a frame's slot is not in the chain; "" where it is, or where the chain ends as it should
Unlinked = Literal[
    "",
    "entry",  # the frame's first instruction has not run
    "prologue",  # stopped before the prologue saved the frame pointer
    "frameless",  # the function never moves SP
    "returning",  # RET comes next: the frame pointer is the caller's again
    "unset",  # the frame has room, but the frame pointer is still, or again, the caller's
    "assembly",  # the function saves no frame pointer, or saves it elsewhere
    "scratch",  # the register holds another value
    "unsaved",  # the gobuf's bp is 0
    "stale",  # the saved value is left over from an earlier call
    "cut",  # the chain has already ended or left the stack
]


@dataclass(frozen=True, slots=True)
class ChainStart:
    """The frame pointer with which a walk along the chain starts."""

    value: int
    source: str  # where it is: the register's name, "sched.bp" or "syscallbp"
    sp_source: str  # where the SP of the same moment is: a register, "sched.sp" or "syscallsp"
    exact: bool  # the registers are a thread's own, and the innermost pc the next instruction


@dataclass(frozen=True, slots=True)
class ChainLink:
    """The part of one frame in the chain; inlined calls have none."""

    frame: int  # index among the unwound frames
    slot: int | None  # where the frame saves its caller's frame pointer
    linked: bool  # the chain passes through the slot
    reported: bool  # a walk along the chain reports the frame
    why: Unlinked = ""


@dataclass(frozen=True, slots=True)
class Stray:
    """A word that the chain leads to, but where no frame saves a frame pointer."""

    slot: int
    pc: int | None  # what a walk takes for the return address; None: cannot be read


@dataclass(frozen=True)
class FramePointerChain:
    """A chain, compared with the frames of the stack; `links` go from the innermost frame up."""

    start: ChainStart
    links: Sequence[ChainLink]
    strays: Sequence[Stray] = ()

    def link(self, frame: int) -> ChainLink | None:
        """Return the link of a frame by its index, None for an inlined call."""
        return self._by_frame.get(frame)

    @cached_property
    def _by_frame(self) -> dict[int, ChainLink]:
        return {link.frame: link for link in self.links}

    @property
    def divergence(self) -> int | None:
        """The index in `links` of the first frame whose caller is missed, None if there is none."""
        for place, link in enumerate(self.links[1:]):
            if not link.reported:
                return place
        return None


def fp_chain(program: Program, g: G, unwound: Unwound) -> FramePointerChain | None:
    """Return the frame-pointer chain of `g`, compared with its frames; None if it has none."""
    if not unwound.frames:
        return None
    return compare_chain(program, chain_start(program.arch, g, unwound), unwound, g.stack.hi)


def chain_start(arch: Arch, g: G, unwound: Unwound) -> ChainStart:
    """Return the frame pointer of `g`: its thread's, or what was saved when it left the thread."""
    if unwound.fp is not None:
        return ChainStart(unwound.fp, arch.fp, arch.sp, True)
    if g.syscallsp and isinstance(g.syscallbp, int):
        return ChainStart(g.syscallbp, "syscallbp", "syscallsp", False)
    return ChainStart(g.sched_bp, "sched.bp", "syscallsp" if g.syscallsp else "sched.sp", False)


def compare_chain(
    program: Program, start: ChainStart, unwound: Unwound, hi: int
) -> FramePointerChain:
    """Follow a chain through a stack that ends at `hi`, and compare it with the frames."""
    frames = [(index, frame) for index, frame in enumerate(unwound.frames) if not frame.inlined]
    slots = {f.fp_slot: place for place, (_, f) in enumerate(frames) if f.fp_slot is not None}
    # If unwinding ended early, the frames above the last one are unknown.
    unknown = range(frames[-1][1].cfa if unwound.ended else hi, hi)
    visited, strays, end = _follow(program, start.value, slots, unknown)
    furthest = max(visited, default=-1)
    links, reported = [], True
    for place, (index, frame) in enumerate(frames):
        linked = place in visited
        # A goroutine starts with frame pointer 0 (newproc1), and goexit has no caller.
        at_end = end == 0 and place == furthest + 1 and place >= len(frames) - 2
        why: Unlinked = ""
        if not linked and not at_end:
            beyond = place > furthest
            why = _lost(start, place) if beyond else _skipped(program, start, frame, place)
        links.append(ChainLink(index, frame.fp_slot, linked, reported, why))
        reported = linked or at_end
    return FramePointerChain(start, links, strays)


def _follow(
    program: Program, value: int, slots: Mapping[int, int], unknown: range
) -> tuple[set[int], tuple[Stray, ...], int]:
    """Follow the chain from `value`.

    `slots` maps the address of each frame's slot to the frame's place; `unknown` are addresses
    where the walk stops. Return the places of the slots that the chain passes through, the other
    words, and the value that it ends with.
    """
    visited: set[int] = set()
    strays: list[Stray] = []
    while value and value not in unknown and len(strays) < _MAX_STRAYS:
        place = slots.get(value)
        if place in visited:
            break
        try:
            # both words that a walk reads: the caller's frame pointer, and the return address
            after, pc = program.reader.words(value, 2)
        except Unreadable:
            strays.append(Stray(value, None))
            break
        if place is None:
            strays.append(Stray(value, pc))
        else:
            visited.add(place)
        value = after
    return visited, tuple(strays), value


def _lost(start: ChainStart, place: int) -> Unlinked:
    """Return why the chain gets no further than the frame before `place`."""
    if place:
        return "cut"
    if start.exact:
        return "scratch"
    return "stale" if start.value else "unsaved"


def _skipped(program: Program, start: ChainStart, frame: Frame, place: int) -> Unlinked:
    """Return why the chain passes over a frame, to one further up."""
    function = program.symtab.function(frame.pc)
    if function is None:
        return "assembly"
    if frame.fp_slot is not None:
        if start.exact and not place:
            return "unset"
        return "assembly" if function.asm else "stale"
    if not program.symtab.max_sp_delta(frame.pc):
        return "assembly" if function.asm else "frameless"
    if frame.pc == function.entry:
        return "entry"
    ret = program.arch.return_instruction
    try:
        returning = program.target.read(frame.pc, len(ret)) == ret
    except Unreadable:
        returning = False
    return "returning" if returning else "prologue"
