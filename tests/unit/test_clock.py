"""How long a goroutine has waited, and what the Ms without one do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from gogdb.inferior.arch import Registers
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.protocol import Thread
from gogdb.runtime import clock
from gogdb.runtime.clock import Clock
from gogdb.runtime.m_activity import read_activities
from gogdb.runtime.model import SCAN
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame, Unwound
from tests.support import factories
from tests.support.factories import g_at, m_at
from tests.support.replay import Recorder, Replay
from tests.support.walks import VERSIONS, load

NOW = 1_000_000
SYSCALL, WAITING, RUNNABLE, LEAKED = 3, 4, 1, 10


@pytest.mark.parametrize("status", [SYSCALL, WAITING, WAITING | SCAN, LEAKED])
def test_waited(status: int) -> None:
    for exact in (True, False):
        told = Clock(NOW, exact)
        assert told.waited_ns(status, NOW - 7) == 7
        assert told.waited_ns(status, NOW) == 0
        for unknown in (0, None, -5):
            assert told.waited_ns(status, unknown) is None


def test_what_is_left_over_does_not_count() -> None:
    assert Clock(NOW, True).waited_ns(RUNNABLE, NOW - 7) is None
    assert Clock(NOW, True).waited_ns(2 | SCAN, NOW - 7) is None


def test_later_than_now() -> None:
    """By the machine's clock that is no time; by the runtime's notes it is later than they."""
    assert Clock(NOW, True).waited_ns(WAITING, NOW + 1) is None
    assert Clock(NOW, False).waited_ns(WAITING, NOW + 1) == 0


def at_the_end(version: str) -> Replay:
    replay = load(version)
    replay.go_to(-1)
    return replay


@pytest.mark.parametrize("version", VERSIONS)
def test_the_machines_clock_before_the_runtimes_notes(version: str) -> None:
    replay = at_the_end(version)
    program = Program(replay)
    runtime = program.read()
    noted = clock.read_clock(program, runtime)
    moments = []
    layout = program.reader.layout("runtime.p")
    for p in runtime.ps:
        view = layout.view(replay.read(p.address, layout.size))
        moments += [view["sysmontick.schedwhen"], view["sysmontick.syscallwhen"]]
        moments += [view["gcMarkWorkerStartTime"], view.get("gcStopTime") or 0]
    sched = program.reader.layout("runtime.schedt")
    resized = sched.view(replay.read(runtime.sched.address, sched.size))["procresizetime"]
    assert noted == Clock(max(*moments, runtime.sched.lastpoll, resized), exact=False)
    assert noted.now >= resized > 0
    replay.change_clock(12_345)
    assert clock.read_clock(Program(replay), runtime) == Clock(12_345, exact=True)


def test_nonsense_is_no_moment() -> None:
    replay = at_the_end("1.27.3")
    program = Program(replay)
    runtime = program.read()
    noted = clock.read_clock(program, runtime)
    place = program.reader.layout("runtime.p").offset("sysmontick.schedwhen")
    replay.change(replay.stops - 1, runtime.ps[0].address + place, (1 << 62).to_bytes(8, "little"))
    assert 0 < clock.read_clock(program, runtime).now <= noted.now
    lost = replace(runtime, ps=[factories.p(1), factories.p(2, unreadable="cannot read it")])
    assert 0 < clock.read_clock(program, lost).now <= noted.now  # sched alone


def test_a_snapshot_keeps_the_time(tmp_path: Path) -> None:
    replay = load("1.27.3")
    replay.change_clock(12_345)
    recorder = Recorder(replay)
    assert recorder.monotonic() == 12_345
    recorder.save(tmp_path / "snapshot")
    assert Replay.load(tmp_path / "snapshot").monotonic() == 12_345
    assert load("1.27.3").monotonic() is None  # made before anybody asked


class Threads:
    """A program whose threads stand where they are said to stand."""

    def __init__(self, frames: Mapping[int, Sequence[str]], sp: Mapping[int, int]) -> None:
        self.target = self
        self._frames, self._sp = frames, sp
        self.asked: list[int] = []

    def threads(self) -> Sequence[Thread]:
        return [Thread(number, lwp) for number, lwp in enumerate(self._frames, 1)]

    def registers(self, thread: Thread) -> Registers:
        self.asked.append(thread.lwp)
        return Registers(AMD64, {"rip": thread.lwp, "rsp": self._sp[thread.lwp]})

    def unwind_thread(self, pc: int, sp: int, runtime: Runtime, limit: int) -> Unwound:
        return Unwound(
            tuple(Frame(f, "", 0, 0, 0, 0, 0, None, False, False) for f in self._frames[pc]), None
        )


def g0(number: int) -> int:
    return 0x1000 * (number + 1)


def test_duties() -> None:
    ms = [
        factories.m(0, curg=g_at(1)),
        *(factories.m(n, g0=g0(n)) for n in range(1, 6)),
        factories.m(6, procid=0, g0=g0(6)),
        factories.m(7, unreadable="cannot read it"),
    ]
    system = [
        factories.g(
            0, address=g0(n), system_name=f"m{n}.g0", stack_lo=g0(n), stack_hi=g0(n) + 0x800
        )
        for n in range(1, 7)
    ]
    runtime = factories.runtime(ms=ms, system_gs=system, sched={"midle": (m_at(1),)})
    futex = ("runtime.futex", "runtime.futexsleep")
    frames = {
        4000: ("main.main",),
        4001: (*futex, "runtime.stopm"),
        4002: (*futex, "runtime.notetsleep", "runtime.sysmon", "runtime.mstart1"),
        4003: ("runtime.netpoll", "runtime.findRunnable", "runtime.schedule"),
        4004: ("runtime.usleep", "runtime.osyield"),
        4005: ("runtime.sigtramp",),
        4007: ("runtime.sysmon",),
    }
    sp = {lwp: g0(lwp - 4000) + 0x700 for lwp in frames} | {4005: 0xFFFF}
    program = Threads(frames, sp)
    assert read_activities(cast(Program, program), runtime) == {
        m_at(2): "runtime.sysmon",
        m_at(3): "runtime.netpoll",
        m_at(4): "runtime.usleep",
    }
    assert program.asked == [4002, 4003, 4004, 4005]
