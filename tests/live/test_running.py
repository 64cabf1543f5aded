"""Threads that run while GDB has its prompt: non-stop mode, and programs in the background."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.builds import DEBUG, Compile
from tests.support.output import error_line, number
from tests.support.session import ENVIRONMENT, Open, Session

WORD = "x/1gx &'runtime.g0'"
# What needs the registers of the selected thread
OF_THE_SELECTED = ("go-gobuf", "go-stacks", "p $go_goid()", "p $go_curg()")


@pytest.fixture(scope="module")
def program(compiled: Compile) -> Path:
    return compiled("spins", *DEBUG)


@pytest.fixture
def quiet_gdb(open_gdb: Open, program: Path) -> Session:
    """A GDB that does not report new threads, which come at any time."""
    session = open_gdb(program)
    session.run("set print thread-events off")
    return session


@pytest.fixture
def native(quiet_gdb: Session) -> Session:
    """A program in non-stop mode: one thread stands in main.stops, and all others run."""
    quiet_gdb.run("set non-stop on")
    quiet_gdb.run("break main.stops")
    quiet_gdb.run("run")
    return quiet_gdb


@pytest.fixture
def remote(quiet_gdb: Session, program: Path, gdbserver: Path) -> Session:
    """The same over gdbserver."""
    session = quiet_gdb
    session.run("set non-stop on")
    session.run(f"target remote | {ENVIRONMENT} {gdbserver} - {program} 2>/dev/null")
    session.run("break main.stops")
    session.run("continue")
    return session


def check_each_command(session: Session) -> dict[str, Any]:
    """Check what is shown while one thread stands in main.stops; return the answer of go-gmp."""
    word = session.run(WORD)
    answer: dict[str, Any] = json.loads(session.run("go-gmp --json"))
    threads = {m["id"]: m["thread"] for m in answer["ms"]}
    known = [thread for thread in threads.values() if thread]
    listed = json.loads(session.value("[t.num for t in gdb.selected_inferior().threads()]"))
    assert sorted(thread["number"] for thread in known) == sorted(listed)
    (standing,) = [thread for thread in known if not thread["running"]]
    assert standing["number"] == int(session.value("gdb.selected_thread().num"))
    (note,) = answer["notes"]
    for thread in known:
        assert (f"{thread['number']} (LWP {thread['lwp']})" in note) == thread["running"]

    stacks = json.loads(session.run("go-stacks --all --system --json"))
    rows = {g["name"]: g for g in stacks["goroutines"]}
    assert rows["g1"]["frames"][0]["function"] == "main.stops"
    for m, thread in threads.items():
        if thread and thread["running"]:
            row = rows[f"m{m}.g0" if m else "g0"]
            assert row["frames"] == []
            assert row["ended"] == f"thread {thread['number']} is running, and its registers " + (
                "are not known"
            )
            (gobuf,) = json.loads(session.run(f"go-gobuf m{m}.g0 --json"))["gobufs"]
            assert gobuf["registers_unknown"] == row["ended"]
            words = session.run(f"go-gobuf m{m}.g0").split()
            assert f"{row['ended']}: the gobuf may hold old values" in " ".join(words)

    assert "main.stops" in session.run("go-stacks")
    assert "its thread's" in session.run("go-gobuf")
    assert number(session, "$go_goid()") == number(session, "$go_curg().goid") == 1
    assert "its thread runs" in session.run("go-gmp")
    assert session.run(WORD) == word
    return answer


def check_selected_thread_runs(session: Session, answer: dict[str, Any]) -> None:
    """Check what is said while a thread is selected that runs."""
    word = session.run(WORD)
    runs = next(m["thread"] for m in answer["ms"] if m["thread"] and m["thread"]["running"])
    session.run(f"thread {runs['number']}")
    for command in OF_THE_SELECTED:
        line = error_line(session.run(command))
        assert line.startswith(f"thread {runs['number']} is running, and its registers are not ")
        assert line.endswith("`interrupt -a` stops it")
    assert json.loads(session.run("go-gmp g --json"))["gs"][0]["goid"] == 1
    assert "main.stops" in session.run("go-stacks 1")
    assert int(session.value("gdb.selected_thread().num")) == runs["number"]
    for command in ("go-boot step", "go-boot follow 1"):
        assert error_line(session.run(command)) == (
            "go-boot needs all threads to stop together: use `set non-stop off`"
        )
    assert session.run(WORD) == word


def test_non_stop(native: Session) -> None:
    check_selected_thread_runs(native, check_each_command(native))


def test_non_stop_over_gdbserver(remote: Session) -> None:
    """GDB's own requests are still answered in step."""
    check_selected_thread_runs(remote, check_each_command(remote))


def test_in_the_background(quiet_gdb: Session) -> None:
    session = quiet_gdb
    session.run("break main.stops")
    session.run("run")
    session.run("continue &")
    answer = json.loads(session.run("go-gmp --json"))
    assert all(m["thread"]["running"] for m in answer["ms"] if m["thread"])
    for command in (*OF_THE_SELECTED, "go-boot step", "go-boot follow 1"):
        line = error_line(session.run(command))
        assert "is running" in line
        assert line.endswith(": `interrupt` stops it")
    assert "runtime.forcegchelper" in session.run("go-stacks --all")


def test_in_the_background_over_gdbserver(open_gdb: Open, program: Path, gdbserver: Path) -> None:
    """GDB refuses to read such a program, and so does each command, in one line."""
    session = open_gdb(program)
    session.run(f"target remote | {ENVIRONMENT} {gdbserver} - {program} 2>/dev/null")
    session.run("break main.stops")
    session.run("continue")
    word = session.run(WORD)
    session.run("continue &")
    for command in (*OF_THE_SELECTED, "go-gmp", "go-gmp --json", "go-stacks 1", "go-boot step"):
        assert error_line(session.run(command)) in (
            "the program is running, and GDB cannot read it meanwhile: `interrupt` stops it",
            "the program is running: `interrupt` stops it",
        )
    session.run("interrupt")
    session.wait_for("received signal SIGINT")
    session.run("echo")  # the rest of GDB's message
    assert session.run(WORD) == word


def test_condition_of_a_breakpoint(quiet_gdb: Session) -> None:
    """GDB still calls the thread running while it evaluates the condition."""
    session = quiet_gdb
    session.run("break main.stops if $go_goid() == 1 && $go_curg() == $go_g(1)")
    assert "Error" not in session.run("run")
    assert "main.stops" in session.run("go-stacks")


def test_selected_thread_has_ended(native: Session) -> None:
    """The others can be read, and no other thread gets selected."""
    native.run("break main.ends")
    native.send("continue")
    native.wait_for("main.ends")
    native.ready()
    standing = "[t.num for t in gdb.selected_inferior().threads() if t.is_stopped()]"
    (number,) = json.loads(native.value(standing))
    native.run(f"thread {number}")
    native.run("continue &")
    assert any("(exited)" in native.run("thread") for _ in range(10_000))  # GDB learns it later
    assert json.loads(native.run("go-gmp g --json"))["gs"][0]["goid"] == 1
    assert "main.main" in native.run("go-stacks 1")
    assert error_line(native.run("go-stacks")).startswith("the selected thread has ended: ")
    assert error_line(native.run("p $go_goid()")).startswith("the thread has ended: ")
    assert "its thread runs" in native.run("go-gmp m")
    assert "(exited)" in native.run("thread")
