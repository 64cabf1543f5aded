"""Let the program run until one goroutine is parked, runs, or comes to a place in the program.

All goroutines pass the stops that are armed for this, and often. Each stop has a condition that
ignores other goroutines and reads as little as it can: a register, a word or two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from gogdb.boot.anchors import AfterCall, AtCall, Entry, describe, find_anchor
from gogdb.errors import GogdbError
from gogdb.inferior.layout import Reader
from gogdb.inferior.protocol import Debugger, Resumed, Stop
from gogdb.runtime.model import GDEAD, GLEAKED, GRUNNING, GWAITING, SCAN, G
from gogdb.runtime.program import Program
from gogdb.runtime.thread_goroutine import GoroutineFinder

__all__ = ["Outcome", "Pursuit"]

# park_m and coroswitch_m (proc.go, coro.go) go on to another goroutine: the one that they were
# called for is parked. Since go1.22 there are coroutines.
_PARKED = (
    AtCall("runtime.park_m", "runtime.schedule"),
    AtCall("runtime.coroswitch_m", "runtime.gogo"),
)
# gdestroy ends a goroutine or a coroutine, goexit0 up to go1.21: they give it its last status first
_ENDS = (
    AfterCall("runtime.gdestroy", "runtime.casgstatus"),
    AfterCall("runtime.goexit0", "runtime.casgstatus"),
)

Register = Callable[[str], int]
"""Reads a register of the thread that has arrived at a stop, by its name."""


class Outcome(NamedTuple):
    """Why the program has stopped: the goal is "reached", the goroutine has "ended", or see `stop`.

    `at_once`: the goal was reached already, and the program has not run.
    """

    how: Literal["reached", "ended", "stopped"]
    stop: Resumed | None = None
    at_once: bool = False


class Pursuit:
    """Waits for a goroutine. Each method removes its breakpoints before it returns.

    `before_run` is called before the program runs, unless the goal is reached at once.
    """

    def __init__(self, debugger: Debugger, program: Program, g: G, register: Register) -> None:
        """Prepare to wait for `g`. Raises `GogdbError` if it is no goroutine that can run."""
        if g.is_system:
            raise GogdbError(
                f"{g.label} is a system stack: the scheduler neither parks it nor puts it on a CPU",
                "name a goroutine, by its goid or an address",
            )
        if g.is_dead or g.unreadable:
            raise GogdbError(
                f"{g.label} {g.unreadable or 'is dead'}", "`go-gmp g` lists the living"
            )
        self._debugger, self._program, self._g, self._register = debugger, program, g, register
        layout = program.reader.layout("runtime.g")
        self._state = Reader(layout, ("atomicstatus", "m", "goid"))
        self._gobuf = g.address + layout.offset("sched")

    def until_parked(self, before_run: Callable[[], None]) -> Outcome:
        """Run until the goroutine waits, and no thread is bound to it."""
        outcome = Outcome("reached", at_once=True)
        if self._is_parked():
            return outcome
        stops = [Stop(address, self._is_parked) for address in self._find(_PARKED)]
        before_run()
        while outcome.how == "reached" and not self._is_parked():  # it may be ready again already
            outcome = self._run(stops)
        return outcome

    def until_running(self, before_run: Callable[[], None]) -> Outcome:
        """Run until a thread runs the goroutine, which goes on where it left off."""
        if self._is_running():
            return Outcome("reached", at_once=True)
        (gogo,) = self._find((Entry("runtime.gogo"),))
        (exitsyscall,) = self._find((Entry("runtime.exitsyscall"),))
        before_run()
        outcome = self._run([Stop(gogo, self._is_loaded), Stop(exitsyscall, self._is_current)])
        if outcome.how != "reached" or outcome.stop is None:
            return outcome
        # gogo jumps to the pc in the gobuf. exitsyscall returns in any case: if there is no P, the
        # goroutine is put on a CPU again later, and goes on in exitsyscall.
        at_gogo = outcome.stop.address == gogo
        target = self._program.reader.g(self._g.address).sched.pc if at_gogo else self._caller()
        return self._run([Stop(target, self._is_current)])

    def until_at(
        self,
        addresses: Sequence[int],
        finder: GoroutineFinder,
        count: int,
        before_run: Callable[[], None],
    ) -> Outcome:
        """Run until the goroutine comes to one of these addresses for the `count`th time.

        On a system stack, the goroutine is the one that the thread works for.
        """
        unknown: list[GogdbError] = []

        def is_there() -> bool:
            pointer = self._register(self._program.arch.thread_pointer)
            try:
                found = finder.find(self._program.target, pointer)
            except GogdbError as error:
                unknown.append(error)
                return True
            return found is not None and found.goid == self._g.goid

        outcome = Outcome("reached")
        before_run()
        while count and outcome.how == "reached":
            outcome = self._run([Stop(address, is_there) for address in addresses])
            count -= 1
        if unknown:
            why = f"its goroutine is not known: {unknown[0].message}"
            return Outcome("stopped", Resumed("elsewhere", detail=why))
        return outcome

    def _run(self, stops: Sequence[Stop]) -> Outcome:
        """Run to one of the stops, or to the goroutine's end."""
        ends = self._ends()
        try:
            self._debugger.arm([*stops, *ends])
            resumed = self._debugger.resume()
        finally:
            self._debugger.disarm()
        if resumed.how != "arrived":
            return Outcome("stopped", resumed)
        # It can also end, and its g be used again, before all threads stand
        return Outcome("ended" if self._has_ended() else "reached", resumed)

    def _find(self, anchors: Sequence[AtCall | Entry]) -> list[int]:
        """Return the addresses of the anchors that this binary has. Raises `GogdbError` if none."""
        found = [find_anchor(self._program.target, anchor) for anchor in anchors]
        addresses = [address for address in found if address]
        if not addresses:
            missing = f"{describe(anchors[0])} is not in this binary"
            raise GogdbError(f"{self._g.label} cannot be waited for: {missing}")
        return addresses

    def _ends(self) -> list[Stop]:
        """Return the stop at the goroutine's end, none if this binary does not have it."""
        found = (find_anchor(self._program.target, anchor) for anchor in _ENDS)
        return [Stop(address, self._has_ended) for address in found if address][:1]

    def _bound(self) -> tuple[int, int, int]:
        """Return the status in the g, without the bit of a scan, its M and its goid."""
        data = self._program.target.read(self._g.address, self._state.size)
        status, m, goid = self._state.read(data)
        return (status or 0) & ~SCAN, m or 0, goid or 0

    def _is_parked(self) -> bool:
        # On a system stack a goroutine can count as waiting while its thread works for it
        status, m, _ = self._bound()
        return status in (GWAITING, GLEAKED) and not m

    def _is_running(self) -> bool:
        status, m, _ = self._bound()
        return status == GRUNNING and bool(m)

    def _is_loaded(self) -> bool:
        """Report whether gogo has been called with the goroutine's gobuf (ABI0)."""
        arch = self._program.arch
        return (
            self._program.reader.word(self._register(arch.sp) + arch.stack_arguments) == self._gobuf
        )

    def _is_current(self) -> bool:
        return self._register(self._program.arch.g) == self._g.address

    def _has_ended(self) -> bool:
        """Report whether the goroutine is dead, or its g already belongs to another one."""
        status, _, goid = self._bound()
        return status == GDEAD or goid != self._g.goid

    def _caller(self) -> int:
        """Return the return address, at a function's entry."""
        registers = self._program.target.registers()
        return registers.lr or self._program.reader.word(registers.sp)
