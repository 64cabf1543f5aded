"""One goroutine followed through a round: off the CPU in one of its ways, and back on it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial

from gogdb.boot.anchors import AfterCall, Anchor, Return, Saved
from gogdb.boot.listing import listing
from gogdb.boot.locate import locate
from gogdb.boot.record import Listing
from gogdb.errors import GogdbError, Unreadable
from gogdb.follow.changes import compare
from gogdb.follow.claims import CheckContext, check
from gogdb.follow.observation import Observation, Record, observe
from gogdb.follow.steps import (
    BEGIN,
    LEAVING,
    STACK_PREEMPT,
    STEPS,
    Calls,
    Current,
    Guard,
    OfItsP,
    Step,
    ToStatus,
    steps,
)
from gogdb.inferior.protocol import Debugger, Resumed, Stop
from gogdb.runtime.model import GLEAKED, SCAN, G
from gogdb.runtime.program import Program

__all__ = ["Follow"]

GPREEMPTED = 9  # waits for whoever stopped it, and has no wait reason (runtime2.go)


class Follow:
    """A round of one goroutine. `records` holds the steps so far.

    `over` is how the program came to rest when that was at none of the round's places.
    """

    def __init__(self, debugger: Debugger, program: Program, g: G, way: str = "") -> None:
        """`way`: only when it leaves the CPU this way, one of `LEAVING`.

        Raises `GogdbError` when there is nothing to follow.
        """
        if g.is_system:
            raise GogdbError(
                f"{g.label} is a system stack: no scheduler ever puts it on a CPU",
                "name a goroutine, by its goid or an address",
            )
        if g.is_dead or g.unreadable:
            raise GogdbError(
                f"goroutine {g.name} {g.unreadable or 'is dead'}", "`go-gmp g` lists the living"
            )
        self._debugger, self.program, self.g, self._way = debugger, program, g, way
        self.records: list[Record] = []
        self.over: Resumed | None = None
        self._located = {step.id: locate(program.target, step) for step in STEPS.values()}
        self._observations: list[Observation] = []  # of the step that is under way
        self._return = 0  # where the function that was entered last returns to
        self._p = 0  # the P that it had when it went into the kernel

    def run(self) -> Generator[Record]:
        """Follow it, a record a step. Nothing stays in the debugger, however it ends."""
        try:
            step = None if self._way else self._found()
            if step is not None:
                self._observe("at")
                yield self._finish(step)
            following = steps(step.then if step else (self._way,) if self._way else LEAVING)
            while following:
                step = self._step(following)
                if step is None:
                    return
                yield self._finish(step)
                following = steps(step.then)
        finally:
            self._debugger.disarm()

    def _found(self) -> Step | None:
        """The step that tells how it was found; None while it is on a CPU."""
        status = self.g.atomicstatus & ~SCAN
        if status in (GLEAKED, GPREEMPTED):
            return STEPS["parked"]
        name = self.g.constants.status_name(status)
        return next((STEPS[step] for step, known in BEGIN.items() if known == name), None)

    def _step(self, following: Sequence[Step]) -> Step | None:
        """Run through the stops of the first of these steps that is reached; None: it ended."""
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
        """Run to the next stop of one of them."""
        stops: dict[int, list[Step]] = {}
        for step in following:
            if address := self._address(step):
                stops.setdefault(address, []).append(step)
        if not stops:
            raise GogdbError(f"the round cannot be followed: {self._located[step.id].missing}")
        if not self.records and not self._observations:  # somebody may have stopped there already
            here = self.program.target.registers().pc
            if (found := self._wanted(stops.get(here, ()))) is not None:
                return found
        self._debugger.arm(
            [Stop(address, partial(self._counts, there)) for address, there in stops.items()]
        )
        resumed = self._debugger.resume()
        self._debugger.disarm()
        if resumed.how == "arrived":
            return self._wanted(stops[resumed.address])
        self.over = resumed
        return None

    def _address(self, step: Step) -> int:
        """Where the next stop of a step is; 0 when this binary has no such place."""
        located = list(self._located[step.id].stops.values())
        if not located:
            return 0
        index = len(self._observations)
        if isinstance(step.stops[index][1], Saved):
            return self._its_g().sched.pc
        return located[index] or self._return

    def _its_g(self) -> G:
        return self.program.reader.g(self.g.address)

    def _counts(self, following: Sequence[Step]) -> bool:
        try:
            return self._wanted(following) is not None
        except GogdbError:  # the program ends while the thread arrives
            return False

    def _wanted(self, following: Sequence[Step]) -> Step | None:
        """The step that this arrival belongs to, None for somebody else's."""
        return next((step for step in following if self._is(step)), None)

    def _is(self, step: Step) -> bool:
        target, g = self.program.target, self.g.address
        registers = target.registers()
        if self._observations:
            return self._same_thread()
        match step.whose:
            case Current():
                return registers.g == g
            case Calls(functions):
                return registers.g == g and self._function(registers.argument(0)) in functions
            case Guard():
                return registers.g == g and self._its_g().stackguard0 == STACK_PREEMPT
            case ToStatus(status):
                return registers.argument(0) == g and registers.argument(2) & 0xFFFF_FFFF == status
            case OfItsP():
                return registers.argument(0) == self._p != 0
        return self._same_thread()

    def _same_thread(self) -> bool:
        thread = self.program.target.selected_thread()
        last = self._observations[-1] if self._observations else self.records[-1].last
        return thread is not None and thread.lwp == last.lwp

    def _function(self, funcval: int) -> str:
        """The function of a func value, which begins with its address."""
        try:
            symbol = self.program.target.symbols.at(self.program.reader.word(funcval))
        except Unreadable:
            return ""
        return symbol.name if symbol else ""

    def _observe(self, label: str, anchor: Anchor | None = None) -> None:
        before = self._observations or (self.records[-1].observations if self.records else ())
        moment = observe(
            self.program,
            label,
            self.g.address,
            known_frames=before[-1].frames if before else (),
            after_call=isinstance(anchor, Return | AfterCall),
        )
        self._observations.append(moment)
        if moment.offset == 0:
            self._return = self._word(moment.sp)

    def _word(self, address: int) -> int:
        try:
            return self.program.reader.word(address)
        except Unreadable:
            return 0

    def _finish(self, step: Step) -> Record:
        observations = tuple(self._observations)
        self._observations.clear()
        if step.id in ("entersyscall", "in-syscall"):
            self._p = _p_of(observations[-1], self.g.address)
        past = {record.step.id: record for record in self.records}
        context = CheckContext(step, observations, past, self.program)
        claims = check(context)
        before = self.records[-1].last if self.records else None
        shown = next(each for each in observations if each.label == step.main)
        record = Record(
            step,
            len(self.records) + 1,
            observations,
            claims,
            context.values,
            compare(before, observations[-1]),
            listing(self.program, shown) if step.stops else Listing(),
        )
        self.records.append(record)
        return record


def _p_of(moment: Observation, address: int) -> int:
    """The P of a goroutine in the kernel: up to go1.25 its M only remembers it (oldp)."""
    g = moment.runtime.g(address)
    m = moment.runtime.m(g.m) if g else None
    return (m.p or m.oldp) if m else 0
