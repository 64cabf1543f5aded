"""The chain of saved rbp words, held against the frames that the program's tables tell.

A debugger or profiler that trusts frame pointers takes rbp for the address of a word where the
caller's rbp is saved, right below a return address, and goes from one such word to the next. A
frame that has not saved rbp, or code that keeps a number in it, makes it leave out callers, or
make up some. Go's own traceback never looks at rbp (runtime/traceback.go).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from gogdb.errors import Unreadable
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.unwind import Frame, Unwound

__all__ = ["Chain", "Link", "Start", "Stray", "Why", "chain", "compare", "slot", "start"]

_STRAYS = 8  # words that are no frame's, before the walk along rbp is given up

# Why a frame's slot is not in the chain, "" where it is or where the chain has its proper end
Why = Literal[
    "",
    "entry",  # its first instruction has not run
    "prologue",  # stopped before its prologue saved rbp
    "frameless",  # it never moves SP
    "returning",  # its RET comes next: rbp is its caller's again
    "unset",  # it has room for rbp, and rbp is still, or again, its caller's
    "assembly",  # it keeps no rbp, or keeps it elsewhere
    "scratch",  # rbp holds a number of the code's own
    "unsaved",  # the gobuf's bp is 0
    "stale",  # what was saved is of another time
    "cut",  # the chain has ended before, or gone astray
]


@dataclass(frozen=True, slots=True)
class Start:
    """Where a walk along rbp begins: the value and what holds it ("rbp", "sched.bp", …).

    `exact`: the innermost pc is the next instruction of a thread.
    """

    value: int
    source: Literal["rbp", "sched.bp", "syscallbp"]
    exact: bool


@dataclass(frozen=True, slots=True)
class Link:
    """One compiled frame's part in the chain.

    `frame` is its number among the frames; `slot` where it keeps its caller's rbp, None when it
    keeps nothing but the return address; `linked`: the chain passes through the slot; `shown`: a
    walk along rbp would report the frame.
    """

    frame: int
    slot: int | None
    linked: bool
    shown: bool
    why: Why = ""


@dataclass(frozen=True, slots=True)
class Stray:
    """A word that the chain leads to though no frame keeps its rbp there.

    `pc` is what a walk along rbp takes for a return address; None when it cannot be read.
    """

    slot: int
    pc: int | None


@dataclass(frozen=True)
class Chain:
    """`links` are of the compiled frames, innermost first."""

    start: Start
    links: Sequence[Link]
    strays: Sequence[Stray] = ()

    def link(self, frame: int) -> Link | None:
        """The link of the frame of this number, None for an inlined one."""
        return self._by_frame.get(frame)

    @cached_property
    def _by_frame(self) -> dict[int, Link]:
        return {link.frame: link for link in self.links}

    @property
    def divergence(self) -> int | None:
        """The place among the links of the first whose caller is lost, None when all are shown."""
        for place, link in enumerate(self.links[1:]):
            if not link.shown:
                return place
        return None


def start(g: G, unwound: Unwound) -> Start:
    """Return rbp where `g` goes on: its thread's register, or what was saved when it left."""
    if unwound.fp is not None:
        return Start(unwound.fp, "rbp", True)
    if g.syscallsp and isinstance(g.syscallbp, int):
        return Start(g.syscallbp, "syscallbp", False)
    return Start(g.sched_bp, "sched.bp", False)


def chain(program: Program, g: G, unwound: Unwound) -> Chain | None:
    """Return the chain of `g`, compared with its frames; None for a g without frames."""
    if not unwound.frames:
        return None
    return compare(program, start(g, unwound), unwound, g.stack.hi)


def compare(program: Program, begin: Start, found: Unwound, hi: int) -> Chain:
    """The chain that begins so against the frames of a stack that ends at `hi`."""
    frames = [(number, frame) for number, frame in enumerate(found.frames) if not frame.inlined]
    slots = {s: place for place, (_, frame) in enumerate(frames) if (s := slot(frame)) is not None}
    # of what lies beyond the frames that were asked for nothing is known
    beyond = range(frames[-1][1].cfa if found.ended else hi, hi)
    visited, strays, last = _follow(program, begin.value, slots, beyond)
    furthest = max(visited, default=-1)
    links, shown = [], True
    for place, (number, frame) in enumerate(frames):
        linked = place in visited
        # A goroutine begins with rbp = 0 (newproc1), and goexit is nobody's caller.
        at_end = last == 0 and place == furthest + 1 and place >= len(frames) - 2
        why: Why = ""
        if not linked and not at_end:
            lost = place > furthest
            why = _astray(begin, place) if lost else _skipped(program, begin, frame, place)
        links.append(Link(number, slot(frame), linked, shown, why))
        shown = linked or at_end
    return Chain(begin, links, strays)


def slot(frame: Frame) -> int | None:
    """Where a frame keeps its caller's rbp: right below its return address (cmd/internal/obj/x86).

    None when it holds nothing else than that.
    """
    return frame.cfa - 16 if frame.cfa - frame.sp >= 16 else None


def _follow(
    program: Program, value: int, slots: Mapping[int, int], beyond: range
) -> tuple[set[int], tuple[Stray, ...], int]:
    """Go along the chain from `value`: which of `slots` it meets, what else, where it ends."""
    visited: set[int] = set()
    strays: list[Stray] = []
    while value and value not in beyond and len(strays) < _STRAYS:
        place = slots.get(value)
        if place in visited:
            break
        try:
            # as a walker reads them: the caller's rbp, and the return address above it
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


def _astray(begin: Start, place: int) -> Why:
    """Why the chain comes no further than the frame before this one."""
    if place:
        return "cut"
    if begin.exact:
        return "scratch"
    return "stale" if begin.value else "unsaved"


def _skipped(program: Program, begin: Start, frame: Frame, place: int) -> Why:
    """Why the chain leads past a frame to one further out."""
    function = program.symtab.function(frame.pc)
    if function is None:
        return "assembly"
    if slot(frame) is not None:
        if begin.exact and not place:
            return "unset"
        return "assembly" if function.asm else "stale"
    if not program.symtab.max_sp_delta(frame.pc):
        return "assembly" if function.asm else "frameless"
    if frame.pc == function.entry:
        return "entry"
    try:
        instruction = program.arch.return_instruction
        returning = program.target.read(frame.pc, len(instruction)) == instruction
    except Unreadable:
        returning = False
    return "returning" if returning else "prologue"
