"""go-until without a debugger: which arrivals count, what ends the waiting, what is left armed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from gogdb.boot.anchors import AtCall
from gogdb.errors import GogdbError
from gogdb.follow import goal
from gogdb.follow.goal import Outcome, Pursuit
from gogdb.inferior.arch import Registers
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.layout import Field, Struct
from gogdb.inferior.protocol import Resumed, Stop
from gogdb.runtime.model import GDEAD, GRUNNABLE, GRUNNING, GWAITING, SCAN
from gogdb.runtime.thread_goroutine import GoroutineFinder
from tests.support import factories
from tests.support.recorded_memory import Image

GOID, OTHER, SP, M, THREAD = 7, 8, 0x7000, 0xB000, 0x5000
G = factories.g(GOID)
AT = G.address
PARK_M, COROSWITCH_M, END, GOGO, EXITSYSCALL = range(1, 6)
CODE = {
    "runtime.park_m": PARK_M,
    "runtime.coroswitch_m": COROSWITCH_M,
    "runtime.gdestroy": END,
    "runtime.gogo": GOGO,
    "runtime.exitsyscall": EXITSYSCALL,
}
TARGET, CALLER, PLACE = 0x100, 0x200, 0x300
LAYOUT = Struct(
    "runtime.g",
    64,
    {
        "atomicstatus": Field(0, 4, "uint"),
        "m": Field(8, 8, "uint"),
        "goid": Field(16, 8, "uint"),
        "sched": Field(32, 24, "struct"),
    },
)
M_LAYOUT = Struct("runtime.m", 16, {"curg": Field(8, 8, "uint")})


def words(*values: int) -> bytes:
    return b"".join(value.to_bytes(8, "little") for value in values)


class Inferior:
    """A debugger and its program: each arrival is at an address, with registers, in a state."""

    arch = AMD64
    target: Inferior

    def __init__(self, status: int = GRUNNING, m: int = M) -> None:
        self.arrivals: list[tuple[int, Mapping[str, int], Callable[[], None]]] = []
        self.memory: dict[int, bytes] = {}
        self.now: Mapping[str, int] = {}
        self.armed: list[Stop] = []
        self.said: list[str] = []
        self.end: Resumed = Resumed("exited", detail="with code 0")
        self.set(status, m)
        self.after: Callable[[], None] = lambda: None
        self.target = self
        self.reader = self

    def set(self, status: int, m: int, goid: int = GOID) -> None:
        self.memory[AT] = words(status, m, goid)

    def arrive(self, address: int, status: int = GRUNNING, m: int = M, **registers: int) -> None:
        self.arrivals.append((address, registers, lambda: self.set(status, m)))

    def later(self, status: int, m: int, goid: int = GOID) -> None:
        """Set the goroutine's state when all threads stand after the last arrival."""
        address, registers, before = self.arrivals[-1]
        self.arrivals[-1] = address, {**registers, "later": 1}, before
        self.after = lambda: self.set(status, m, goid)

    # a Program and its reader
    def layout(self, name: str) -> Struct:
        return LAYOUT

    def read(self, address: int, size: int) -> bytes:
        return Image(self.memory).read(address, min(size, 24))

    def word(self, address: int) -> int:
        return int.from_bytes(Image(self.memory).read(address, 8), "little")

    def g(self, address: int) -> Any:
        return SimpleNamespace(sched=SimpleNamespace(pc=TARGET))

    def registers(self) -> Registers:
        return Registers(AMD64, self.now)

    def register(self, name: str) -> int:
        return self.now[name]

    # a Debugger
    def arm(self, stops: Sequence[Stop]) -> None:
        self.armed = list(stops)

    def disarm(self) -> None:
        self.armed = []

    def resume(self) -> Resumed:
        assert self.armed
        while self.arrivals:
            address, self.now, state = self.arrivals.pop(0)
            state()
            for stop in self.armed:
                if stop.address == address and (stop.condition is None or stop.condition()):
                    if "later" in self.now:
                        self.after()
                    return Resumed("arrived", address)
        return self.end


@pytest.fixture(autouse=True)
def anchors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goal, "find_anchor", lambda target, anchor: CODE.get(anchor.function))


def pursue(inferior: Inferior, goal: str, count: int = 1) -> Outcome:
    pursuit = Pursuit(inferior, inferior, G, inferior.register)  # type: ignore[arg-type]

    def before_run() -> None:
        inferior.said.append(goal)

    if goal == "parked":
        outcome = pursuit.until_parked(before_run)
    elif goal == "running":
        outcome = pursuit.until_running(before_run)
    else:
        finder = GoroutineFinder(LAYOUT, M_LAYOUT, -8)
        outcome = pursuit.until_at([PLACE], finder, count, before_run)
    assert inferior.armed == []
    return outcome


@pytest.mark.parametrize(
    ("goal", "status", "m"),
    [("parked", GWAITING, 0), ("parked", GWAITING | SCAN, 0), ("running", GRUNNING, M)],
)
def test_at_once(goal: str, status: int, m: int) -> None:
    inferior = Inferior(status, m)
    assert pursue(inferior, goal) == Outcome("reached", at_once=True)
    assert inferior.said == []


@pytest.mark.parametrize("address", [PARK_M, COROSWITCH_M])
def test_parked(address: int) -> None:
    """Others park before; and while it works on a system stack it only counts as waiting."""
    inferior = Inferior()
    inferior.arrive(address, GRUNNING)
    inferior.arrive(address, GRUNNABLE, 0)
    inferior.arrive(address, GWAITING, M)
    inferior.arrive(address, GWAITING, 0)
    assert pursue(inferior, "parked") == Outcome("reached", Resumed("arrived", address))
    assert (inferior.said, inferior.arrivals) == (["parked"], [])


