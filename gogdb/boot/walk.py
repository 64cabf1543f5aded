"""The walk: run to a stage's stops, observe, check its claims, record."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace

from gogdb.boot.anchors import ProgramEntry, Return
from gogdb.boot.changes import compare
from gogdb.boot.listing import read_listing
from gogdb.boot.locate import Located, locate_all
from gogdb.boot.moments import Moments
from gogdb.boot.observation import Observation, observe
from gogdb.boot.process_stack import ProcessArguments, read_process_arguments
from gogdb.boot.question import Question
from gogdb.boot.score import Score
from gogdb.boot.stage import CheckContext, Evidence, Record, Stage
from gogdb.boot.stages import STAGES
from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.protocol import Debugger, Stop
from gogdb.runtime.program import Program
from gogdb.runtime.unwind import Frame

__all__ = ["Walk"]


class Walk:
    """One boot of one program.

    `records` holds the stages so far, in order. `over` says why the walk cannot go on, "" while
    it can.
    """

    def __init__(self, debugger: Debugger, make_program: Callable[[], Program]) -> None:
        """Prepare a walk; `make_program` is called once the process has a PIE's load address."""
        self._debugger = debugger
        self._make_program = make_program
        self.records: list[Record] = []
        self._observations: list[Observation] = []  # of the current stage
        self._return = 0  # address of a `Return` stop
        self._main_g = 0  # address of the main goroutine
        self._frames: Sequence[Frame] = ()  # of the last stop that had callers
        self._process: ProcessArguments | None = None
        self._moments = Moments(debugger.moment, lambda: self.program.target.registers().pc)
        self.over = ""
        self.score = Score()  # of what was predicted about its stages

    def start(self) -> None:
        """Start the program and stop at its entry point."""
        self._debugger.start()
        self.adopt()

    def adopt(self) -> None:
        """Continue with the current process. Raises `GogdbError` if its boot is over."""
        self.program = self._make_program()
        if self.program.before_entry():  # the dynamic loader has not relocated its pointers yet
            target = self.program.target
            self._debugger.arm([Stop(target.binary.entry + target.slide)])
            try:
                self._debugger.resume()
            finally:
                self._debugger.disarm()
        self.located: dict[str, Located] = locate_all(self.program.target, STAGES)
        if self.main_started():
            raise GogdbError(
                "the program has started its main goroutine: its boot is over",
                "start it anew (gdbserver: also the server) and then use go-boot",
            )

    @property
    def done(self) -> bool:
        """Whether there is no stage left to walk to."""
        return bool(self.over) or len(self.records) == len(STAGES)

    @property
    def next(self) -> Stage | None:
        """The next stage, None when the walk is done."""
        return None if self.done else STAGES[len(self.records)]

    def question(self) -> Question | None:
        """Return the question about the next stage, None if there is nothing to ask."""
        stage = self.next
        if stage is None or self.located[stage.id].missing:
            return None
        return stage.question(Evidence((), self._past()))

    def _past(self) -> dict[str, Record]:
        return {record.stage.id: record for record in self.records}

    def record(self, stage: Stage) -> Record | None:
        """Return the record of a stage, None if the walk has not reached it."""
        index = stage.number - 1
        return self.records[index] if index < len(self.records) else None

    @property
    def current(self) -> Stage | None:
        """The stage that the program has come to last, None before the first and after the walk."""
        behind = self.behind()
        return behind[-1].stage if behind and not self.done else None

    def is_behind(self, stage: Stage) -> bool:
        """Report whether the walk is past a stage, and the debugger has not gone back before it."""
        return stage.number <= len(self.behind())

    def go_back(self) -> None:
        """Forget the stages that lie ahead again, after the debugger has gone back.

        They are walked through once more. Stages that were overtaken may be among them.
        """
        behind = self.behind()
        if len(behind) == len(self.records):
            return
        while behind and behind[-1].skipped == "overtaken":
            behind.pop()
        self.records = behind
        self.over = ""
        self._observations.clear()
        seen = [observation for record in behind for observation in record.observations]
        self._frames = next((o.frames for o in reversed(seen) if len(o.frames) > 1), ())
        if not any(record.stage.main_goroutine_at for record in behind):
            self._main_g = 0

    def behind(self) -> list[Record]:
        """Return the records up to the first stage that lies ahead of the program again.

        All of them, unless the debugger has gone back in a recording. Once that has ended, what
        counts is where the program was when this was asked last.
        """
        ahead = self._moments.ahead()
        first = next((i for i, r in enumerate(self.records) if r.stage.id in ahead), None)
        return self.records[:first]

    def run(self, last: Stage) -> Generator[Record]:
        """Walk on up to `last` and yield a record for each stage, also for skipped ones.

        Raises `GogdbError` when the program ends or is interrupted on the way; the walk can be
        continued afterwards. No breakpoint is left in the debugger in either case.
        """
        try:
            self._arm()
            # A stage that the program had run ahead to is completed, even if it is after `last`
            while not self.done and (len(self.records) < last.number or self._observations):
                yield from self._run_stage()
        finally:
            self._debugger.disarm()

    def _run_stage(self) -> Iterator[Record]:
        """Run to the next stop and yield the records of the stages that it ends or skips."""
        stage = STAGES[len(self.records)]
        why = self.located[stage.id].missing
        if why:
            self.records.append(Record(stage, skipped=why))
            yield self.records[-1]
            return
        address = self._arrive(stage)
        reached = self._next_stops()[address]
        while STAGES[len(self.records)] is not reached:
            missed = STAGES[len(self.records)]
            why = self.located[missed.id].missing or "overtaken"
            self._observations.clear()
            self.records.append(Record(missed, skipped=why))
            yield self.records[-1]
        self._observe(reached)
        if len(self._observations) == len(reached.stops):
            self.records.append(self._finish(reached))
            yield self.records[-1]

    def _arrive(self, stage: Stage) -> int:
        """Run to the next stop of `stage`, or of a later one, and return its address."""
        if not self._debugger.alive():
            raise self._end("the program is not running any more")
        here = self.program.target.registers().pc
        stage_here = self._next_stops().get(here)
        seen = bool(self._observations) and here == self._observations[-1].pc
        if stage_here is not None and not seen and self._condition(stage_here)():
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
        """Return the stages that may be reached next, by the address of the stop.

        These are the next stop of the current stage and the first stop of each later one.
        """
        stops: dict[int, Stage] = {}
        for stage in STAGES[len(self.records) :]:
            addresses = list(self.located[stage.id].stops.values())
            if not addresses:
                continue
            is_current = stage.number == len(self.records) + 1
            address = addresses[len(self._observations) if is_current else 0] or self._return
            if address:
                stops.setdefault(address, stage)
        return stops

    def _arm(self) -> None:
        self._debugger.arm(
            [Stop(address, self._condition(stage)) for address, stage in self._next_stops().items()]
        )

    def _condition(self, stage: Stage) -> Callable[[], bool]:
        """Return the condition under which the program's arrival counts as this stage."""
        # Ignore later rounds of the scheduler, which pass the same places
        if stage.on_main_goroutine:
            return self._on_main_goroutine
        return lambda: not self.main_started()

    def main_started(self) -> bool:
        """Report whether the main goroutine has begun with runtime.main (proc.go)."""
        symbol = self.program.reader.symbols.variable("runtime.mainStarted")
        return symbol is not None and self.program.target.read(symbol.address, 1) != b"\0"

    def _on_main_goroutine(self) -> bool:
        g = self.program.current_g(self.program.target.registers())
        try:
            return self.program.reader.g(g).goid == 1
        except Unreadable:
            return False

    def _observe(self, stage: Stage) -> None:
        label, anchor = stage.stops[len(self._observations)]
        registers = self.program.target.registers()
        if isinstance(anchor, ProgramEntry):
            self._process = read_process_arguments(self.program.target, registers.sp)
        if label == stage.main_goroutine_at:
            self._main_g = registers.result(0)
        elif not self._main_g and any(s.main_goroutine_at for s in STAGES[: stage.number - 1]):
            # The stage that makes the main goroutine was missed: it is the first on allgs
            self._main_g = self.program.read().gs[0].address
        now = observe(
            self.program,
            label,
            main_g=self._main_g,
            process=self._process,
            earlier_frames=self._frames,
            text_sizes=stage.text_sizes,
        )
        self._observations.append(now)
        if len(now.frames) > 1:  # in gogo itself there are no callers to unwind to
            self._frames = now.frames
        if len(self._observations) < len(stage.stops):
            if isinstance(stage.stops[len(self._observations)][1], Return):
                self._return = self.program.reader.word(now.sp)
            self._arm()

    def _finish(self, stage: Stage) -> Record:
        """Check the claims of a stage whose last stop was observed, and return its record."""
        observations = tuple(self._observations)
        self._observations.clear()
        if again := self._moments.record(stage.id):
            return again
        past = self._past()
        context = CheckContext(observations, past, self.program)
        before = next((r.last for r in reversed(self.records) if r.observations), None)
        record = Record(
            stage,
            observations,
            tuple(stage.claims(context)),
            stage.values(context),
            tuple(stage.sentences(context)),
            compare(before, observations[-1]),
            question=stage.question(Evidence((), past)),
        )
        record = replace(record, listing=read_listing(self.program, record.shown))
        self._moments.note(record)
        return record
