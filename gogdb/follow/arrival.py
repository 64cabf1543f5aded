"""Conditions on the arrival of a thread at a step's first stop.

Every goroutine passes these places. A condition decides whether an arrival belongs to the
goroutine that is followed: by the g register, or by the registers that hold the arguments of
runtime/proc.go's functions (cmd/compile/abi-internal.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gogdb.errors import Unreadable
from gogdb.follow.observation import Observation
from gogdb.inferior.arch import Registers
from gogdb.runtime.goversion import ASYNC_PREEMPT_FUNCTION
from gogdb.runtime.program import Program
from gogdb.runtime.stack_guard import STACK_PREEMPT

__all__ = [
    "Arrival",
    "CallsGogo",
    "CallsMcall",
    "Condition",
    "GivesStatus",
    "HandsOffP",
    "IsPreempted",
    "RunsGoroutine",
    "SameThread",
]


@dataclass(frozen=True)
class Arrival:
    """A thread at a step's first stop, and the goroutine that is followed."""

    program: Program
    registers: Registers
    lwp: int
    goroutine: int  # address of its g
    before: Observation | None  # the stop before


class Condition(Protocol):
    """What makes an arrival count."""

    def holds(self, arrival: Arrival) -> bool:
        """Report whether the arrival belongs to the goroutine that is followed."""


@dataclass(frozen=True)
class SameThread:
    """It is the thread of the stop before."""

    def holds(self, arrival: Arrival) -> bool:
        return arrival.before is not None and arrival.lwp == arrival.before.lwp


@dataclass(frozen=True)
class RunsGoroutine:
    """The g register holds the goroutine."""

    def holds(self, arrival: Arrival) -> bool:
        return arrival.registers.g == arrival.goroutine


@dataclass(frozen=True)
class CallsMcall:
    """The goroutine calls mcall with one of these functions.

    `suspended` is what g.preemptStop must be if the function is ASYNC_PREEMPT_FUNCTION.
    """

    functions: tuple[str, ...]
    suspended: bool = False

    def holds(self, arrival: Arrival) -> bool:
        if arrival.registers.g != arrival.goroutine:
            return False
        program, func_value = arrival.program, arrival.registers.argument(0)
        try:
            symbol = program.target.symbols.at(program.reader.word(func_value))
            if symbol is None or symbol.name not in self.functions:
                return False
            return symbol.name != ASYNC_PREEMPT_FUNCTION or self.suspended == _must_stop(arrival)
        except Unreadable:
            return False


def _must_stop(arrival: Arrival) -> bool:
    """Return g.preemptStop: suspendG (preempt.go) waits for the goroutine. Raises `Unreadable`."""
    reader = arrival.program.reader
    field = arrival.goroutine + reader.layout("runtime.g").offset("preemptStop")
    return arrival.program.target.read(field, 1) != b"\0"


@dataclass(frozen=True)
class IsPreempted:
    """The goroutine calls morestack because its stack guard is stackPreempt."""

    def holds(self, arrival: Arrival) -> bool:
        if arrival.registers.g != arrival.goroutine:
            return False
        return arrival.program.reader.g(arrival.goroutine).stackguard0 == STACK_PREEMPT


@dataclass(frozen=True)
class GivesStatus:
    """casgstatus(gp, oldval, newval) is called for the goroutine, with this new status."""

    status: int
    not_by: str = ""  # a function whose calls do not count

    def holds(self, arrival: Arrival) -> bool:
        registers = arrival.registers
        g, status = registers.argument(0), registers.argument(2) & 0xFFFF_FFFF
        if g != arrival.goroutine or status != self.status:
            return False
        return not self.not_by or _caller(arrival) != self.not_by


def _caller(arrival: Arrival) -> str:
    """Return the name of the function that has called the one whose entry a thread is at."""
    program, registers = arrival.program, arrival.registers
    try:
        pc = registers.lr or program.reader.word(registers.sp)
    except Unreadable:
        return ""
    return program.function_name(pc)


@dataclass(frozen=True)
class CallsGogo:
    """gogo is about to be called with the goroutine's gobuf, an argument on the stack (ABI0)."""

    def holds(self, arrival: Arrival) -> bool:
        arch, reader = arrival.program.arch, arrival.program.reader
        # where the argument is once the call has pushed its return address
        place = arrival.registers.sp - arch.pushed_by_call + arch.stack_arguments
        try:
            return reader.word(place) == reader.g(arrival.goroutine).sched.address
        except Unreadable:
            return False


@dataclass(frozen=True)
class HandsOffP:
    """handoffp is called with the P that the goroutine had at the stop before."""

    def holds(self, arrival: Arrival) -> bool:
        p = arrival.before.goroutine_p if arrival.before else 0
        return arrival.registers.argument(0) == p != 0
