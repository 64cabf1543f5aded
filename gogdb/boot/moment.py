"""What one stop of the walk shows, and the record of a stage: plain data.

A recorded walk is a list of `Record`s; showing, comparing and reporting it never
touches the program again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gogdb.boot.stages import Stage
from gogdb.errors import Unreadable
from gogdb.runtime.meaning import Meaning, Sense
from gogdb.runtime.model import G, M, Runtime
from gogdb.runtime.notes import Effect
from gogdb.runtime.program import Program
from gogdb.runtime.unwind import Frame
from gogdb.target.amd64 import tls_slot
from gogdb.target.protocol import Instruction

__all__ = ["Change", "Claim", "Listing", "Moment", "Record", "observe"]

ABOVE, BELOW = 24, 2  # words kept around rsp: what a picture of the stack's top needs
TOP = 8  # words kept below a stack's hi


@dataclass(frozen=True)
class Moment:
    """The program at one stop of a stage."""

    label: str
    lwp: int
    registers: Mapping[str, int]
    tls: int  # address of the TLS slot
    g: int  # the word in it, 0 while it cannot be read
    current: str  # the g that it names: "g0", "g1", "" before there is one
    function: str
    offset: int
    file: str
    line: int
    runtime: Runtime
    m0: M
    g0: G
    main: G | None  # the main goroutine, once newproc1 has its g
    words: Mapping[int, int]
    frames: Sequence[Frame]
    meanings: Mapping[str, Meaning]  # of the registers, and "tls"
    word_meanings: Mapping[int, Meaning]  # of the values in `words`, by address
    saved: Mapping[int, Meaning]  # of the words of the gobufs, by value
    sense: Sense = field(repr=False)

    @property
    def pc(self) -> int:
        return self.registers["rip"]

    @property
    def sp(self) -> int:
        return self.registers["rsp"]


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that the narration says, and whether the program bears it out."""

    id: str
    holds: bool
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """A value that a stage changed; None: there was, or is, no such thing."""

    what: str
    before: object
    after: object


@dataclass(frozen=True)
class Listing:
    """Source and instructions around a stop."""

    source: Sequence[tuple[int, str]]  # (line number, text)
    code: Sequence[Instruction]
    notes: Mapping[int, Effect] = field(default_factory=dict)  # by address: what it does


@dataclass(frozen=True)
class Record:
    """A stage of one walk. `skipped`: why there is nothing to see ("cgo", "missed", …)."""

    stage: Stage
    moments: Sequence[Moment] = ()
    claims: Sequence[Claim] = ()
    values: Mapping[str, object] = field(default_factory=dict)  # for the narration
    changes: Sequence[Change] = ()
    listing: Listing = field(default_factory=lambda: Listing((), ()))
    skipped: str = ""

    @property
    def main(self) -> Moment:
        """The moment whose registers and code the stage shows."""
        return next(m for m in self.moments if m.label == self.stage.main)

    @property
    def last(self) -> Moment:
        return self.moments[-1]

    def at(self, label: str) -> Moment:
        return next(m for m in self.moments if m.label == label)

    @property
    def holds(self) -> bool:
        return all(claim.holds for claim in self.claims)


def observe(
    program: Program,
    label: str,
    *,
    main_g: int = 0,
    entry_sp: int = 0,
    known_frames: Sequence[Frame] = (),
) -> Moment:
    """Read everything about the stop that the program is at.

    `main_g` is the main goroutine's address once known, `entry_sp` rsp at the entry point;
    `known_frames` those of the last stop: rbp may still mark a frame of the stack left behind.
    """
    target, reader = program.target, program.reader
    registers = target.registers()
    runtime = program.read().kept()
    thread = target.selected_thread()
    m0 = reader.m(runtime.m0)
    g0 = reader.g(runtime.g0, "g0")
    main = reader.g(main_g) if main_g else None
    slot = tls_slot(registers["fs_base"], target.binary.tls_offset)
    try:
        g = reader.word(slot) if registers["fs_base"] else 0
    except Unreadable:
        g = 0
    known = runtime.g(g) or (main if main and g == main.address else None)
    pc, sp = registers["rip"], registers["rsp"]
    function, offset, file, line = program.place(pc)
    frames = program.thread_frames(pc, sp, runtime).frames
    extra = [main] if main else []
    sense = Sense(program, runtime, [*frames, *known_frames], extra, entry_sp)
    words = _words(program, sp - 8 * BELOW, ABOVE + BELOW)
    for stack in [main.stack] if main else []:
        words |= _words(program, stack.hi - 8 * TOP, TOP)
    places = {registers["rbp"], g0.sched.sp, *(frame.return_slot for frame in frames)}
    for place in places:
        if place and place not in words and runtime.owner(place):
            words |= _words(program, place, 1)
    meanings = {name: sense.of(value) for name, value in registers.items()}
    meanings["rbp"] = sense.of_rbp(registers["rbp"])
    gobufs = [g.sched for g in (g0, main) if g]
    saved = {word for b in gobufs for word in (b.sp, b.pc, b.g, b.ctxt, b.bp, b.ret or 0)}
    return Moment(
        label=label,
        lwp=thread.lwp if thread else 0,
        registers=registers,
        tls=slot,
        g=g,
        current=known.label if known else "",
        function=function,
        offset=offset,
        file=file,
        line=line,
        runtime=runtime,
        m0=m0,
        g0=g0,
        main=main,
        words=words,
        frames=frames,
        meanings=meanings | {"tls": sense.of(g)},
        word_meanings={address: sense.of(value) for address, value in words.items()},
        saved={value: sense.of(value) for value in saved},
        sense=sense,
    )


def _words(program: Program, start: int, count: int) -> dict[int, int]:
    try:
        values = program.reader.words(start, count)
    except Unreadable:
        return {}
    return {start + 8 * i: value for i, value in enumerate(values)}
