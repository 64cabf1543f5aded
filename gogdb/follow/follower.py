"""Follow one goroutine through a round: off the CPU in one of several ways, and back on it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial

from gogdb.boot.anchors import AfterCall, Anchor, Return, Saved
from gogdb.boot.listing import read_listing
from gogdb.boot.locate import locate_stops
from gogdb.boot.record import Listing
from gogdb.boot.score import Score
from gogdb.errors import GogdbError
from gogdb.follow.arrival import Arrival, GivesStatus, SameThread
from gogdb.follow.changes import compare
from gogdb.follow.observation import Observation, observe
from gogdb.follow.position import Position, read_position
from gogdb.follow.step import EXIT_REASONS, Evidence, Record, Step
from gogdb.follow.steps import INITIAL_STEPS, STEPS
from gogdb.inferior.protocol import Debugger, Resumed, Stop
from gogdb.runtime.model import GRUNNABLE, GRUNNING, SCAN, G
from gogdb.runtime.program import Program

__all__ = ["Follower"]


class Follower:
    """A round of one goroutine. `records` holds the steps so far.

    `stopped` says why the program has stopped if that was not at a stop of the round. Between two
    steps no breakpoint is left in the debugger, and the program may be run otherwise.
    """

    def __init__(self, debugger: Debugger, program: Program, g: G, exit_reason: str = "") -> None:
        """Prepare to follow `g`; with `exit_reason` from where it leaves the CPU for this reason.

        `exit_reason` is one of `EXIT_REASONS`. If the goroutine ends first, its end is what is
        followed. Raises `GogdbError` if `g` is not a goroutine that can run.
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
        self.exit_reason = exit_reason
        self.records: list[Record] = []
        self.stopped: Resumed | None = None
        self.score = Score()  # of what was predicted about the steps
        # Once it has ended, its g can be another goroutine's
        awaited = dict.fromkeys((exit_reason, "goexit")) if exit_reason else EXIT_REASONS
        self._following: Sequence[str] = tuple(awaited)
        self._step: Step | None = None  # that is under way
        self._observations: list[Observation] = []  # of the step that is under way
        self._return_address = 0  # of the function that was entered last
        self._position: Position | None = None  # after the last stop
        self._located = {id: locate_stops(program.target, s.stops) for id, s in STEPS.items()}

    @property
    def is_over(self) -> bool:
        """Whether the goroutine is back, or has ended."""
        return not self._following

    @property
    def awaited(self) -> str | None:
        """The id of the step that the program runs to; "" for any exit reason, None for none.

        A goroutine that is off the CPU at first is described where the program stands.
        """
        if self._first_step is not None:
            return None
        if self._following == EXIT_REASONS:
            return ""
        # Only a goroutine that waits can be made ready
        runnable = bool(self.records) and self.records[-1].last.status == GRUNNABLE
        steps = [id for id in self._following if not (runnable and id == "ready")]
        return steps[0] if steps else None

    @property
    def _first_step(self) -> Step | None:
        """The step that describes the goroutine as it was found off the CPU; None after that."""
        initial = INITIAL_STEPS.get(self.g.atomicstatus & ~SCAN)
        return STEPS[initial] if initial and not self.exit_reason and not self.records else None

    def run(self) -> Generator[Record]:
        """Follow the goroutine to the end of the round and yield a record for each step.

        Raises `GogdbError` as `next_step` does.
        """
        while (record := self.next_step()) is not None:
            yield record

    def next_step(self) -> Record | None:
        """Go on to the next step; return None at the end, and if the program stopped elsewhere.

        Raises `GogdbError` if this binary has none of the places where the goroutine could be
        next. No breakpoint is left in the debugger in any case.
        """
        if self.is_over:
            return None
        self.stopped = None
        if (first := self._first_step) is not None:
            self._observe("at")
            return self._finish(first)
        try:
            return self._run_step()
        finally:
            self._debugger.disarm()
            if self._debugger.alive() and (before := self._before()):
                self._position = self._read_position(before)

    def _run_step(self) -> Record | None:
        """Run through the stops of the first of the following steps that is reached."""
        if self._step is None:
            self._step = self._arrive(self._still_ahead())
            if self._step is None:
                return None
            self._observe(*self._step.stops[0])
        for stop in self._step.stops[len(self._observations) :]:
            if self._arrive([self._step]) is None:
                return None
            self._observe(*stop)
        return self._finish(self._step)

    @property
    def is_overtaken(self) -> bool:
        """Whether the goroutine has gone on since the last stop, so that steps were missed."""
        return not self.is_over and self._position is not None and not self._still_ahead()

    def _still_ahead(self) -> list[Step]:
        """Return those of the following steps that are ahead, wherever the program was run to."""
        steps = [self._step] if self._step else [STEPS[id] for id in self._following]
        last, before = self._position, self._before()
        if last is None or before is None:  # nothing was seen yet
            return steps
        now = self._read_position(before)
        if now == last or self._reached_here(steps):
            return steps
        tied = [step for step in steps if self._is_tied(step, now)]
        if now.on_cpu and self._is_near(tied, last):
            # The gobuf may be half written, or half cleared
            is_there = now.function == last.function
            return steps if is_there and self._is_before_all(tied, now, last) else []
        if not now.is_same_state(last):
            return []
        if not now.on_cpu:  # its thread does other work
            return [step for step in steps if step not in tied]
        return steps if self._is_before_all(tied, now, last) else []

    def _is_tied(self, step: Step, now: Position) -> bool:
        """Report whether only the thread of the last stop can come to the step."""
        condition = SameThread() if self._observations else step.counts_if
        running = now.status == GRUNNING and isinstance(condition, GivesStatus)
        return running or isinstance(condition, SameThread)

    def _is_near(self, steps: Sequence[Step], last: Position) -> bool:
        """Report whether the next stops are all in the function of the last one."""
        names = {self.program.function_name(self._next_stop(step)) for step in steps}
        return names == {last.function}

    def _is_before_all(self, steps: Sequence[Step], now: Position, last: Position) -> bool:
        stops = [stop for stop in map(self._next_stop, steps) if stop]
        return all(now.is_before(stop, self.program.function_name(stop), last) for stop in stops)

    def _read_position(self, before: Observation) -> Position:
        return read_position(self.program, self.g.address, before.lwp)

    def _arrive(self, following: Sequence[Step]) -> Step | None:
        """Run to the next stop of one of these steps and return the step, or None elsewhere."""
        stops: dict[int, list[Step]] = {}
        for step in following:
            if address := self._next_stop(step):
                stops.setdefault(address, []).append(step)
        if not stops:
            missing = self._located[following[-1].id].missing
            raise GogdbError(f"the goroutine cannot be followed: {missing}")
        if (reached := self._reached_here(following)) is not None:
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

    def _reached_here(self, steps: Sequence[Step]) -> Step | None:
        """Return the step whose next stop the selected thread is at, and has not been seen at."""
        pc, sp = self.program.target.registers().pc, self.program.target.registers().sp
        before = self._before()
        at_stop = bool(self._observations) or (self.records and self.records[-1].step.stops)
        if before and at_stop and (before.pc, before.sp) == (pc, sp):
            return None
        return self._arrived_at([step for step in steps if self._next_stop(step) == pc])

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
        self._step, self._following = None, step.then
        return record
