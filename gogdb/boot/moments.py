"""Where in the debugger's recording each stage is, and what was seen there at first."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from gogdb.boot.stage import Record
from gogdb.inferior.protocol import Moment

__all__ = ["Moments"]


class _Reached(NamedTuple):
    instruction: int  # its number in the recording
    pc: int
    record: Record


class Moments:
    """The stages that were reached while the program was recorded."""

    def __init__(self, now: Callable[[], Moment | None], pc: Callable[[], int]) -> None:
        """`now` returns the program's place in its recording, `pc` its program counter."""
        self._now, self._pc = now, pc
        self._reached: dict[str, _Reached] = {}  # by stage id
        self._ahead: set[str] = set()  # at the last look

    def note(self, record: Record) -> None:
        """Remember that the program has come to the end of a stage now."""
        self._ahead.discard(record.stage.id)
        if now := self._current():
            self._reached[record.stage.id] = _Reached(now.instruction, self._pc(), record)

    def ahead(self) -> set[str]:
        """Return the stages that lie ahead again, because the debugger has gone back.

        Those of the last look if the recording has been ended or cut off since: the program goes on
        from where it was then.
        """
        now = self._current()
        if now is not None and self._reached:
            self._ahead = self._after(now) if now.is_past else set()
        return self._ahead

    def _after(self, now: Moment) -> set[str]:
        # GDB 18 gives the number of the next instruction while it replays: then the pc decides.
        number, pc = now.instruction, self._pc()
        return {
            stage
            for stage, reached in self._reached.items()
            if reached.instruction > number or (reached.instruction == number and reached.pc != pc)
        }

    def record(self, stage: str) -> Record | None:
        """Return what was recorded when the program came to the end of a stage for the first time.

        GDB takes back no write through a segment register, so in the past it does not give the g
        that the TLS slot had.
        """
        reached = self._reached.get(stage) if self._current() else None
        return reached.record if reached and reached.pc == self._pc() else None

    def _current(self) -> Moment | None:
        """Return the current moment, and forget the stages of a recording that was ended."""
        now = self._now()
        latest = max((reached.instruction for reached in self._reached.values()), default=0)
        if now is None or now.newest < latest:
            self._reached.clear()
        return now
