"""go-until: the goroutine that the program says it is, in the state asked for; nothing is left."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import pytest

from gogdb.launch.tools import Go
from gogdb.runtime.goversion import GoVersion, parse
from tests.support.builds import DEBUG, Builds, Compile
from tests.support.output import error_line, number
from tests.support.parked import Park, attach, connect
from tests.support.places import PROGRAMS
from tests.support.rounds import own_breakpoints, run_to
from tests.support.session import Open, Session
from tests.support.until import GOROUTINES, Rounds, begin, goids_said, reach, state, until

RUNNING, WAITING, SCAN = 2, 4, 0x1000  # statuses in runtime2.go


def status(session: Session, goid: int) -> int:
    """Return a goroutine's status as the runtime has it, without the bit of a scan."""
    try:
        value = number(session, f"$go_g({goid}).atomicstatus.value")  # atomic.Uint32 since go1.20
    except (AssertionError, ValueError):
        value = number(session, f"$go_g({goid}).atomicstatus")
    return value & ~SCAN


WAYS = [(way, flags) for way in ("attached", "gdbserver") for flags in (DEBUG, ())]


@pytest.mark.parametrize(("way", "flags"), WAYS, ids=lambda value: str(value))
def test_goals(
    monkeypatch: pytest.MonkeyPatch,
    park: Park,
    open_gdb: Open,
    builds: Builds,
    either_go: Go,
    gdbserver: Path,
    way: str,
    flags: tuple[str, ...],
) -> None:
    """Goroutines that wait for a channel, for a timer, and in a system call."""
    # A thread that is preempted while it steps over a breakpoint hits it a second time
    monkeypatch.setenv("GODEBUG", "asyncpreemptoff=1")
    monkeypatch.setenv("GOGC", "off")  # after 2 minutes it would wait for the one that spins
    file = builds.program("rounds", either_go, flags)
    program = park(file)
    session = open_gdb(file, width=0)
    connect(session, program, way, gdbserver)
    goids = goids_said(program)
    assert len(goids) == GOROUTINES
    session.run("set scheduler-locking step")
    before = state(session)

    for name, reason in (("receives", "chan receive"), ("sends", "sleep")):
        goid = goids[name]
        for _ in range(2):
            answer = reach(session, f"{goid} running")
            assert answer["goroutine"]["thread"] == number(session, "$_thread")
            assert number(session, "$go_goid()") == number(session, "$go_curg().goid") == goid
            assert status(session, goid) == RUNNING
            answer = reach(session, f"{goid} parked")
            assert (status(session, goid), number(session, f"$go_g({goid}).m")) == (WAITING, 0)
            assert answer["goroutine"]["waitreason"] in (reason, "chan send")
            assert answer["goroutine"]["selected"]
            assert answer["goroutine"]["frame"]["function"] in (f"main.{name}", "time.Sleep")
            answer = until(session, f"{goid} parked")
            assert answer["at_once"]

    goid = goids["receives"]
    reach(session, f"{goid} main.handle")
    assert number(session, "$go_goid()") == goid
    item = number(session, "$rax")  # the first argument, by Go's register ABI
    reach(session, f"{goid} main.handle --count 3")
    assert (number(session, "$go_goid()"), number(session, "$rax")) == (goid, item + 3)
    for name, argument in (("sends", 0), ("reads", 1)):
        reach(session, f"{goids[name]} main.handle")
        assert (number(session, "$go_goid()"), number(session, "$rax")) == (goids[name], argument)

    for _ in range(3):  # it comes back from a system call in one way or another
        reach(session, f"{goids['reads']} main.handle")
        reach(session, f"{goids['reads']} running")
        assert number(session, "$go_curg().goid") == goids["reads"]
        assert status(session, goids["reads"]) == RUNNING
    assert state(session) == before


