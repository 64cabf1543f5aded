"""How long a goroutine has waited, by the machine's clock or by times that the runtime stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from gogdb.runtime.clock import Clock, read_clock
from gogdb.runtime.model import GLEAKED, GRUNNABLE, GRUNNING, GSYSCALL, GWAITING, SCAN
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from tests.support import factories
from tests.support.replay import Recorder, Replay
from tests.support.walks import VERSIONS, load

NOW = 1_000_000


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("status", [GSYSCALL, GWAITING, GWAITING | SCAN, GLEAKED])
def test_a_blocked_goroutine_has_waited_since_waitsince(status: int, exact: bool) -> None:
    clock = Clock(NOW, exact)
    assert clock.waited_ns(status, NOW - 7) == 7
    assert clock.waited_ns(status, NOW) == 0


@pytest.mark.parametrize("waitsince", [0, None, -5])
def test_a_waitsince_that_is_not_recorded(waitsince: int | None) -> None:
    assert Clock(NOW, exact=True).waited_ns(GWAITING, waitsince) is None


@pytest.mark.parametrize("status", [GRUNNABLE, GRUNNING | SCAN])
def test_a_waitsince_that_is_left_over(status: int) -> None:
    assert Clock(NOW, exact=True).waited_ns(status, NOW - 7) is None


def test_a_waitsince_after_now() -> None:
    """By an exact clock it is not a time; otherwise the stop may be later than `now`."""
    assert Clock(NOW, exact=True).waited_ns(GWAITING, NOW + 1) is None
    assert Clock(NOW, exact=False).waited_ns(GWAITING, NOW + 1) == 0


def at_last_stop(version: str) -> Replay:
    replay = load(version)
    replay.go_to(-1)
    return replay


def now_of(program: Program, runtime: Runtime) -> int:
    now = read_clock(program, runtime).now
    assert now is not None
    return now


@pytest.mark.parametrize("version", VERSIONS)
def test_the_latest_stored_time_without_a_clock(version: str) -> None:
    replay = at_last_stop(version)
    program = Program(replay)
    runtime = program.read()
    stored = [runtime.sched.lastpoll]
    p_layout = program.reader.layout("runtime.p")
    for p in runtime.ps:
        view = p_layout.view(replay.read(p.address, p_layout.size))
        stored += [view["sysmontick.schedwhen"], view["sysmontick.syscallwhen"]]
        stored += [view["gcMarkWorkerStartTime"], view.get("gcStopTime") or 0]
    layout = program.reader.layout("runtime.schedt")
    sched = layout.view(replay.read(runtime.sched.address, layout.size))
    clock = read_clock(program, runtime)
    assert clock == Clock(max(*stored, sched["procresizetime"]), exact=False)
    assert sched["procresizetime"] > 0


def test_the_machines_clock_comes_first() -> None:
    replay = at_last_stop("1.27.3")
    replay.change_clock(12_345)
    program = Program(replay)
    assert read_clock(program, program.read()) == Clock(12_345, exact=True)


def test_absurd_times_are_ignored() -> None:
    replay = at_last_stop("1.27.3")
    program = Program(replay)
    runtime = program.read()
    clock = read_clock(program, runtime)
    offset = program.reader.layout("runtime.p").offset("sysmontick.schedwhen")
    replay.change(-1, runtime.ps[0].address + offset, (1 << 62).to_bytes(8, "little"))
    assert 0 < now_of(program, runtime) <= (clock.now or 0)


def test_ps_that_cannot_be_read_are_left_out() -> None:
    program = Program(at_last_stop("1.27.3"))
    runtime = program.read()
    lost = runtime._replace(ps=[factories.p(1), factories.p(2, unreadable="cannot read it")])
    assert 0 < now_of(program, lost) <= now_of(program, runtime)
    nothing = lost._replace(sched=runtime.sched._replace(unreadable="no layout"))
    assert read_clock(program, nothing) == Clock(None, exact=False)


def test_a_snapshot_keeps_the_time(tmp_path: Path) -> None:
    replay = load("1.27.3")
    replay.change_clock(12_345)
    recorder = Recorder(replay)
    assert recorder.monotonic() == 12_345
    recorder.save(tmp_path / "snapshot")
    assert Replay.load(tmp_path / "snapshot").monotonic() == 12_345
    assert load("1.27.3").monotonic() is None  # recorded before there was this question
