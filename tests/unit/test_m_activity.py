"""What the Ms without a goroutine do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from gogdb.inferior.arch import Registers
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.protocol import Target, Thread
from gogdb.runtime.m_activity import read_activities
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.threads import Threads
from gogdb.runtime.unwind import Frame, Unwound
from tests.support import factories
from tests.support.factories import g_at, m_at


class Stopped:
    """A program whose threads, by thread id, have these functions on their stacks, and this sp."""

    def __init__(self, functions: Mapping[int, Sequence[str]], sp: Mapping[int, int]) -> None:
        self.target = self
        self._functions, self._sp = functions, sp
        self.asked: list[int] = []

    def threads(self) -> Sequence[Thread]:
        return [Thread(number, lwp) for number, lwp in enumerate(self._functions, 1)]

    def thread_ids(self, threads: Sequence[Thread]) -> Mapping[int, int]:
        return factories.same_ids(threads)

    def registers(self, thread: Thread) -> Registers:
        self.asked.append(thread.lwp)
        return Registers(AMD64, {"rip": thread.lwp, "rsp": self._sp[thread.lwp]})

    def unwind_thread(self, pc: int, sp: int, runtime: Runtime, limit: int) -> Unwound:
        names = self._functions[pc]
        return Unwound(
            tuple(Frame(name, "", 0, 0, 0, 0, 0, None, False, False) for name in names), None
        )


def g0(number: int) -> int:
    return 0x1000 * (number + 1)


def test_activity_of_each_m() -> None:
    ms = [
        factories.m(0, curg=g_at(1)),
        *(factories.m(n, g0=g0(n)) for n in range(1, 6)),
        factories.m(6, procid=0, g0=g0(6)),
        factories.m(7, unreadable="cannot read it"),
    ]
    system_gs = [
        factories.g(
            0, address=g0(n), system_name=f"m{n}.g0", stack_lo=g0(n), stack_hi=g0(n) + 0x800
        )
        for n in range(1, 7)
    ]
    futex = ("runtime.futex", "runtime.futexsleep")
    functions = {
        4000: ("main.main",),
        4001: (*futex, "runtime.stopm"),
        4002: (*futex, "runtime.notetsleep", "runtime.sysmon", "runtime.mstart1"),
        4003: ("runtime.netpoll", "runtime.findRunnable", "runtime.schedule"),
        4004: ("runtime.usleep", "runtime.osyield"),
        4005: ("runtime.sigtramp",),
        4007: ("runtime.sysmon",),
    }
    off_g0 = {4005: 0xFFFF}
    sp = {lwp: g0(lwp - 4000) + 0x700 for lwp in functions} | off_g0
    program = Stopped(functions, sp)
    runtime = factories.runtime(
        ms=ms,
        system_gs=system_gs,
        sched={"midle": (m_at(1),)},
        threads=Threads(cast(Target, program), ms),
    )
    assert read_activities(cast(Program, program), runtime) == {
        m_at(2): "runtime.sysmon",
        m_at(3): "runtime.netpoll",
        m_at(4): "runtime.usleep",
    }
    assert program.asked == [4002, 4003, 4004, 4005]