def test_what_is_said(rounds: Rounds) -> None:
    session, _, goids = rounds
    goid = goids["receives"]
    session.run(f"go-until {goid} main.handle")
    said = session.run(f"go-until {goid} parked")
    assert re.fullmatch(
        rf"  → waiting until g{goid} is parked; Ctrl-C ends it\n"
        rf"\[Switching to g{goid}: waiting, chan receive\]\n"
        r"#\d+ .* in main\.receives \(\) at .*main\.go:\d+\n.*\n",
        said,
    )
    assert "main.receives" in session.run("bt")
    assert error_line(session.run("next")).startswith(f"g{goid} does not run, and `next` would ")
    said = session.run(f"go-until {goid} running")
    assert re.match(
        rf"  → waiting until g{goid} runs; Ctrl-C ends it\n"
        rf"\[Switching to g{goid}: running, thread \d+\]\n#0 +",
        said,
    )
    assert "main.receives" in session.run("bt")
    session.run("finish")
    assert number(session, "$go_goid()") == goid
    said = session.run(f"go-until {goid} main.handle")
    assert f"  → waiting until g{goid} comes to main.handle; Ctrl-C ends it\n" in said
    assert "#0  main.handle (item=" in said


def test_breakpoint_of_the_user_on_the_way(rounds: Rounds) -> None:
    session, _, goids = rounds
    session.run(f"break main.handle if $go_runs({goids['sends']})")
    for line in ("commands 1", "echo commands of the user\\n"):
        session.send(line)
    session.run("end")
    said = session.run(f"go-until {goids['stays']} running")
    assert re.search(r"Breakpoint 1, main\.handle \(item=0\)", said)
    assert "commands of the user\n" in said
    assert f"  ! the program stopped: breakpoint 1; g{goids['stays']}: waiting, select" in said
    assert number(session, "$go_goid()") == goids["sends"]
    assert "already hit 1 time\n" in session.run("info breakpoints")
    answer = until(session, f"{goids['stays']} running")
    assert (answer["stopped"], answer["why"]) == ("elsewhere", "the program stopped: breakpoint 1")
    session.run("tbreak main.handle")
    assert not until(session, f"{goids['stays']} running")["reached"]
    session.run("disable 1")
    reach(session, f"{goids['sends']} main.handle")  # where a breakpoint of the user is, too
    assert own_breakpoints(session) == []


def test_signal_on_the_way(rounds: Rounds) -> None:
    session, program, goids = rounds
    begin(session, program, f"go-until {goids['stays']} running")
    os.kill(program.pid, signal.SIGUSR1)
    said = session.ready()
    assert f"  ! the program stopped: SIGUSR1; g{goids['stays']}: waiting, select" in said
    assert own_breakpoints(session) == []


def test_end_of_the_goroutine(rounds: Rounds) -> None:
    """It lives for three rounds of sleep."""
    session, _, goids = rounds
    session.run("tbreak main.lives")
    assert "main.lives (" in session.run("continue")
    lives = number(session, "$go_goid()")
    ended = None
    for _ in range(4):
        for goal in ("running", "parked"):
            answer = until(session, f"{lives} {goal}")
            if not answer["reached"]:
                ended = ended or answer
                break
        if ended:
            break
    assert ended is not None
    assert (ended["stopped"], ended["why"]) == ("ended", f"g{lives} has ended")
    assert ended["goroutine"] is None
    error = error_line(session.run(f"go-until {lives} parked"))
    assert error.startswith((f"g{lives} is dead: ", f"no goroutine {lives}"))
    assert own_breakpoints(session) == []
    reach(session, f"{goids['receives']} main.handle")


def test_end_of_the_program(booting: Session) -> None:
    booting.run("break main.main")
    booting.run("run")
    booting.run("delete 1")
    gs = json.loads(booting.run("go-gmp g --system --json"))["gs"]
    parked = next(g["goid"] for g in gs if g["status"] == "waiting")
    said = booting.run(f"go-until {parked} main.main")
    assert said.endswith("  ! the program exited with code 0\n")
    assert own_breakpoints(booting) == []
    error = error_line(booting.run("go-until 1 parked"))
    assert error.startswith("the program is not running: ")


