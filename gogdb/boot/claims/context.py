"""What the claims of a stage are checked against: its moments, its past, the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from gogdb.boot.observation import Observation, Record
from gogdb.boot.process_stack import Arguments, read_arguments
from gogdb.boot.record import Claim
from gogdb.boot.stage import Stage
from gogdb.errors import Unreadable
from gogdb.inferior.symbols import function
from gogdb.runtime.model import G
from gogdb.runtime.program import Program

__all__ = ["CHECKS", "CheckContext", "arguments", "m_tls", "main_goroutine", "stage"]


class CheckContext:
    """A stage's moments, the stages before it, and the program at the last moment."""

    def __init__(
        self,
        stage: Stage,
        moments: Sequence[Observation],
        past: Mapping[str, Record],
        program: Program,
    ) -> None:
        self.stage = stage
        self.moments = moments
        self.past = past
        self.program = program
        self.values: dict[str, object] = {}

    @property
    def now(self) -> Observation:
        return self.moments[-1]

    def at(self, label: str) -> Observation:
        return next(m for m in self.moments if m.label == label)

    def earlier(self, stage: str) -> Record | None:
        """A stage that was seen; None when it was missed or does not exist here."""
        record = self.past.get(stage)
        return record if record and record.observations else None

    def word(self, address: int) -> int | None:
        try:
            return self.program.reader.word(address)
        except Unreadable:
            return None

    def entry(self, name: str) -> int:
        symbol = function(self.program.target.symbols, name)
        return symbol.address if symbol else -1

    def data(self, name: str) -> int:
        symbol = self.program.target.symbols.find(name)
        return symbol.address if symbol else -1

    def zero(self, address: int, size: int) -> bool:
        try:
            return not any(self.program.target.read(address, size))
        except Unreadable:
            return False


Check = Callable[[CheckContext], Iterator[Claim]]
CHECKS: dict[str, Check] = {}


def stage(name: str) -> Callable[[Check], Check]:
    """Register the claims of a stage, a generator over its scene."""

    def register(claims: Check) -> Check:
        CHECKS[name] = claims
        return claims

    return register


def main_goroutine(scene: CheckContext, moment: Observation | None = None) -> G:
    main = (moment or scene.now).main
    assert main is not None, "no claim before malg is about the main goroutine"
    return main


def arguments(scene: CheckContext) -> Arguments | None:
    start = scene.earlier("entry")
    return read_arguments(scene.program.target, start.shown.sp) if start else None


def m_tls(s: CheckContext) -> int:
    return s.program.reader.layout("runtime.m").offset("tls")
