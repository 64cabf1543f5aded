"""Threads of an ended program that the debugger does not know."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from gogdb.gdbhost.lost_threads import has_ended, lost_threads, reap_lost_threads
from tests.support.autopsy import has_lost_thread
from tests.support.process import wait_until

# linux/ptrace.h, linux/wait.h
PTRACE_SEIZE, PTRACE_O_TRACECLONE, WALL = 0x4206, 8, 0x40000000
STARTS_A_THREAD = "import sys, threading; sys.stdin.read(1); threading.Thread(target=input).start()"


@pytest.mark.parametrize(
    ("states", "known", "lost"),
    [
        ({10: "Z", 11: "Z", 12: "Z"}, {10, 11}, [12]),
        ({10: "Z", 12: "Z", 11: "Z"}, {10}, [11, 12]),
        ({10: "Z", 11: "Z"}, {10, 11}, []),
        ({10: "Z", 11: "R"}, {10}, None),
        ({10: "t", 11: "Z"}, {10}, []),
        ({}, {10}, []),
    ],
)
def test_lost_threads(
    tmp_path: Path, states: Mapping[int, str], known: set[int], lost: list[int] | None
) -> None:
    for thread, state in states.items():
        (tmp_path / str(thread)).mkdir()
        (tmp_path / str(thread) / "stat").write_bytes(
            b"%d (a\xff) Z) %s 1 1" % (thread, state.encode())
        )
    assert lost_threads(str(tmp_path), 10, known) == lost
    assert lost_threads(str(tmp_path / "gone"), 10, known) == []


def test_process_that_runs_is_left_alone() -> None:
    child = os.fork()
    if child == 0:
        os.read(os.pipe()[0], 1)  # blocks
        os._exit(0)
    reap_lost_threads(child, ())
    os.kill(child, 9)
    assert os.waitpid(child, 0)[0] == child


def test_first_thread_stays() -> None:
    """The debugger waits for it, and learns how the program ended."""
    child = os.fork()
    if child == 0:
        os._exit(7)
    wait_until(lambda: ") Z" in Path(f"/proc/{child}/stat").read_text())
    reap_lost_threads(child, ())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_end_of_a_process_with_a_lost_thread() -> None:
    """The kernel reports the end of a traced process after that of each thread, known or not."""
    child = subprocess.Popen([sys.executable, "-c", STARTS_A_THREAD], stdin=subprocess.PIPE)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long] * 4
    if libc.ptrace(PTRACE_SEIZE, child.pid, 0, PTRACE_O_TRACECLONE):
        child.kill()
        child.wait()
        pytest.skip(f"this machine forbids ptrace: {os.strerror(ctypes.get_errno())}")
    assert child.stdin is not None
    child.stdin.write(b"x")
    child.stdin.flush()
    os.waitpid(child.pid, WALL)  # the event of the new thread, whose id is not asked for
    child.send_signal(signal.SIGKILL)
    wait_until(lambda: bool(lost_threads(f"/proc/{child.pid}/task", child.pid, {child.pid})))
    assert os.waitpid(child.pid, os.WNOHANG | WALL) == (0, 0)
    reap_lost_threads(child.pid, {child.pid})
    wait_until(lambda: os.waitpid(child.pid, os.WNOHANG | WALL)[0] == child.pid)
    child.returncode = -signal.SIGKILL  # it has been waited for
    child.stdin.close()


@pytest.mark.parametrize(
    ("call", "states", "lost"),
    [
        ("61 0xa 0x7ffe0f7dd394 0x0 0x0", {10: "Z", 11: "Z"}, True),
        ("61 0xa 0x7ffe0f7dd394 0x0 0x0", {10: "Z"}, False),
        ("61 0xa 0x7ffe0f7dd394 0x0 0x0", {10: "S", 11: "S"}, False),
        ("7 0xa 0x4 0xffffffff 0x0", {10: "Z", 11: "Z"}, False),
        ("running", {10: "Z", 11: "Z"}, False),
    ],
)
def test_gdb_that_waits_for_ever(
    tmp_path: Path, call: str, states: Mapping[int, str], lost: bool
) -> None:
    for thread, state in states.items():
        place = tmp_path / f"10/task/{thread}"
        place.mkdir(parents=True)
        (place / "stat").write_text(f"{thread} (a) {state} 1 1")
    (tmp_path / "5").mkdir()
    (tmp_path / "5/syscall").write_text(f"{call}\n")
    assert has_lost_thread(5, tmp_path) is lost


def test_a_thread_that_has_ended() -> None:
    pid = os.getpid()
    assert not has_ended(pid, pid)
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert has_ended(child, child)  # a zombie
    os.waitpid(child, 0)
    assert has_ended(child, child)  # there is no such process
