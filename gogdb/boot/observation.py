"""What one stop of the walk shows, and the record of a stage: plain data.

A recorded walk is a list of `Record`s; showing, comparing and reporting it never
touches the program again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gogdb.boot.stage import Stage
from gogdb.errors import Unreadable
from gogdb.inferior.arch import Registers
from gogdb.inferior.protocol import Instruction
from gogdb.runtime import goroutines
from gogdb.runtime.address_info import AddressClassifier, AddressInfo
from gogdb.runtime.disasm_notes import Effect
from gogdb.runtime.model import G, M
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame

__all__ = ["Change", "Claim", "Listing", "Observation", "Record", "observe"]

ABOVE, BELOW = 24, 2  # words kept around rsp: what a picture of the stack's top needs
TOP = 8  # words kept below a stack's hi


@dataclass(frozen=True)
class Observation:
    """The program at one stop of a stage."""

    label: str
    lwp: int
    registers: Registers
    tls: int  # address of the TLS slot
    g: int  # the word in it, 0 while it cannot be read
    current: str  # the g that it names: "g0", "g1", "" before there is one
    function: str
    offset: int
    file: str
    line: int
    runtime: Runtime
    m0: M  # in a round: the M of the thread
    g0: G  # and its g0
    main: G | None  # the main goroutine, once newproc1 has its g; in a round the one followed
    words: Mapping[int, int]
    frames: Sequence[Frame]
    meanings: Mapping[str, AddressInfo]  # of the registers, and "tls"
    word_meanings: Mapping[int, AddressInfo]  # of the values in `words`, by address
    saved: Mapping[int, AddressInfo]  # of the words of the gobufs, by value
    sense: AddressClassifier = field(repr=False)
    its_frames: Sequence[Frame] = ()  # of the goroutine followed, while its thread is elsewhere

    @property
    def pc(self) -> int:
        return self.registers.pc

    @property
    def sp(self) -> int:
        return self.registers.sp


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
    moments: Sequence[Observation] = ()
    claims: Sequence[Claim] = ()
    values: Mapping[str, object] = field(default_factory=dict)  # for the narration
    changes: Sequence[Change] = ()
    listing: Listing = field(default_factory=lambda: Listing((), ()))
    skipped: str = ""

    @property
    def main(self) -> Observation:
        """The moment whose registers and code the stage shows."""
        return next(m for m in self.moments if m.label == self.stage.main)

    @property
    def last(self) -> Observation:
        return self.moments[-1]

    def at(self, label: str) -> Observation:
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
    round_: bool = False,
    after_call: bool = False,
) -> Observation:
    """Read everything about the stop that the program is at.

    `main_g` is the main goroutine's address once known, `entry_sp` rsp at the entry point;
    `known_frames` those of the last stop: rbp may still mark a frame of the stack left behind;
    `round_`: m0 and g0 are to be those of the selected thread, `main_g` any goroutine;
    `after_call`: the line is to be that of the call that has just returned.
    """
    target, reader = program.target, program.reader
    registers = target.registers()
    runtime = program.read().detached()
    thread = target.selected_thread()
    lwp = thread.lwp if thread else 0
    m = next((m for m in runtime.ms if round_ and m.procid == lwp), None)
    m0 = m or reader.m(runtime.m0)
    g0 = (runtime.g(m.g0) if m else None) or reader.g(runtime.g0, "g0")
    main = reader.g(main_g) if main_g else None
    g = program.current_g(registers)
    known = runtime.g(g) or (main if main and g == main.address else None)
    pc, sp, fp = registers.pc, registers.sp, registers.fp
    function, offset, file, line = program.locate(pc)
    if after_call:
        file, line = program.locate(pc - 1)[2:]
    frames = program.unwind_thread(pc, sp, runtime, exact=not after_call).frames
    asleep = round_ and main is not None and sp not in main.stack
    its_frames = goroutines.unwind(program, runtime, main).frames if main and asleep else ()
    extra = [main] if main else []
    sense = AddressClassifier(program, runtime, [*frames, *known_frames], extra, entry_sp)
    words = _words(program, sp - 8 * BELOW, ABOVE + BELOW)
    for stack in [main.stack] if main else []:
        words |= _words(program, stack.hi - 8 * TOP, TOP)
    places = {fp, g0.sched.sp, *(f.return_slot for f in (*frames, *its_frames))}
    if main and asleep:
        places.add(main.sched.sp)
    for place in places:
        if place and place not in words and runtime.stack_owner(place):
            words |= _words(program, place, 1)
    meanings = {name: sense.classify(value) for name, value in registers.items()}
    meanings[program.arch.fp] = sense.classify_rbp(fp)
    gobufs = [g.sched for g in (g0, main) if g]
    saved = {word for b in gobufs for word in (b.sp, b.pc, b.g, b.ctxt, b.bp, b.ret or 0)}
    return Observation(
        label=label,
        lwp=lwp,
        registers=registers,
        tls=program.g_slot(registers),
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
        meanings=meanings | {"tls": sense.classify(g)},
        word_meanings={address: sense.classify(value) for address, value in words.items()},
        saved={value: sense.classify(value) for value in saved},
        sense=sense,
        its_frames=its_frames,
    )


def _words(program: Program, start: int, count: int) -> dict[int, int]:
    try:
        values = program.reader.words(start, count)
    except Unreadable:
        return {}
    return {start + 8 * i: value for i, value in enumerate(values)}
