"""What one stop of a goroutine's round shows, and the record of a step: plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gogdb.boot.record import Change, Claim, Listing
from gogdb.boot.stop import StopState, read_stop
from gogdb.follow.steps import Step
from gogdb.runtime import goroutines
from gogdb.runtime.model import G, M
from gogdb.runtime.program import Program
from gogdb.runtime.unwind import Frame

__all__ = ["Observation", "Record", "observe"]


@dataclass(frozen=True)
class Observation(StopState):
    """The program at one stop of a step."""

    m: M  # of the selected thread
    g0: G  # of that M
    goroutine: G  # the one that is followed
    goroutine_frames: Sequence[Frame]  # its own, while the thread is on another stack


@dataclass(frozen=True)
class Record:
    """One step of a round."""

    step: Step
    number: int  # from 1, in the order of the round
    observations: Sequence[Observation]
    claims: Sequence[Claim] = ()
    values: Mapping[str, object] = field(default_factory=dict)  # for the narration
    changes: Sequence[Change] = ()
    listing: Listing = field(default_factory=Listing)

    @property
    def shown(self) -> Observation:
        """The observation whose registers and code the step shows."""
        return self.at(self.step.main)

    @property
    def last(self) -> Observation:
        return self.observations[-1]

    def at(self, label: str) -> Observation:
        """Return the observation made at the stop with this label."""
        return next(each for each in self.observations if each.label == label)

    @property
    def holds(self) -> bool:
        return all(claim.holds for claim in self.claims)


def observe(
    program: Program,
    label: str,
    goroutine: int,
    *,
    known_frames: Sequence[Frame] = (),
    after_call: bool = False,
) -> Observation:
    """Read everything about the stop that the program is at.

    `goroutine` is the address of the g that is followed, `known_frames` the frames of the stop
    before. With `after_call` the source line is that of the call that has just returned.
    """
    reader, runtime = program.reader, program.read().detached()
    thread = program.target.selected_thread()
    lwp = thread.lwp if thread else 0
    # A thread that is not Go's own has no M: then m0 stands in for it
    m = next((m for m in runtime.ms if m.procid == lwp), None)
    g0 = (runtime.g(m.g0) if m else None) or reader.g(runtime.g0, "g0")
    g = reader.g(goroutine)
    on_stack = program.target.registers().sp in g.stack
    frames = () if on_stack else goroutines.unwind(program, runtime, g).frames
    state = read_stop(
        program,
        runtime,
        label,
        g0=g0,
        goroutine=g,
        slots=() if on_stack else (g.sched.sp, *(f.return_slot for f in frames if f.return_slot)),
        known_frames=known_frames,
        after_call=after_call,
    )
    return Observation(
        **vars(state),
        m=m or reader.m(runtime.m0),
        g0=g0,
        goroutine=g,
        goroutine_frames=frames,
    )
