"""Follow one goroutine through a round: off the CPU in one of several ways, and back on it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial

from gogdb.boot.anchors import AfterCall, Anchor, Return, Saved
from gogdb.boot.listing import read_listing
from gogdb.boot.locate import locate_stops
from gogdb.boot.record import Listing
from gogdb.errors import GogdbError
from gogdb.follow.arrival import Arrival, SameThread
from gogdb.follow.changes import compare
from gogdb.follow.observation import Observation, observe
from gogdb.follow.step import EXIT_REASONS, Evidence, Record, Step
from gogdb.follow.steps import INITIAL_STEPS, STEPS
from gogdb.inferior.protocol import Debugger, Resumed, Stop
from gogdb.runtime.model import SCAN, G
from gogdb.runtime.program import Program

__all__ = ["Follower"]


class Follower:
    """A round of one goroutine. `records` holds the steps so far.

    `stopped` says why the program has stopped if that was not at a stop of the round.
    """

    def __init__(self, debugger: Debugger, program: Program, g: G, exit_reason: str = "") -> None:
        """Prepare to follow `g`; with `exit_reason` from where it leaves the CPU for this reason.

        `exit_reason` is one of `EXIT_REASONS`. Raises `GogdbError` if `g` is not a goroutine
        that can run.
        """
        if g.is_system:
            raise GogdbError(
                f"{g.label} is a system stack: the scheduler never puts it on a CPU",
                "name a goroutine, by its goid or an address",
            )
        if g.is_dead or g.unreadable:
            raise GogdbError(
                f"goroutine {g.name} {g.unreadable or 'is dead'}", "`go-gmp g` lists the living"
            )
        self._debugger, self.program, self.g = debugger, program, g
        self._exit_reason = exit_reason
        self.records: list[Record] = []
        self.stopped: Resumed | None = None
        self._located = {id: locate_stops(program.target, s.stops) for id, s in STEPS.items()}
        self._observations: list[Observation] = []  # of the step that is under way
        self._return_address = 0  # of the function that was entered last

    def run(self) -> Generator[Record]:
        """Follow the goroutine and yield a record for each step.

        Raises `GogdbError` if this binary has none of the places where the goroutine could be
        next. No breakpoint is left in the debugger in any case.
        """
        try:
            following: Sequence[str] = EXIT_REASONS
            if self._exit_reason:
                following = (self._exit_reason,)
            elif initial := INITIAL_STEPS.get(self.g.atomicstatus & ~SCAN):
                self._observe("at")
                yield self._finish(STEPS[initial])
                following = STEPS[initial].then
            while following:
                reached = self._run_step([STEPS[id] for id in following])
                if reached is None:
                    return
                yield self._finish(reached)
                following = reached.then
        finally:
            self._debugger.disarm()

    def _run_step(self, following: Sequence[Step]) -> Step | None:
        """Run through the stops of the first of these steps that is reached.

        Return None if the program stopped elsewhere.
        """
        step = self._arrive(following)
        if step is None:
            return None
        self._observe(*step.stops[0])
        for stop in step.stops[1:]:
            if self._arrive([step]) is None:
                return None
            self._observe(*stop)
        return step

    def _arrive(self, following: Sequence[Step]) -> Step | None:
        """Run to the next stop of one of these steps and return the step, or None elsewhere."""
        stops: dict[int, list[Step]] = {}
        for step in following:
            if address := self._next_stop(step):
                stops.setdefault(address, []).append(step)
        if not stops:
            missing = self._located[following[-1].id].missing
            raise GogdbError(f"the goroutine cannot be followed: {missing}")
        if not self.records and not self._observations:  # the program may already be there
            here = self.program.target.registers().pc
            if (reached := self._arrived_at(stops.get(here, ()))) is not None:
                return reached
        self._debugger.arm(
            [Stop(address, partial(self._counts, steps)) for address, steps in stops.items()]
        )
        resumed = self._debugger.resume()
        self._debugger.disarm()
        if resumed.how == "arrived":
            return self._arrived_at(stops[resumed.address])
        self.stopped = resumed
        return None

    def _next_stop(self, step: Step) -> int:
        """Return the address of a step's next stop, 0 if this binary does not have it."""
        located = list(self._located[step.id].stops.values())
        if not located:
            return 0
        index = len(self._observations)
        if isinstance(step.stops[index][1], Saved):
            return self.program.reader.g(self.g.address).sched.pc
        return located[index] or self._return_address

    def _counts(self, steps: Sequence[Step]) -> bool:
        """Report whether the thread's arrival belongs to one of these steps."""
        try:
            return self._arrived_at(steps) is not None
        except GogdbError:  # the program ends while the thread arrives
            return False

    def _arrived_at(self, steps: Sequence[Step]) -> Step | None:
        """Return the step that the thread's arrival belongs to, None if it does not count."""
        arrival = self._arrival()
        for step in steps:
            condition = SameThread() if self._observations else step.counts_if
            if condition.holds(arrival):
                return step
        return None

    def _arrival(self) -> Arrival:
        thread = self.program.target.selected_thread()
        return Arrival(
            program=self.program,
            registers=self.program.target.registers(),
            lwp=thread.lwp if thread else 0,
            goroutine=self.g.address,
            before=self._before(),
        )

    def _before(self) -> Observation | None:
        """Return what was observed last, None at the first stop."""
        if self._observations:
            return self._observations[-1]
        return self.records[-1].last if self.records else None

    def _observe(self, label: str, anchor: Anchor | None = None) -> None:
        before = self._before()
        observation = observe(
            self.program,
            label,
            self.g.address,
            earlier_frames=before.frames if before else (),
            after_call=isinstance(anchor, Return | AfterCall),
        )
        self._observations.append(observation)
        if observation.offset == 0:
            self._return_address = observation.return_address

    def _finish(self, step: Step) -> Record:
        evidence = Evidence(tuple(self._observations), tuple(self.records))
        self._observations.clear()
        before = self.records[-1].last if self.records else None
        record = Record(
            step,
            len(self.records) + 1,
            evidence.observations,
            list(step.claims(evidence)),
            step.values(evidence),
            list(step.sentences(evidence)),
            evidence.saved.goroutine.sched if evidence.saved else None,
            compare(before, evidence.now),
            read_listing(self.program, evidence.at(step.shown_at)) if step.stops else Listing(),
        )
        self.records.append(record)
        return record
