"""go-boot follow: one goroutine off the CPU in each of its ways, and back."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gogdb.launch import paths
from tests.support.parked import attach
from tests.support.schema import schema
from tests.support.session import PROMPT, Open, Session

Build = Callable[..., Path]

SETTINGS = ("scheduler-locking", "confirm", "width", "height", "language", "pagination")

# A thread that is held here may be overtaken: another one may take the goroutine up before
_LEAVES = "mcall mcall-sp"
_BACK = "execute gogo gogo-sp gogo-jmp back"
PARKS = f"gopark {_LEAVES} waiting (schedule )?(next )?ready (runqput )?{_BACK}"
YIELDS = f"gosched {_LEAVES} runnable (schedule )?(next )?{_BACK}"
PREEMPTED = f"async-preempt {_LEAVES} runnable (schedule )?(next )?{_BACK}"
IN_PROLOGUE = f"morestack morestack-sp runnable (schedule )?(next )?{_BACK}"
ENDS = f"goexit {_LEAVES} dead"
KERNEL = f"entersyscall (handoff )?exitsyscall (resumed|no-p {_LEAVES} runnable {_BACK})"


def at(session: Session, name: str, marker: str) -> None:
    """Run the fixture to a line with a marker, where no breakpoint is left."""
    lines = (paths.fixtures() / name / "main.go").read_text(encoding="utf-8").splitlines()
    line = next(n for n, text in enumerate(lines, 1) if text.endswith(f"// marker: {marker}"))
    session.run(f"tbreak main.go:{line}")
    assert f"// marker: {marker}" in session.run("run")


def surround(session: Session, *environment: str) -> None:
    session.quietly(f"set exec-wrapper env -i {' '.join(environment)}")


def goid(session: Session) -> int:
    """The youngest goroutine that main made."""
    gs = json.loads(session.run("go-gmp g --limit 0 --json"))["gs"]
    return max(int(g["goid"]) for g in gs if g["creator"] == "main.main")


def follow(session: Session, tmp_path: Path, words: str) -> Any:
    """The JSON of a round that came to its end, all of whose claims held."""
    file = tmp_path / "round.json"
    session.run(f"go-boot follow {words} --json --out {file}")
    told = json.loads(file.read_text())
    assert list(schema("go-boot").iter_errors(told)) == []
    wrong = [(s["id"], c["text"]) for s in told["stages"] for c in s["claims"] if not c["holds"]]
    assert wrong == []
    assert told["summary"]["complete"], told["summary"]["ended"]
    assert ours(session) == []
    return told


def ours(session: Session) -> list[str]:
    """Internal breakpoints at addresses: those that GDB has for itself are of other kinds."""
    return re.findall(r"^-\d+ +breakpoint .*$", session.run("maint info breakpoints"), re.M)


def legs(told: Any) -> str:
    return " ".join(stage["id"] for stage in told["stages"])


def leg(told: Any, name: str) -> Any:
    return next(stage for stage in told["stages"] if stage["id"] == name)


def check_back(told: Any, saved: str) -> None:
    """The registers at the end are what the gobuf held when it had been saved."""
    gobuf, now = leg(told, saved)["gobuf"], leg(told, "back")["registers"]
    assert (now["rsp"], now["rip"], now["rbp"]) == (gobuf["sp"], gobuf["pc"], gobuf["bp"])
    assert leg(told, "back")["status"] == "running"


def test_parks(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    """One P: main parks, the consumer it made runs and wakes it up. Nothing else can happen."""
    session = open_gdb(build("park"))
    surround(session, "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
    at(session, "park", "send")
    told = follow(session, tmp_path, "1 gopark")
    assert re.fullmatch(PARKS, legs(told))
    check_back(told, "mcall")
    status = [stage["status"] for stage in told["stages"]]
    assert status[:4] == ["running", "running", "running", "waiting"]
    assert leg(told, "ready")["status"] == "runnable"
    changed = {change["what"] for change in leg(told, "mcall")["changes"]}
    assert {"g1.sched.sp", "g1.sched.pc", "g1.sched.bp"} <= changed
    assert leg(told, "gogo-jmp")["gobuf"]["sp"] == "0x0"


def test_who_wakes_it(open_gdb: Open, build: Build) -> None:
    session = open_gdb(build("park"))
    at(session, "park", "send")
    said = session.run("go-boot follow 1 gopark")
    (found,) = re.findall(r"· ready ━(.*?)\n━━", said, re.S)
    card = " ".join(found.split())
    waker = re.search(r"That was (g\d+), which did what g1 waited for, in main\.consumer", card)
    assert waker
    assert f"{waker[1]}'s stack" in card  # beside the system stack on which ready runs
    assert "main.consumer" in card
    assert "every claim held" in said
    assert "✗" not in said
    assert max(map(len, said.splitlines())) == 80


def test_woken_by_no_goroutine(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    """main sleeps; the scheduler finds the timer."""
    session = open_gdb(build("syscall"))
    session.run("tbreak main.reader")
    session.run("run")
    told = follow(session, tmp_path, "1")
    assert re.fullmatch(f"parked ready (runqput )?{_BACK}", legs(told))
    assert "the scheduler itself" in leg(told, "ready")["narration"]
    assert "runtime.goroutineReady" in leg(told, "ready")["narration"]


def test_the_users_breakpoints_stay_asleep(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("park"))
    surround(session, "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
    at(session, "park", "send")
    session.run("break runtime.park_m")
    mine = session.run("info breakpoints")
    session.quietly("set scheduler-locking on")
    settings = [session.run(f"show {name}") for name in SETTINGS]
    selected = session.value("gdb.selected_thread().num")
    told = follow(session, tmp_path, "1 gopark")
    assert re.fullmatch(PARKS, legs(told))
    assert session.run("info breakpoints") == mine
    assert session.value("gdb.selected_thread().num") == selected  # it runs there again
    assert [session.run(f"show {name}") for name in SETTINGS] == settings


def test_found_parked(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("park"))
    surround(session, "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
    at(session, "park", "close")  # the consumer waits for what main does now
    told = follow(session, tmp_path, str(goid(session)))
    assert re.fullmatch(f"parked ready (runqput )?{_BACK}", legs(told))
    check_back(told, "parked")
    assert "chan receive" in leg(told, "parked")["narration"]


def test_first_run(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("park"))
    surround(session, "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
    at(session, "park", "send")
    told = follow(session, tmp_path, str(goid(session)))
    assert legs(told) == f"queued {_BACK}"
    assert "It has never run" in leg(told, "queued")["narration"]
    check_back(told, "queued")
    back = leg(told, "back")
    assert back["function"].startswith("main.")
    assert back["offset"] == 0  # the very first instruction of what was given to `go`


def test_ends(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("park"))
    surround(session, "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
    at(session, "park", "send")
    told = follow(session, tmp_path, f"{goid(session)} goexit")
    assert legs(told) == ENDS
    assert leg(told, "dead")["status"] == "dead"
    assert session.run(f"go-boot follow {told['goroutine']['address']}").startswith("goroutine ")


def test_system_call(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("syscall"))
    at(session, "syscall", "write")
    told = follow(session, tmp_path, f"{goid(session)} entersyscall")
    assert re.fullmatch(KERNEL, legs(told))
    assert leg(told, "entersyscall")["status"] == "syscall"


def test_found_in_the_kernel(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("syscall"))
    at(session, "syscall", "write")
    told = follow(session, tmp_path, str(goid(session)))
    assert re.fullmatch(KERNEL.replace("entersyscall", "in-syscall"), legs(told))


def test_its_p_is_taken(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    """With one P sysmon must take it, or main would never write."""
    session = open_gdb(build("syscall"))
    surround(session, "GOMAXPROCS=1")
    at(session, "syscall", "write")
    reader = goid(session)
    taken = (follow(session, tmp_path, f"{reader} entersyscall") for _ in range(2))
    told = next((told for told in taken if "handoff" in legs(told)), None)
    if told is None:  # sysmon came between the call and our stop
        pytest.skip("sysmon took the P before it could be looked at")
    handoff = leg(told, "handoff")
    assert handoff["function"] == "runtime.handoffp"
    assert handoff["thread"] != leg(told, "entersyscall")["thread"]


def test_yields(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("preempt"))
    at(session, "preempt", "yield")
    told = follow(session, tmp_path, "1 gosched")
    assert re.fullmatch(YIELDS, legs(told))
    check_back(told, "mcall")


def test_preempted_by_a_signal(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("preempt"))
    at(session, "preempt", "yield")
    told = follow(session, tmp_path, f"{goid(session)} async-preempt")
    assert re.fullmatch(PREEMPTED, legs(told))
    check_back(told, "mcall")
    assert "main.spin" in leg(told, "async-preempt")["narration"]


def test_preempted_in_a_prologue(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("preempt"))
    surround(session, "GODEBUG=asyncpreemptoff=1")
    session.quietly("set args calls")
    at(session, "preempt", "yield")
    told = follow(session, tmp_path, f"{goid(session)} morestack")
    assert re.fullmatch(IN_PROLOGUE, legs(told))
    check_back(told, "morestack")
    assert "main.call" in leg(told, "morestack")["narration"]


@pytest.mark.parametrize(
    "flags", [(), ("-gcflags", "all=-N -l"), ("-buildmode=pie",)], ids=" ".join
)
def test_other_builds(open_gdb: Open, build: Build, tmp_path: Path, flags: tuple[str, ...]) -> None:
    session = open_gdb(build("park", flags))
    session.run("tbreak main.main")
    session.run("run")
    told = follow(session, tmp_path, "1 gopark")
    assert re.fullmatch(PARKS, legs(told))
    check_back(told, "mcall")


def runs(pid: int) -> bool:
    """Whether any thread of a process does, instead of being held by its debugger."""
    states = (file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/stat"))
    return any(state.rpartition(")")[2].split()[0] == "R" for state in states)


def held(pid: int) -> bool:
    """Whether its debugger holds any thread of a process."""
    states = (file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/stat"))
    return any(state.rpartition(")")[2].split()[0] == "t" for state in states)


def test_attached(parked: subprocess.Popen[str], open_gdb: Open, tmp_path: Path) -> None:
    """main waits in the kernel for a byte; it comes when the program goes on."""
    session = open_gdb()
    attach(session, parked)
    file = tmp_path / "round.json"
    session.send(f"go-boot follow 1 --json --out {file}")
    while held(parked.pid):
        pass
    assert parked.stdin is not None
    parked.stdin.write("x")
    parked.stdin.flush()
    session.ready()
    told = json.loads(file.read_text())
    assert re.fullmatch(KERNEL.replace("entersyscall", "in-syscall"), legs(told))
    assert told["summary"]["failed"] == 0
    assert ours(session) == []


def test_interrupted(open_gdb: Open, build: Build) -> None:
    """The loop never parks; what was seen is said, and GDB is as before."""
    session = open_gdb(build("preempt"))
    surround(session, "GODEBUG=asyncpreemptoff=1")
    at(session, "preempt", "yield")
    session.run("break main.call")
    spinning = goid(session)
    pid = int(session.value("gdb.selected_inferior().pid"))
    session.send(f"go-boot follow {spinning}")
    session.wait_for("· back ━")  # it has begun its loop
    session.ready()
    session.send(f"go-boot follow {spinning} gopark")
    while not runs(pid):
        pass
    said = session.interrupt()
    assert "! interrupted; seen until then: 0 steps" in said
    assert ours(session) == []
    assert "main.call" in session.run("info breakpoints")
    assert f"goroutine {spinning}" in session.run(f"go-stacks {spinning}")


def test_errors(open_gdb: Open, build: Build) -> None:
    session = open_gdb(build("park"))
    assert session.run("go-boot follow 1").startswith("the program is not running: ")
    at(session, "park", "send")
    assert session.run("go-boot follow g0").startswith("g0 is a system stack: ")
    assert session.run("go-boot follow 4711") == "no goroutine 4711: `go-gmp g` lists them\n"
    assert session.run("go-boot follow 1 away").startswith("no way off the CPU is called 'away'")
    assert session.run("go-boot follow 1 gopark more").startswith("go-boot: wrong number of")
    assert PROMPT not in session.run("go-boot follow nobody")


def test_core(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("park"))
    at(session, "park", "send")
    session.run(f"gcore {tmp_path}/core")
    session.run("kill", "y")
    session.run(f"core-file {tmp_path}/core")
    assert session.run("go-boot follow 1").startswith("a core file cannot be run: ")


def test_exits_meanwhile(open_gdb: Open, build: Build) -> None:
    session = open_gdb(build("park"))
    at(session, "park", "send")
    # where hardly anybody comes: GDB 18 may crash when a program ends while a thread of it is
    # stepped over a breakpoint
    said = session.run("go-boot follow 1 entersyscallblock")
    assert re.search(r"! the program exited.*; seen until then: 0 steps", said)
