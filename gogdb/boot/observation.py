"""What one stop of the boot shows, and the record of a stage: plain data.

A recorded walk is a list of `Record`s; showing, comparing and reporting it never
touches the program again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gogdb.boot.record import Change, Claim, Listing
from gogdb.boot.stage import Stage
from gogdb.boot.stop import StopState, read_stop
from gogdb.runtime.model import G, M
from gogdb.runtime.program import Program
from gogdb.runtime.unwind import Frame

__all__ = ["Observation", "Record", "observe"]


@dataclass(frozen=True)
class Observation(StopState):
    """The program at one stop of a stage."""

    m0: M
    g0: G
    main: G | None  # the main goroutine, once newproc1 has its g


@dataclass(frozen=True)
class Record:
    """A stage of one walk. `skipped`: why there is nothing to see ("cgo", "missed", …)."""

    stage: Stage
    observations: Sequence[Observation] = ()
    claims: Sequence[Claim] = ()
    values: Mapping[str, object] = field(default_factory=dict)  # for the narration
    changes: Sequence[Change] = ()
    listing: Listing = field(default_factory=Listing)
    skipped: str = ""

    @property
    def shown(self) -> Observation:
        """The observation whose registers and code the stage shows."""
        return self.at(self.stage.main)

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
    *,
    main_g: int = 0,
    entry_sp: int = 0,
    known_frames: Sequence[Frame] = (),
) -> Observation:
    """Read everything about the stop that the program is at.

    `main_g` is the main goroutine's address once known, `entry_sp` sp at the entry point,
    `known_frames` the frames of the stop before.
    """
    reader, runtime = program.reader, program.read().detached()
    g0 = reader.g(runtime.g0, "g0")
    main = reader.g(main_g) if main_g else None
    state = read_stop(
        program,
        runtime,
        label,
        g0=g0,
        goroutine=main,
        known_frames=known_frames,
        entry_sp=entry_sp,
    )
    return Observation(**vars(state), m0=reader.m(runtime.m0), g0=g0, main=main)
