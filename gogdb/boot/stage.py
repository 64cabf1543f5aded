"""A stage of the boot: its definition, what its claims are checked against, its record.

A recorded walk is a list of `Record`s; showing, comparing and reporting it never touches the
program again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gogdb.boot.anchors import Stops
from gogdb.boot.hint import Hint
from gogdb.boot.observation import Observation
from gogdb.boot.question import Question, Solution
from gogdb.boot.record import Change, Claim, Listing
from gogdb.errors import Unreadable
from gogdb.runtime.program import Program

__all__ = ["CheckContext", "Evidence", "Record", "Stage"]


class Stage(ABC):
    """One stage; its definition is a subclass in `boot/stages`, its texts are in `i18n`.

    Its attributes are data; its methods look at what was observed.
    """

    id: str
    stops: Stops
    shown_at: str = "at"  # label of the stop whose registers and code are shown
    registers: tuple[str, ...] = ()  # shown beside pc, sp, fp, g and the TLS slot
    show: tuple[str, ...] = ()  # names of its pictures and tables (view/panels.py)
    point: tuple[str, ...] = ()  # what go-boot step shows first; `show` if empty (view/guide.py)
    on_main_goroutine: bool = False  # only the main goroutine's arrival counts: in main.main
    absent: str = ""  # why some builds do not have the stage: "cgo" or "no-add"
    main_goroutine_at: str = ""  # label of the stop where malg returns the main goroutine's g
    text_sizes: bool = False  # observe the sizes that the function's TEXT line gives
    options: tuple[str, ...] = ()  # what its question offers; nothing if it asks for a number

    def __init__(self, number: int) -> None:
        self.number = number

    @abstractmethod
    def claims(self, context: CheckContext) -> Iterator[Claim]:
        """Check what the narration says. Every sentence of it rests on a claim."""

    def values(self, evidence: Evidence) -> Mapping[str, object]:
        """Return the values that the narration names."""
        return {}

    def sentences(self, context: CheckContext) -> Iterator[str]:
        """Yield the catalogue's keys of the sentences that the narration ends with in this run."""
        yield from ()

    @abstractmethod
    def hints(self, record: Record) -> Iterator[Hint | None]:
        """Yield what to try where the stage ends; None for what was not recorded."""

    def known(self, past: Evidence) -> Mapping[str, object] | None:
        """Return the values that the stage's question names, which are known before it is run.

        None if they are not, because a stage was missed: the question cannot be asked then.
        """
        return {}

    def question(self, past: Evidence) -> Question | None:
        """Return the question to ask before the stage is run; `past` has no observations."""
        values = self.known(past)
        return None if values is None else Question(self.id, self.options, values)

    @abstractmethod
    def solution(self, record: Record) -> Solution | None:
        """Return the answer to the question, None if it was not recorded or is left to chance."""


class Evidence:
    """What was observed at the stops of a stage, and the records of the stages before it."""

    def __init__(self, observations: Sequence[Observation], past: Mapping[str, Record]) -> None:
        self._observations = observations
        self._past = past

    @property
    def now(self) -> Observation:
        """The last stop of the stage."""
        return self._observations[-1]

    def at(self, label: str) -> Observation:
        """Return the observation made at the stop with this label."""
        return next(each for each in self._observations if each.label == label)

    def earlier(self, stage: str) -> Record | None:
        """Return the record of a stage, None if it was missed or this build does not have it."""
        record = self._past.get(stage)
        return record if record and record.observations else None


class CheckContext(Evidence):
    """The evidence, and the program, which is at the last stop of the stage."""

    def __init__(
        self, observations: Sequence[Observation], past: Mapping[str, Record], program: Program
    ) -> None:
        super().__init__(observations, past)
        self.program = program

    @property
    def thread_id(self) -> int | None:
        """The id by which the selected thread knows itself, None if the OS cannot be asked."""
        target = self.program.target
        thread = target.selected_thread()
        return target.thread_ids([thread]).get(thread.lwp) if thread else None

    def word(self, address: int) -> int | None:
        """Return the word at `address`, None if it cannot be read."""
        try:
            return self.program.reader.word(address)
        except Unreadable:
            return None

    def entry(self, name: str) -> int:
        """Return the address of a function, -1 if this binary does not have it."""
        symbol = self.program.reader.symbols.function(name)
        return symbol.address if symbol else -1

    def code(self, name: str) -> bytes:
        """Return the code of a function, nothing if it cannot be read or is not in this binary."""
        symbol = self.program.reader.symbols.function(name)
        try:
            return self.program.target.read(symbol.address, symbol.size) if symbol else b""
        except Unreadable:
            return b""

    def is_zero(self, address: int, size: int) -> bool:
        """Report whether `size` bytes can be read and are all 0."""
        try:
            return not any(self.program.target.read(address, size))
        except Unreadable:
            return False


@dataclass(frozen=True)
class Record:
    """A stage of one walk; `skipped` says why there is nothing to see ("cgo", "overtaken", …)."""

    stage: Stage
    observations: Sequence[Observation] = ()
    claims: Sequence[Claim] = ()
    values: Mapping[str, object] = field(default_factory=dict)  # that the narration names
    sentences: Sequence[str] = ()  # that the narration ends with
    changes: Sequence[Change] = ()
    listing: Listing = field(default_factory=Listing)
    skipped: str = ""
    question: Question | None = None  # as it could be asked before the stage was run

    @property
    def shown(self) -> Observation:
        """The observation whose registers and code the stage shows."""
        return self.at(self.stage.shown_at)

    @property
    def last(self) -> Observation:
        """The observation at the last stop, where the program is when the stage has ended."""
        return self.observations[-1]

    def at(self, label: str) -> Observation:
        """Return the observation made at the stop with this label."""
        return next(each for each in self.observations if each.label == label)

    @property
    def holds(self) -> bool:
        """Whether every claim holds."""
        return all(claim.holds for claim in self.claims)

    def hints(self, has_debug_info: bool = True) -> list[Hint]:
        """Return what can be tried where the stage has ended."""
        if self.skipped:
            return []
        hints = self.stage.hints(self)
        return [hint for hint in hints if hint and (has_debug_info or not hint.needs_debug_info)]

    def solution(self) -> Solution | None:
        """Return the answer to the question, None if there is none in this run."""
        if not self.observations or self.question is None:
            return None
        solution = self.stage.solution(self)
        if solution and self.question.options and solution.right not in self.question.options:
            return None
        return solution