def test_coroutines(open_gdb: Open, compiled: Compile, go: Go) -> None:
    """Each waits while the other one runs, without the scheduler; at last the program exits."""
    release = parse(f"go{go.version}")
    if release is None or release < GoVersion(1, 23):
        pytest.skip("iter.Pull came with Go 1.23")
    session = open_gdb(compiled("coroutines", *DEBUG))
    run_to(session, PROGRAMS / "coroutines", "pulled")
    (row,) = json.loads(session.run("go-gmp g --reason coroutine --json"))["gs"]
    coroutine = row["goid"]
    for _ in range(2):
        reach(session, f"{coroutine} running")
        assert number(session, "$go_curg().goid") == coroutine
        (row,) = json.loads(session.run("go-gmp g --reason coroutine --json"))["gs"]
        assert row["goid"] == 1
        answer = reach(session, f"{coroutine} parked")
        assert answer["goroutine"]["waitreason"] == "coroutine"
        assert number(session, "$go_goid()") == coroutine  # which is selected
        reach(session, "1 running")
        assert number(session, "$go_curg().goid") == 1
    assert own_breakpoints(session) == []


def test_stripped(park: Park, open_gdb: Open, compiled: Compile) -> None:
    """gogdb finds the runtime's functions in a program without a symbol table."""
    file = compiled("rounds", "-ldflags=-s -w")
    program = park(file)
    session = open_gdb(file)
    attach(session, program)
    goid = goids_said(program)["receives"]
    for _ in range(2):
        answer = reach(session, f"{goid} running")
        assert number(session, "$go_goid()") == goid
        answer = reach(session, f"{goid} parked")
        assert answer["goroutine"]["waitreason"] == "chan receive"
    pc = number(session, "$pc")
    error = error_line(session.run(f"go-until {goid} main.handle"))
    assert error.startswith(('Function "main.handle" not defined', "No symbol table is loaded"))
    assert number(session, "$pc") == pc


def test_core_and_recording(rounds: Rounds, open_gdb: Open, tmp_path: Path) -> None:
    session, program, goids = rounds
    session.run(f"generate-core-file {tmp_path}/core")
    core = open_gdb(Path(f"/proc/{program.pid}/exe").resolve())
    core.run(f"core-file {tmp_path}/core")
    error = error_line(core.run(f"go-until {goids['stays']} parked"))
    assert error == "a core file cannot be run: `go-goroutine G` shows a goroutine in it"


def test_recorded_program(booting: Session) -> None:
    booting.run("break main.main")
    booting.run("run")
    booting.run("record")
    error = error_line(booting.run("go-until 1 parked"))
    assert error.endswith(": use `record stop` first")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("", "go-until: the following arguments are required: G"),
        ("1", "go-until: until what?: `go-until G parked`, running or a LOCATION"),
        ("g0 parked", "g0 is a system stack: the scheduler neither parks it nor puts it on a CPU"),
        ("99 parked", "no goroutine 99: `go-gmp g` lists them"),
        ("1 parke", 'Function "parke" not defined: a goal is parked, running, or a LOCATION'),
        ("1 nowhere.go:3", "No source file named nowhere.go: a goal is parked, running, or a"),
        ("1 -function nowhere", "GDB knows no code at -function nowhere"),
        ("1 parked --count 2", "go-until: --count needs a LOCATION, and a number from 1 on"),
        ("1 main.main --count 0", "go-until: --count needs a LOCATION"),
        ("1 parked --timeout x", "go-until: argument --timeout: x is not a number"),
    ],
)
def test_errors(all_stopped: Session, arguments: str, says: str) -> None:
    output = all_stopped.run(f"go-until {arguments}")
    assert error_line(output.splitlines()[-1] + "\n").startswith(says)
    assert own_breakpoints(all_stopped) == []


@pytest.fixture(scope="module")
def all_stopped(share_gdb: Open, boot: Path) -> Session:
    """A GDB at main.main, for tests that leave it as it is."""
    session = share_gdb(boot)
    session.run("tbreak main.main")
    session.run("run")
    return session


def test_without_a_process(booting: Session) -> None:
    error = error_line(booting.run("go-until 1 parked"))
    assert error.startswith("the program is not running: `run` or `go-boot` starts it")
