"""The walk itself: run to a stage's stops, observe, check its claims, record."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence

from gogdb.boot.anchors import Return
from gogdb.boot.changes import compare
from gogdb.boot.claims import CheckContext, check
from gogdb.boot.listing import listing
from gogdb.boot.locate import Located, locate_all
from gogdb.boot.observation import Observation, Record, observe
from gogdb.boot.stage import Stage
from gogdb.boot.stages import STAGES, find
from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.protocol import Debugger, Stop
from gogdb.runtime.program import Program
from gogdb.runtime.unwind import Frame

__all__ = ["Walk"]


class Walk:
    """One boot of one program. `records` holds the stages so far, in their order."""

    def __init__(self, debugger: Debugger, program: Callable[[], Program]) -> None:
        """`program` is called once there is a process: only then a PIE has its addresses."""
        self._debugger = debugger
        self._make_program = program
        self.records: list[Record] = []
        self._moments: list[Observation] = []  # of the stage that is under way
        self._return = 0  # address of a `Return` stop
        self._main_g = 0
        self._frames: Sequence[Frame] = ()
        self._entry_sp = 0
        self.over = ""  # why there is nothing more to see

    def start(self) -> None:
        """Run the program anew up to its entry point."""
        self._debugger.start()
        self.adopt()

    def adopt(self) -> None:
        """Go on with the process that is there. Raises `GogdbError` when it is past its boot."""
        self.program = self._make_program()
        if self.program.before_entry():  # the loader has yet to relocate what we would read
            target = self.program.target
            self._debugger.arm([Stop(target.binary.entry + target.slide)])
            try:
                self._debugger.resume()
            finally:
                self._debugger.disarm()
        self.located: dict[str, Located] = locate_all(self.program.target, STAGES)
        if self._main_started():
            raise GogdbError(
                "the program has started its main goroutine: its boot is over",
                "start it anew (gdbserver: also the server) and then use go-boot",
            )

    @property
    def done(self) -> bool:
        return bool(self.over) or len(self.records) == len(STAGES)

    @property
    def next(self) -> Stage | None:
        """The stage that comes next; None when the walk is done."""
        return None if self.done else STAGES[len(self.records)]

    def record(self, stage: Stage) -> Record | None:
        """What was seen of a stage, None when the walk has not come there yet."""
        index = stage.number - 1
        return self.records[index] if index < len(self.records) else None

    def run(self, last: Stage) -> Generator[Record]:
        """Walk on up to `last`, a record a stage, also for those that do not exist here.

        Raises `GogdbError` when the program ends or is interrupted on the way; the walk
        can then be asked to go on. Nothing stays in the debugger in either case.
        """
        try:
            self._arm()
            # one that was overtaken on the way to `last` is seen to its own end
            while not self.done and (len(self.records) < last.number or self._moments):
                yield from self._stage()
        finally:
            self._debugger.disarm()

    def _stage(self) -> Iterator[Record]:
        """Up to the end of the next stage that is reached."""
        stage = STAGES[len(self.records)]
        why = self.located[stage.id].missing
        if why:
            self.records.append(Record(stage, skipped=why))
            yield self.records[-1]
            return
        address = self._arrive(stage)
        at = self._stage_at(address)
        while STAGES[len(self.records)] is not at:
            missed = STAGES[len(self.records)]
            why = self.located[missed.id].missing or "overtaken"
            self._moments.clear()
            self.records.append(Record(missed, skipped=why))
            yield self.records[-1]
        self._observe(at)
        if len(self._moments) == len(at.stops):
            self.records.append(self._finish(at))
            yield self.records[-1]

    def _arrive(self, stage: Stage) -> int:
        """Run to the next stop of `stage`, or of a stage ahead that somebody ran on to."""
        if not self._debugger.alive():
            raise self._end("the program is not running any more")
        here = self.program.target.registers().pc
        stage_here = self._next_stops().get(here)
        seen = bool(self._moments) and here == self._moments[-1].pc
        if stage_here is not None and not seen and self._wanted(stage_here)():
            self._debugger.drop(here)
            return here
        resumed = self._debugger.resume()
        title = f"stage {stage.number}, {stage.id}"
        if resumed.how == "arrived":
            self._debugger.drop(resumed.address)
            return resumed.address
        if resumed.how == "exited":
            raise self._end(
                f"the program exited {resumed.detail} before {title}".replace("  ", " ")
            )
        if resumed.how == "interrupted":
            raise GogdbError(
                f"interrupted on the way to {title}",
                "`go-boot step` goes on, `go-boot stop` ends the walk",
            )
        raise GogdbError(
            f"the program stopped before {title}: {resumed.detail or 'not by a stop of the walk'}",
            "look around, then `go-boot step` goes on",
        )

    def _end(self, why: str) -> GogdbError:
        self.over = why
        return GogdbError(why, "what was seen stays: `go-boot show STAGE`; `go-boot` starts anew")

    def _next_stops(self) -> dict[int, Stage]:
        """Where the walk may arrive: the next stop of this stage, the first of those ahead."""
        stops: dict[int, Stage] = {}
        for stage in STAGES[len(self.records) :]:
            addresses = list(self.located[stage.id].stops.values())
            if not addresses:
                continue
            under_way = stage.number == len(self.records) + 1
            address = addresses[len(self._moments) if under_way else 0] or self._return
            if address:
                stops.setdefault(address, stage)
        return stops

    def _stage_at(self, address: int) -> Stage:
        return self._next_stops()[address]

    def _arm(self) -> None:
        self._debugger.arm(
            [Stop(address, self._wanted(stage)) for address, stage in self._next_stops().items()]
        )

    def _wanted(self, stage: Stage) -> Callable[[], bool]:
        # The scheduler passes these places for ever; only the first boot of it is the boot
        return self._on_main_goroutine if stage.goroutine else lambda: not self._main_started()

    def _main_started(self) -> bool:
        symbol = self.program.target.symbols.find("runtime.mainStarted")
        return symbol is not None and self.program.target.read(symbol.address, 1) != b"\0"

    def _on_main_goroutine(self) -> bool:
        g = self.program.current_g(self.program.target.registers())
        try:
            return self.program.reader.g(g).goid == 1
        except Unreadable:
            return False

    def _observe(self, stage: Stage) -> None:
        label = stage.stops[len(self._moments)][0]
        if stage.id == "entry":
            self._entry_sp = self.program.target.registers().sp
        if stage.id == "malg" and label == "malg":
            self._main_g = self.program.target.registers().result(0)
        if not self._main_g and stage.number > find("malg").number:  # which was missed
            self._main_g = self.program.read().gs[0].address  # the first that was made
        self._moments.append(
            observe(
                self.program,
                label,
                main_g=self._main_g,
                entry_sp=self._entry_sp,
                known_frames=self._frames,
            )
        )
        if len(self._moments[-1].frames) > 1:  # in gogo itself the walk of the stack ends at once
            self._frames = self._moments[-1].frames
        if len(self._moments) < len(stage.stops):
            if isinstance(stage.stops[len(self._moments)][1], Return):
                self._return = self.program.reader.word(self._moments[-1].sp)
            self._arm()

    def _finish(self, stage: Stage) -> Record:
        moments = tuple(self._moments)
        self._moments.clear()
        past = {record.stage.id: record for record in self.records}
        scene = CheckContext(stage, moments, past, self.program)
        claims = check(scene)
        before = next((r.last for r in reversed(self.records) if r.observations), None)
        main = next(m for m in moments if m.label == stage.main)
        return Record(
            stage,
            moments,
            claims,
            scene.values,
            compare(before, moments[-1]),
            listing(self.program, main),
        )
