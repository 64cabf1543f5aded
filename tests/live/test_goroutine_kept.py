"""The goroutine and the frame that are selected: what keeps them, and what ends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gogdb.inferior.stack_switch import CALLED
from tests.support.builds import DEBUG, Compile
from tests.support.output import error_line
from tests.support.parked import Park, attach
from tests.support.session import Open, Session


@pytest.fixture
def stopped(compiled: Compile, park: Park, open_gdb: Open) -> Session:
    """A GDB attached to a process whose goroutines are parked."""
    program = compiled("parked", *DEBUG)
    session = open_gdb(program, width=0)
    attach(session, park(program))
    return session


def deep(session: Session) -> str:
    """Return the goid of the goroutine that has called one function many times."""
    (row,) = json.loads(session.run("go-gmp g --json --where main.deep"))["gs"]
    return str(row["goid"])


FORGETS = ("set backtrace limit 100", "set gogdb stitch on", "set gogdb stitch off")


def test_settings_that_make_gdb_forget_frames(stopped: Session) -> None:
    """In frames of one function and pc, so that only the number tells them apart."""
    stopped.run(f"go-goroutine {deep(stopped)}")
    for _ in range(2):
        stopped.run("up 3")
        frame, trace = stopped.run("frame"), stopped.run("bt")
        assert " main.deep (n=" in frame
        for command in FORGETS:
            stopped.run(command)
            assert stopped.run("frame") == frame, command
            assert stopped.run("bt") == trace, command


def test_stitch_keeps_the_frame_of_a_thread(compiled: Compile, open_gdb: Open) -> None:
    program = compiled("parked", *DEBUG)
    session = open_gdb(program)
    session.run("break main.deep if n == 3")
    session.run("run")
    session.run("up 4")
    frame = session.run("frame")
    assert "n=7" in frame
    for command in ("set gogdb stitch on", "set gogdb stitch off"):
        session.run(command)
        assert session.run("frame") == frame, command


def test_symbols_that_gdb_reads_anew(stopped: Session) -> None:
    goid = deep(stopped)
    # without symbols no register but pc and sp is known in the callers
    stopped.run("set print frame-arguments none")
    stopped.run(f"go-goroutine {goid}")
    stopped.run("up 3")
    frame, trace = stopped.run("frame"), stopped.run("bt")
    program = stopped.value("gdb.current_progspace().filename")
    stopped.run("symbol-file", "y")
    assert " in ?? ()" in stopped.run("bt")
    stopped.run(f"go-goroutine {goid}")
    assert stopped.run("bt").count("#") == trace.count("#")  # without names
    stopped.run("up 3")
    stopped.run(f"symbol-file {program}")
    assert (stopped.run("frame"), stopped.run("bt")) == (frame, trace)
    stopped.run(f"go-goroutine {goid}")
    assert stopped.run("bt") == trace
    commands = [f"symbol-file {program}", f"go-goroutine {goid}", "bt"]  # without a prompt between
    assert trace in stopped.run(f"python [gdb.execute(command) for command in {commands}]")


def test_stitch_after_symbols_were_read_anew(stopped: Session) -> None:
    stopped.run("set gogdb stitch on")
    program = stopped.value("gdb.current_progspace().filename")
    between = f"info symbol {CALLED:#x}"
    assert "__morestack" in stopped.run(between)
    stopped.run("symbol-file", "y")
    stopped.run(f"symbol-file {program}")
    assert "__morestack" in stopped.run(between)


def test_the_threads_own_frame(stopped: Session) -> None:
    """Frame 0 is that of the thread: who selects it has left the goroutine."""
    own = stopped.run("bt")
    goid = deep(stopped)
    stopped.run(f"go-goroutine {goid}")
    left = f"[g{goid} is not selected any more: this is thread 1]\n"
    assert stopped.run("frame 0").endswith(left)
    assert stopped.run("bt") == own
    assert "[No goroutine is selected; " in stopped.run("go-goroutine")


def test_selecting_the_same_thread_returns_to_it(stopped: Session) -> None:
    own, goid = stopped.run("bt"), deep(stopped)
    stopped.run(f"go-goroutine {goid}")
    for keeps in ("thread", "thread name parked", "thread apply 1 frame", "thread find parked"):
        frame = stopped.run("frame")
        stopped.run(keeps)
        assert f"[Current goroutine is g{goid}: " in stopped.run("go-goroutine"), keeps
        assert stopped.run("frame") == frame, keeps
    stopped.run("thread 1")
    assert "[No goroutine is selected; " in stopped.run("go-goroutine")
    assert stopped.run("bt") == own


def test_stripped_program(compiled: Compile, park: Park, open_gdb: Open) -> None:
    """GDB cannot unwind its stacks, but gogdb names the caller of each frame."""
    program = compiled("parked", "-ldflags=-s -w")
    session = open_gdb(program, width=0)
    attach(session, park(program))
    stacks = json.loads(session.run("go-stacks --all --json"))["goroutines"]
    rows = json.loads(session.run("go-apply all --json bt"))["goroutines"]
    output = {row["goid"]: row["output"] for row in rows}
    assert len(stacks) > 8
    for stack in stacks:
        inlined = [frame["inlined"] for frame in stack["frames"]]
        theirs = [
            int(frame["pc"], 16)
            for frame, is_inlined in zip(stack["frames"], inlined, strict=True)
            if not is_inlined
        ]
        lines = output[stack["goid"]].splitlines()
        assert [int(line.split()[1], 16) for line in lines] == theirs, stack["name"]
    hint = "`go-symbols` tells GDB the names of the functions"
    assert hint in session.run("go-goroutine 1")
    session.run("go-symbols")
    assert hint not in session.run("go-goroutine 1")
    assert " main.main ()" in session.run("bt")


def test_an_inferior_without_a_program(stopped: Session) -> None:
    goid = deep(stopped)
    stopped.run(f"go-goroutine {goid}")
    stopped.run("add-inferior")
    stopped.run("inferior 2")
    for command in (f"go-goroutine {goid}", "go-goroutine", "go-apply all bt", "go-gmp"):
        assert error_line(stopped.run(command)).startswith("no program: name one with "), command
    stopped.run("inferior 1")
    assert "[No goroutine is selected; " in stopped.run("go-goroutine")


def test_a_core_without_the_programs_symbols(
    stopped: Session, open_gdb: Open, tmp_path: Path
) -> None:
    """gogdb finds the program, but only `file` lets GDB read it."""
    goid, core = deep(stopped), tmp_path / "core"
    stopped.run(f"go-goroutine {goid}")
    frames = stopped.run("bt").count("#")
    program = stopped.value("gdb.current_progspace().filename")
    stopped.run(f"generate-core-file {core}")
    session = open_gdb(width=0)
    session.run(f"core-file {core}")
    hint = f"`file {program}` "
    if session.value("gdb.current_progspace().filename") == "None":  # newer GDBs find the program
        shown = " ".join(session.run(f"go-goroutine {goid}").split())
        assert f"{hint}tells GDB the names of the functions" in shown
        assert hint in error_line(session.run("go-symbols"))
        assert session.run("bt").count("#") == frames
    session.run(f"file {program}")
    session.run(f"go-goroutine {goid}")
    assert " main.deep (n=" in session.run("bt")
