"""The goroutine that forks: rawVforkSyscall has popped its return address meanwhile."""

from __future__ import annotations

import ctypes
import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from gogdb.launch.tools import Go
from tests.support.builds import Builds
from tests.support.session import Open, Session
from tests.support.traceback import Line, parse

FORKS = "syscall.rawVforkSyscall"
COMMON = "syscall.forkExec"  # whoever forks or cleans up after it, forkExec called it


@pytest.fixture(scope="module")
def forks(either_go: Go, builds: Builds) -> Path:
    return builds.program("forks", either_go, ())


def at_vfork(session: Session) -> None:
    """Run to the vfork of os/exec; one before it may have probed what the kernel supports."""
    session.run("catch vfork")
    session.run("run")
    if "forkAndExecInChild1" not in session.value("gdb.selected_frame().older().name()"):
        session.run("continue")


def frames(session: Session) -> list[dict[str, Any]]:
    (goroutine,) = json.loads(session.run("go-stacks 1 --json"))["goroutines"]
    assert goroutine["ended"] is None
    stack: list[dict[str, Any]] = goroutine["frames"]
    return stack


def test_frames_are_those_of_the_traceback(open_gdb: Open, forks: Path) -> None:
    session = open_gdb(forks)
    session.run("set exec-wrapper env -i GOMAXPROCS=2 GOTRACEBACK=system")
    session.run("handle SIGQUIT nostop noprint pass")
    at_vfork(session)
    stack = frames(session)
    pid = int(session.value("gdb.selected_inferior().pid"))
    # The thread blocks all signals while it forks (runtime_BeforeFork): this one waits till then.
    assert ctypes.CDLL(None).tgkill(pid, pid, signal.SIGQUIT) == 0
    traceback = parse(session.run("continue"))["g1"].frames
    theirs = [line.function for line in traceback].index(COMMON)
    ours = [frame["function"] for frame in stack].index(COMMON)
    assert [frame["function"] for frame in stack[:ours]] == [
        FORKS,
        "syscall.forkAndExecInChild1",
        "syscall.forkAndExecInChild",
    ]
    outer = [
        Line(
            frame["function"],
            frame["file"],
            frame["line"],
            None if frame["inlined"] else (int(frame["sp"], 16), int(frame["pc"], 16)),
        )
        for frame in stack[ours + 1 :]
    ]
    assert outer == traceback[theirs + 1 :]


def test_callers_are_the_same_at_every_instruction(open_gdb: Open, forks: Path) -> None:
    session = open_gdb(forks)
    session.run(f"break *'{FORKS}'")
    session.run("run")
    if "forkAndExecInChild1" not in session.value("gdb.selected_frame().older().name()"):
        session.run("continue")
    callers = frames(session)[1:]
    assert [frame["function"] for frame in callers[-3:]] == [
        "main.main",
        "runtime.main",
        "runtime.goexit",
    ]
    popped = 0
    while (stack := frames(session))[0]["function"] == FORKS:
        assert stack[1:] == callers
        popped += stack[0]["sp"] == callers[0]["sp"]
        session.run("stepi")
    assert popped == 2  # the SYSCALL and the PUSHQ after it
    assert stack[0]["function"] == callers[0]["function"]


def test_gobuf_and_words_of_a_goroutine_that_forks(open_gdb: Open, forks: Path) -> None:
    session = open_gdb(forks)
    at_vfork(session)
    (gobuf,) = json.loads(session.run("go-gobuf 1 --json"))["gobufs"]
    assert gobuf["problems"] == []
    assert (gobuf["returns_to"], gobuf["return_slot"]) == (None, None)
    words = session.run("go-stacks 1 --memory --words 12")
    assert f"args of {FORKS}" in words
    assert re.search(r"#1 syscall\.forkAndExecInChild1", words)
