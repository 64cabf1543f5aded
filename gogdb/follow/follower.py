"""One goroutine followed through a round: off the CPU in one of its ways, and back on it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import partial

from gogdb.boot.anchors import AfterCall, Anchor, Return, Saved
from gogdb.boot.changes import compare, round_facts
from gogdb.boot.claims.context import CheckContext
from gogdb.boot.listing import listing
from gogdb.boot.locate import locate
from gogdb.boot.observation import Listing, Observation, Record, observe
from gogdb.errors import GogdbError, Unreadable
from gogdb.follow.claims import check
from gogdb.follow.steps import (
    BEGIN,
    LEAVING,
    LEGS,
    STACK_PREEMPT,
    Calls,
    Current,
    Guard,
    Leg,
    OfItsP,
    ToStatus,
    legs,
)
from gogdb.inferior.protocol import Debugger, Resumed, Stop
from gogdb.runtime.model import GLEAKED, SCAN, G
from gogdb.runtime.program import Program

__all__ = ["Follow"]

GPREEMPTED = 9  # waits for whoever stopped it, and has no wait reason (runtime2.go)


class Follow:
    """A round of one goroutine. `records` holds the legs so far.

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
        self._located = {leg.id: locate(program.target, leg) for leg in LEGS.values()}
        self._moments: list[Observation] = []  # of the leg that is under way
        self._return = 0  # where the function that was entered last returns to
        self._p = 0  # the P that it had when it went into the kernel

    def run(self) -> Generator[Record]:
        """Follow it, a record a leg. Nothing stays in the debugger, however it ends."""
        try:
            leg = None if self._way else self._found()
            if leg is not None:
                self._observe("at")
                yield self._finish(leg)
            following = legs(leg.then if leg else (self._way,) if self._way else LEAVING)
            while following:
                leg = self._leg(following)
                if leg is None:
                    return
                yield self._finish(leg)
                following = legs(leg.then)
        finally:
            self._debugger.disarm()

    def _found(self) -> Leg | None:
        """The leg that tells how it was found; None while it is on a CPU."""
        status = self.g.atomicstatus & ~SCAN
        if status in (GLEAKED, GPREEMPTED):
            return LEGS["parked"]
        name = self.g.constants.status_name(status)
        return next((LEGS[leg] for leg, known in BEGIN.items() if known == name), None)

    def _leg(self, following: Sequence[Leg]) -> Leg | None:
        """Run through the stops of the first of these legs that is reached; None: it ended."""
        leg = self._arrive(following)
        if leg is None:
            return None
        self._observe(*leg.stops[0])
        for stop in leg.stops[1:]:
            if self._arrive([leg]) is None:
                return None
            self._observe(*stop)
        return leg

    def _arrive(self, following: Sequence[Leg]) -> Leg | None:
        """Run to the next stop of one of them."""
        stops: dict[int, list[Leg]] = {}
        for leg in following:
            if address := self._address(leg):
                stops.setdefault(address, []).append(leg)
        if not stops:
            raise GogdbError(f"the round cannot be followed: {self._located[leg.id].missing}")
        if not self.records and not self._moments:  # somebody may have stopped there already
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

    def _address(self, leg: Leg) -> int:
        """Where the next stop of a leg is; 0 when this binary has no such place."""
        located = list(self._located[leg.id].stops.values())
        if not located:
            return 0
        index = len(self._moments)
        if isinstance(leg.stops[index][1], Saved):
            return self._its_g().sched.pc
        return located[index] or self._return

    def _its_g(self) -> G:
        return self.program.reader.g(self.g.address)

    def _counts(self, following: Sequence[Leg]) -> bool:
        try:
            return self._wanted(following) is not None
        except GogdbError:  # the program ends while the thread arrives
            return False

    def _wanted(self, following: Sequence[Leg]) -> Leg | None:
        """The leg that this arrival belongs to, None for somebody else's."""
        return next((leg for leg in following if self._is(leg)), None)

    def _is(self, leg: Leg) -> bool:
        target, g = self.program.target, self.g.address
        registers = target.registers()
        if self._moments:
            return self._same_thread()
        match leg.whose:
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
        last = self._moments[-1] if self._moments else self.records[-1].last
        return thread is not None and thread.lwp == last.lwp

    def _function(self, funcval: int) -> str:
        """The function of a func value, which begins with its address."""
        try:
            symbol = self.program.target.symbols.at(self.program.reader.word(funcval))
        except Unreadable:
            return ""
        return symbol.name if symbol else ""

    def _observe(self, label: str, anchor: Anchor | None = None) -> None:
        before = self._moments or (self.records[-1].moments if self.records else ())
        moment = observe(
            self.program,
            label,
            main_g=self.g.address,
            known_frames=before[-1].frames if before else (),
            round_=True,
            after_call=isinstance(anchor, Return | AfterCall),
        )
        self._moments.append(moment)
        if moment.offset == 0:
            self._return = self._word(moment.sp)

    def _word(self, address: int) -> int:
        try:
            return self.program.reader.word(address)
        except Unreadable:
            return 0

    def _finish(self, leg: Leg) -> Record:
        moments = tuple(self._moments)
        self._moments.clear()
        if leg.id in ("entersyscall", "in-syscall"):
            self._p = _p_of(moments[-1], self.g.address)
        leg = replace(leg, number=len(self.records) + 1)
        scene = CheckContext(leg, moments, {r.stage.id: r for r in self.records}, self.program)
        claims = check(scene)
        before = self.records[-1].last if self.records else None
        main = next(m for m in moments if m.label == leg.main)
        changes = compare(before, moments[-1], round_facts)
        code = listing(self.program, main) if leg.stops else Listing((), ())
        self.records.append(Record(leg, moments, claims, scene.values, changes, code))
        return self.records[-1]


def _p_of(moment: Observation, address: int) -> int:
    """The P of a goroutine in the kernel: up to go1.25 its M only remembers it (oldp)."""
    g = moment.runtime.g(address)
    m = moment.runtime.m(g.m) if g else None
    return (m.p or m.oldp) if m else 0
