"""A step of a goroutine's round: its definition, the evidence for its claims, its record.

Showing a recorded round never touches the program again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gogdb.boot.anchors import Stops
from gogdb.boot.hint import Hint
from gogdb.boot.question import Question, Solution
from gogdb.boot.record import Change, Claim, Listing
from gogdb.follow.arrival import Condition, SameThread
from gogdb.follow.observation import Observation
from gogdb.runtime.model import Gobuf

__all__ = ["EXIT_REASONS", "Evidence", "Record", "Step"]

EXIT_REASONS = (
    "gopark",
    "gosched",
    "async-preempt",
    "suspend",
    "goexit",
    "coroswitch",
    "morestack",
    "entersyscall",
    "entersyscallblock",
)
"""Ids of the steps by which a goroutine that runs may leave the CPU."""


class Step(ABC):
    """One step; its definition is a subclass in `follow/steps`, its texts are in `i18n`.

    Its attributes are data; its methods look at what was observed.
    """

    id: str
    stops: Stops = ()  # none for a step that only describes a goroutine off the CPU
    shown_at: str = "at"  # label of the stop whose registers and code are shown
    registers: tuple[str, ...] = ()  # shown beside pc, sp, fp, g and the TLS slot
    show: tuple[str, ...] = ()  # names of its pictures and tables (view/follow.py)
    point: tuple[str, ...] = ()  # those on one screen, the most important first; default: show
    counts_if: Condition = SameThread()  # which arrivals at the first stop count
    then: tuple[str, ...] = ()  # ids of the steps that may follow; none after the last
    asks: str = ""  # key of the question about what comes next, "" for none
    options: tuple[str, ...] = ()  # that the question offers; nothing if it asks for a number

    @abstractmethod
    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        """Check what the text says. Every sentence of it rests on a claim."""

    def values(self, evidence: Evidence) -> dict[str, object]:
        """Return the values that the text names, None for what was not observed."""
        now = evidence.now
        return {
            "g": now.goroutine.label,
            "status": now.goroutine.status,
            "reason": now.goroutine.waitreason,
            "user": now.user_function,
            "m": f"m{now.m.id}",
            "g0": now.g0.label,
        }

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        """Yield the catalogue's keys of the sentences that the text ends with in this round."""
        yield from ()

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        """Yield what to try where the step ends; None for what was not recorded."""
        yield from ()

    def known(self, now: Observation) -> Mapping[str, object]:
        """Return the values that the question names; `now` is the last stop of the step."""
        return {"g": now.goroutine.label, "g0": now.g0.label}

    def solution(self, now: Observation, following: Record) -> Solution | None:
        """Return the answer to the question from the step that has followed, None if unknown."""
        return None


class Evidence:
    """What was observed at the stops of a step, and the records of the steps before it."""

    def __init__(self, observations: Sequence[Observation], past: Sequence[Record]) -> None:
        self.observations = observations
        self.past = past

    @property
    def first(self) -> Observation:
        """The first stop of the step."""
        return self.observations[0]

    @property
    def now(self) -> Observation:
        """The last stop of the step."""
        return self.observations[-1]

    def at(self, label: str) -> Observation:
        """Return the observation made at the stop with this label."""
        return next(each for each in self.observations if each.label == label)

    def earlier(self, *steps: str) -> Record | None:
        """Return the latest record of one of these steps, None if there was none."""
        return next((r for r in reversed(self.past) if r.step.id in steps), None)

    @property
    def saved(self) -> Observation | None:
        """The stop at which the gobuf had just been saved, or the first one if it already was.

        If another P has run the goroutine in the meantime, this is the stop that showed it, and
        None if the goroutine was still running.
        """
        if (later := self._run_meanwhile) is not None:
            return None if later.on_cpu else later
        return self._first_saved

    @property
    def _first_saved(self) -> Observation | None:
        record = self.earlier("mcall", "morestack", "parked", "queued")
        return record.last if record else None

    @property
    def _run_meanwhile(self) -> Observation | None:
        """The stop after runqput, if another P had taken the goroutine by then and run it."""
        saved, queued = self._first_saved, self.earlier("runqput")
        if saved is None or queued is None:
            return None
        then, now = saved.goroutine, queued.last.goroutine
        same = (then.sched.pc, then.stack.hi - then.sched.sp) == (
            now.sched.pc,
            now.stack.hi - now.sched.sp,
        )
        return None if same and not queued.last.on_cpu else queued.last

    @property
    def left_cpu(self) -> Observation | None:
        """The stop at which the goroutine left its thread, None if that was not observed."""
        record = self.earlier("mcall", "morestack")
        return record.last if record and self._run_meanwhile is None else None

    @property
    def stack_moved(self) -> int:
        """How far the goroutine's stack has moved since its gobuf was saved, in bytes."""
        return self.now.goroutine.stack.hi - self.saved.goroutine.stack.hi if self.saved else 0


@dataclass(frozen=True)
class Record:
    """One step of a round, as it was observed."""

    step: Step
    number: int  # from 1, in the order of the round
    observations: Sequence[Observation]
    claims: Sequence[Claim] = ()
    values: Mapping[str, object] = field(default_factory=dict)  # that the text names
    sentences: Sequence[str] = ()  # that the text ends with
    saved: Gobuf | None = None  # what the gobuf held when the goroutine left the CPU
    changes: Sequence[Change] = ()
    listing: Listing = field(default_factory=Listing)

    @property
    def shown(self) -> Observation:
        """The observation whose registers and code the step shows."""
        return next(each for each in self.observations if each.label == self.step.shown_at)

    @property
    def last(self) -> Observation:
        """The observation at the last stop, where the program is when the step has ended."""
        return self.observations[-1]

    def hints(self, has_debug_info: bool) -> list[Hint]:
        """Return what to try where the step has ended."""
        hints = self.step.hints(self.last)
        return [hint for hint in hints if hint and (has_debug_info or not hint.needs_debug_info)]

    @property
    def question(self) -> Question | None:
        """The question about the step that follows, None if there is none."""
        step = self.step
        return Question(step.asks, step.options, step.known(self.last)) if step.asks else None

    def solution(self, following: Record) -> Solution | None:
        """Return the answer to the question, None if what has followed does not have it."""
        solution = self.step.solution(self.last, following)
        if solution is None or (self.step.options and solution.right not in self.step.options):
            return None
        return replace(solution, values={**self.step.known(self.last), **solution.values})

    @property
    def holds(self) -> bool:
        """Whether every claim holds."""
        return all(claim.holds for claim in self.claims)
