"""What the claims of a round have in common: what was saved, where the g waits, who it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from gogdb.boot.record import Claim
from gogdb.errors import Unreadable
from gogdb.follow.observation import Observation, Record
from gogdb.follow.steps import Step
from gogdb.inferior.symbols import function
from gogdb.runtime import goroutines
from gogdb.runtime.model import SCAN, G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime

__all__ = [
    *("CHECKS", "CheckContext", "as_saved", "change", "left_cpu", "m_name"),
    *("queue_of", "saved_in", "status", "user"),
]


class CheckContext:
    """A step's observations, the steps before it, and the program at the last stop."""

    def __init__(
        self,
        step: Step,
        observations: Sequence[Observation],
        past: Mapping[str, Record],
        program: Program,
    ) -> None:
        self.step = step
        self.observations = observations
        self.past = past
        self.program = program
        self.values: dict[str, object] = {}

    @property
    def now(self) -> Observation:
        return self.observations[-1]

    def at(self, label: str) -> Observation:
        return next(each for each in self.observations if each.label == label)

    def word(self, address: int) -> int | None:
        """Return the word at `address`, None if it cannot be read."""
        try:
            return self.program.reader.word(address)
        except Unreadable:
            return None

    def entry(self, name: str) -> int:
        """Return a function's entry point, -1 if this binary has no such function."""
        symbol = function(self.program.target.symbols, name)
        return symbol.address if symbol else -1


Check = Callable[[CheckContext], Iterator[Claim]]
CHECKS: dict[str, Check] = {}


def step(*names: str) -> Callable[[Check], Check]:
    """Register the claims of these steps, a generator over their scene."""

    def register(claims: Check) -> Check:
        CHECKS.update(dict.fromkeys(names, claims))
        return claims

    return register


def status(g: G) -> int:
    return g.atomicstatus & ~SCAN  # the collector may be looking at its stack


def queue_of(runtime: Runtime, g: G) -> str:
    """The run queue that it is on: "p0.runnext", "p0.runq", "sched.runq"; "" for none."""
    for p in runtime.ps:
        if p.runnext == g.address:
            return f"p{p.id}.runnext"
        if g.address in p.runq:
            return f"p{p.id}.runq"
    return "sched.runq" if g.address in runtime.sched.runq else ""


def saved_in(s: CheckContext) -> Observation | None:
    """The moment at which its gobuf had just been saved, or was found saved."""
    names = ("mcall", "morestack", "parked", "queued")
    records = [record for name in names if (record := s.past.get(name))]
    return max(records, key=lambda record: record.number).last if records else None


def left_cpu(s: CheckContext) -> Observation | None:
    """A moment on the thread that it left; None when it was found off the CPU."""
    record = s.past.get("mcall") or s.past.get("morestack")
    return record.last if record else None


def as_saved(s: CheckContext, sp: int, pc: int, bp: int) -> Iterator[Claim]:
    """sp, pc and bp are what was saved; a stack that the collector moved keeps its depth."""
    was, stack = saved_in(s), s.now.goroutine.stack
    old = was.goroutine if was else None
    if old is None:
        return
    by = stack.hi - old.stack.hi
    s.values["moved"] = bool(by)
    yield Claim("sp-saved", sp == old.sched.sp + by, {"sp": sp})
    yield Claim("pc-saved", pc == old.sched.pc, {"pc": pc})
    yield Claim("bp-saved", bp == old.sched.bp + (by if old.sched.bp else 0), {"bp": bp})


def user(s: CheckContext, g: G) -> str:
    """The function that people know it by: the innermost that is not the runtime's."""
    frame = goroutines.user_frame(goroutines.unwind(s.program, s.now.runtime, g).frames)
    return frame.function if frame else "?"


def m_name(s: CheckContext) -> str:
    return f"m{s.now.m.id}"


def change(s: CheckContext, *to: int) -> Iterator[Claim]:
    was, g = s.observations[0].goroutine, s.now.goroutine
    s.values |= {
        "g": g.label,
        "m": m_name(s),
        "was": was.status,
        "status": g.status,
        "function": s.now.function.removesuffix(".abi0"),
    }
    held = status(was) not in to and status(g) in to
    yield Claim("status", held, {"was": was.status, "status": g.status})
