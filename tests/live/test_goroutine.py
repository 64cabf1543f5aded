"""go-goroutine and go-apply: GDB's own commands on any goroutine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gogdb.launch.tools import Gdb
from tests.support.builds import DEBUG, Built, Compile
from tests.support.goroutine_frames import arguments, ask, goroutine_bt, target
from tests.support.goroutine_locals import PRINT, printed_values, shown_values
from tests.support.output import error_line
from tests.support.parked import Park, attach
from tests.support.process import NotAllowedError, waiting_program
from tests.support.session import ONLY_THREAD, Open, Session

BUILDS = {
    "-N -l": ("attached", "gdbserver"),
    "optimised": ("core",),
    "pie": ("gdbserver", "core"),
    "cgo": ("attached", "core"),
}
PLACES = [(build, way) for build, ways in BUILDS.items() for way in ways]


@pytest.mark.parametrize(("build", "way"), PLACES, ids=[f"{b}, {w}" for b, w in PLACES])
def test_bt_equals_go_stacks(
    gdb: Gdb, built: Built, gdbserver: Path, tmp_path: Path, build: str, way: str
) -> None:
    """For each goroutine and system stack of the truth program; test_truth checks go-stacks."""
    program = built(build)
    waiting = waiting_program(program, tmp_path, "crash", arguments(build), core=True)
    with waiting as (process, _):
        try:
            with target(way, gdb.path, process, tmp_path, gdbserver) as options:
                answers = ask(gdb.path, program, options, tmp_path)
        except NotAllowedError as error:
            pytest.skip(f"this machine forbids {error}")
    assert len(answers.stacks) > (20 if "cgo" in build else 70)
    assert goroutine_bt(answers) == []


@pytest.mark.parametrize("way", ["attached", "gdbserver"])
def test_variables_are_what_the_program_prints(
    compiled: Compile, park: Park, open_gdb: Open, gdbserver: Path, way: str
) -> None:
    """Of goroutines that are parked, in a system call, on a CPU, and preempted."""
    program = compiled("locals", *DEBUG)
    process = park(program)
    assert process.stderr is not None
    expected = printed_values("".join(process.stderr.readline() for _ in range(5)))
    assert len(expected) == 5
    session = open_gdb(program)
    if way == "attached":
        attach(session, process)
    else:
        session.run(f"target remote | {gdbserver} --attach - {process.pid}")
    rows = json.loads(session.run(f"go-apply --where /src/main.go --json {PRINT}"))["goroutines"]
    assert shown_values(rows) == expected
    own = {row["goid"]: row["output"] for row in rows if row["goid"] != 1}
    for goid, shown in own.items():
        assert set(shown.splitlines()) <= set(expected)
        total = shown.split()[-1]
        info = session.run(f"go-goroutine {goid} frame apply all -q -s info locals")
        assert f"total = {total}" in info


@pytest.fixture
def stopped(compiled: Compile, park: Park, open_gdb: Open) -> Session:
    """A GDB attached to a process whose goroutines are parked."""
    program = compiled("parked", *DEBUG)
    process = park(program)
    session = open_gdb(program, width=0)
    attach(session, process)
    return session


def goid_of(session: Session, function: str) -> str:
    """Return the goid of the goroutine that is in a function."""
    (row,) = json.loads(session.run(f"go-gmp g --json --where {function}"))["gs"]
    return str(row["goid"])


def test_frames_are_selected_as_in_a_thread(stopped: Session) -> None:
    goid = goid_of(stopped, "main.locks")
    output = stopped.run(f"go-goroutine {goid}")
    assert output.startswith(f"[Switching to g{goid}: waiting, sync.Mutex.Lock]\n#")
    assert " sync.(*Mutex).Lock (" in output
    level = int(output.split("#")[1].split()[0])
    assert " sync.(*Mutex).Lock (" in stopped.run("frame")
    assert stopped.run("up").startswith(f"#{level + 1} ")
    assert " main.locks (" in stopped.run("frame")
    assert " runtime.goexit (" in stopped.run("up")
    assert stopped.run("up") == "Initial frame selected; you cannot go up.\n"
    assert " sync.(*Mutex).Lock (" in stopped.run(f"frame {level}")
    assert "runtime.gopark" in stopped.run("frame function runtime.gopark")
    assert stopped.run("down") == "Bottom (innermost) frame selected; you cannot go down.\n"
    assert stopped.value("gdb.selected_frame().name()") == "runtime.gopark"
    assert "<runtime.gopark+" in stopped.run("x/i $pc")
    assert "go_" not in stopped.run("bt") + stopped.run("bt -3") + stopped.run("bt 2")
    assert stopped.run("bt").count("\n") == stopped.run("bt -full").count("\n#") + 1
    assert f"[Current goroutine is g{goid}: " in stopped.run("go-goroutine")


def test_what_was_selected_before_comes_back(stopped: Session) -> None:
    goid = goid_of(stopped, "main.sends")
    stopped.run("up")
    before = state(stopped)
    assert "main.sends" in stopped.run(f"go-goroutine {goid} bt")
    assert "main.sends" in stopped.run(f"go-apply {goid} bt")
    error = error_line(stopped.run(f"go-goroutine {goid} print missing"))
    assert error == 'No symbol "missing" in current context.'
    assert state(stopped) == before
    stopped.run(f"go-goroutine {goid}")
    assert state(stopped) != before
    stopped.run("go-goroutine off")
    stopped.run("up")
    assert state(stopped) == before
    assert "main.sends" not in stopped.run("bt")


def test_stitch_leaves_a_goroutine_as_it_is(stopped: Session) -> None:
    stopped.run(f"go-goroutine {goid_of(stopped, 'main.sends')}")
    before = stopped.run("bt")
    stopped.run("set gogdb stitch on")
    assert stopped.run("bt") == before
    stopped.run("set gogdb stitch off")
    assert stopped.run("bt") == before


def state(session: Session) -> list[str]:
    """Return what a command must leave as it is."""
    questions = ("show backtrace past-main", "thread", "frame", "info breakpoints", "info frame")
    return [session.run(question) for question in questions] + [
        session.value("sorted(gdb.frame_filters), [u.name for u in gdb.frame_unwinders]")
    ]


EXECUTION = ("step", "next", "finish", "until", "advance main.main", "stepi", "return", "jump 1")


def test_the_thread_is_not_stepped_by_mistake(stopped: Session) -> None:
    goid = goid_of(stopped, "main.sends")
    hook = 'User command "hook-next":\n  echo hook of the user\\n\n\n'
    for line in ("define hook-next", "echo hook of the user\\n"):
        stopped.send(line)
    stopped.run("end")
    assert stopped.run("show user hook-next") == hook
    registers = stopped.run("info registers")
    stopped.run(f"go-goroutine {goid}")
    for command in EXECUTION:
        error = error_line(stopped.run(command))
        assert error.startswith(f"g{goid} does not run, and `{command.split()[0]}` would act on ")
        assert error.endswith(
            f": `go-until {goid} running` lets it run; `go-goroutine off` returns to that thread"
        )
    assert "echo hook of the user" in stopped.run("show user hook-next")
    stopped.run("go-goroutine off")
    assert stopped.run("info registers") == registers
    assert stopped.run("show user hook-next") == hook


def test_a_core_file_is_not_stepped(stopped: Session, tmp_path: Path) -> None:
    goid = goid_of(stopped, "main.sends")
    core = tmp_path / "core"
    stopped.run(f"generate-core-file {core}")
    stopped.run("detach")
    stopped.run(f"core-file {core}")
    stopped.run(f"go-goroutine {goid}")
    error = error_line(stopped.run("next"))
    assert error.startswith("`next` would run the program, and this is a core file: ")


def test_a_thread_that_is_on_another_stack_is_not_stepped(open_gdb: Open, boot: Path) -> None:
    session = open_gdb(boot)
    session.run("break runtime.newproc1")  # on g0's stack, for main
    session.run("run")
    session.run("continue")
    goid = session.value("int(gdb.parse_and_eval('$go_curg().goid'))")
    assert f"[Switching to g{goid}: " in session.run(f"go-goroutine {goid}")
    error = error_line(session.run("next"))
    assert error.startswith(f"thread 1 works for g{goid} on another stack, as in C or in a signal ")


def test_going_on_returns_to_the_thread(booting: Session) -> None:
    booting.run("break main.main")
    booting.run("run")
    before = state(booting)
    parked = next(
        row["goid"]
        for row in json.loads(booting.run("go-gmp g --json"))["gs"]
        if row["status"] == "waiting"
    )
    assert f"[Switching to g{parked}: " in booting.run(f"go-goroutine {parked}")
    booting.run("go-goroutine off")
    booting.quietly(ONLY_THREAD)
    booting.run("next")
    assert booting.run(f"go-goroutine {parked} bt 1").startswith("#2 ")
    booting.run(f"go-goroutine {parked}")
    booting.run("tbreak main.add")
    assert "main.add (" in booting.run("continue")
    assert "main.add (" in booting.run("bt 1")
    assert booting.run("go-goroutine").startswith("[No goroutine is selected; this is g1: running")
    assert state(booting)[0] == before[0]
    booting.run(f"go-goroutine {parked}")
    booting.finish()
    assert state(booting)[0] == before[0]
    assert state(booting)[-1] == before[-1]


def test_without_a_name_commands_are_about_the_goroutine_that_is_shown(stopped: Session) -> None:
    thread = about(stopped)
    goid, other = goid_of(stopped, "main.sends"), goid_of(stopped, "main.receives")
    stopped.run(f"go-goroutine {goid}")
    assert about(stopped) == [f"g{goid}", f"g{goid}", goid, goid]
    (stack,) = json.loads(stopped.run(f"go-goroutine {other} go-stacks --json"))["goroutines"]
    assert stack["name"] == f"g{other}"
    applied = json.loads(stopped.run('go-apply --where main. --json printf "%d", $go_goid()'))
    assert len(applied["goroutines"]) > 5
    assert all(row["output"] == str(row["goid"]) for row in applied["goroutines"])
    assert about(stopped) == [f"g{goid}", f"g{goid}", goid, goid]
    stopped.run("go-goroutine g0")
    (m0,) = (m for m in json.loads(stopped.run("go-gmp m --json"))["ms"] if m["id"] == 0)
    assert about(stopped) == ["g0", "g0", "0", str(m0["curg"])]
    stopped.run("go-goroutine off")
    assert about(stopped) == thread


def about(session: Session) -> list[str]:
    """Return what commands and functions without a name are about."""
    (stack,) = json.loads(session.run("go-stacks --json"))["goroutines"]
    (gobuf,) = json.loads(session.run("go-gobuf --json"))["gobufs"]
    curg = session.value("int(gdb.parse_and_eval('$go_curg()'))")
    return [
        stack["name"],
        gobuf["owner"],
        session.value("gdb.parse_and_eval('$go_goid()')"),
        session.value(f"gdb.parse_and_eval('$go_g({curg}).goid')") if int(curg) else "None",
    ]


def test_the_goroutine_is_not_that_of_another_thread(stopped: Session, tmp_path: Path) -> None:
    """Selected before GDB has a prompt again, as in a script."""
    goid = goid_of(stopped, "main.sends")
    stopped.run("thread 2")
    (thread,) = json.loads(stopped.run("go-stacks --json"))["goroutines"]
    stopped.run("thread 1")
    files = [tmp_path / "stacks.json", tmp_path / "goroutine.json"]
    commands = [f"{file.stem} --json --out {file}" for file in files]
    commands = [f"go-goroutine {goid}", "thread 2", *(f"go-{command}" for command in commands)]
    stopped.run(f"python [gdb.execute(command) for command in {commands}]")
    stacks, where = (json.loads(file.read_text()) for file in files)
    assert stacks["goroutines"][0]["name"] == thread["name"]
    assert (where["name"], where["selected"]) == (thread["name"], False)


def test_another_thread(stopped: Session) -> None:
    goid = goid_of(stopped, "main.sends")
    stopped.run(f"go-goroutine {goid}")
    stopped.run("thread 2")
    assert "[No goroutine is selected; this is " in stopped.run("go-goroutine")
    assert "goexit" not in stopped.run("bt")
    assert stopped.run("show backtrace past-main").endswith("off.\n")