def test_parked_again() -> None:
    """It may be ready again before all threads stand; then it is waited for once more."""
    inferior = Inferior()
    inferior.arrive(PARK_M, GWAITING, 0)
    inferior.later(GRUNNABLE, 0)
    inferior.arrive(PARK_M, GWAITING, 0)
    assert pursue(inferior, "parked").how == "reached"
    assert inferior.arrivals == []


@pytest.mark.parametrize(
    ("status", "m", "goid"),
    [(GDEAD, 0, GOID), (GWAITING, 0, OTHER), (GRUNNING, M, OTHER)],
    ids=["dead", "another one is parked", "another one runs"],
)
def test_ends_before_all_threads_stand(status: int, m: int, goid: int) -> None:
    """Its g may be used again by then, and the goal is that of another goroutine."""
    inferior = Inferior()
    inferior.arrive(PARK_M, GWAITING, 0)
    inferior.later(status, m, goid)
    assert pursue(inferior, "parked").how == "ended"


def test_running_after_gogo() -> None:
    inferior = Inferior(GWAITING, 0)
    inferior.memory |= {SP + 8: words(AT + 32), SP + 64 + 8: words(AT + 32 + 0x1000)}
    inferior.arrive(GOGO, GRUNNABLE, 0, rsp=SP + 64)  # another one is loaded
    inferior.arrive(GOGO, GRUNNING, M, rsp=SP)
    inferior.arrive(TARGET, GRUNNING, M, r14=AT + 0x1000)  # and goes on there, too
    inferior.arrive(TARGET, GRUNNING, M, r14=AT)
    assert pursue(inferior, "running") == Outcome("reached", Resumed("arrived", TARGET))
    assert inferior.said == ["running"]


def test_running_after_a_system_call() -> None:
    inferior = Inferior(3, M)
    inferior.memory[SP] = words(CALLER)
    inferior.arrive(EXITSYSCALL, 3, M, r14=AT + 0x1000)
    inferior.arrive(EXITSYSCALL, 3, M, r14=AT, rsp=SP)
    inferior.arrive(CALLER, GRUNNING, M, r14=AT)
    assert pursue(inferior, "running") == Outcome("reached", Resumed("arrived", CALLER))


def at_place(inferior: Inferior, goid: int = GOID) -> None:
    """Let a thread come to the place that works for a goroutine with this goid."""
    g = AT if goid == GOID else 0x9000
    thread = THREAD + 0x100 * len(inferior.arrivals)
    inferior.memory |= {thread - 8: words(g), 0x9000: words(GRUNNING, M, OTHER)}
    inferior.arrive(PLACE, fs_base=thread)


@pytest.mark.parametrize("count", [1, 2])
def test_at_a_place(count: int) -> None:
    inferior = Inferior()
    for goid in (OTHER, GOID, OTHER, GOID):
        at_place(inferior, goid)
    assert pursue(inferior, "a place", count).how == "reached"
    assert len(inferior.arrivals) == 4 - 2 * count


def test_at_a_place_where_the_goroutine_is_not_known() -> None:
    inferior = Inferior()
    inferior.arrive(PLACE, fs_base=0x1234_0000)
    at_place(inferior)
    outcome = pursue(inferior, "a place")
    assert outcome.how == "stopped"
    assert outcome.stop is not None
    assert outcome.stop.detail.startswith("its goroutine is not known: cannot read 8 bytes at ")


@pytest.mark.parametrize("goal", ["parked", "running", "a place"])
def test_end_of_the_goroutine(goal: str) -> None:
    inferior = Inferior(GRUNNABLE, 0)
    inferior.arrive(END, GRUNNABLE, 0)
    inferior.arrive(END, GDEAD, M)
    assert pursue(inferior, goal) == Outcome("ended", Resumed("arrived", END))


@pytest.mark.parametrize("goal", ["parked", "running", "a place"])
@pytest.mark.parametrize(
    "stop", [Resumed("exited", detail="with code 0"), Resumed("interrupted"), Resumed("elsewhere")]
)
def test_other_stops_end_the_waiting(goal: str, stop: Resumed) -> None:
    inferior = Inferior(GRUNNABLE, 0)
    inferior.end = stop
    assert pursue(inferior, goal) == Outcome("stopped", stop)


def test_nothing_is_left_armed_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    inferior = Inferior(GRUNNABLE, 0)

    def fail() -> Resumed:
        raise GogdbError("the connection is lost")

    monkeypatch.setattr(inferior, "resume", fail)
    with pytest.raises(GogdbError, match="the connection is lost"):
        pursue(inferior, "parked")
    assert inferior.armed == []


@pytest.mark.parametrize(
    ("g", "says"),
    [
        (factories.g(0, system_name="g0"), "g0 is a system stack: "),
        (factories.g(GOID, "dead"), "g7 is dead: `go-gmp g` lists the living"),
        (factories.g(GOID, unreadable="cannot be read"), "0xc00000000e00 cannot be read: "),
    ],
)
def test_what_cannot_be_waited_for(g: Any, says: str) -> None:
    with pytest.raises(GogdbError) as caught:
        Pursuit(Inferior(), Inferior(), g, int)  # type: ignore[arg-type]
    assert str(caught.value).startswith(says)


def test_binary_without_the_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(goal, "find_anchor", lambda target, anchor: None)
    with pytest.raises(GogdbError, match=r"g7 cannot be waited for: a call of runtime\.schedule"):
        pursue(Inferior(), "parked")


def test_places_where_a_goroutine_is_parked() -> None:
    """Only functions that hand over: not Gosched, a preemption or a system stack."""
    assert [anchor.function for anchor in goal._PARKED if isinstance(anchor, AtCall)] == [
        "runtime.park_m",
        "runtime.coroswitch_m",
    ]
