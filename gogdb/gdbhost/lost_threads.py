"""Threads of an ended program that GDB does not know: it would hang, waiting for the program.

If a program ends while GDB handles the event of a new thread, PTRACE_GETEVENTMSG fails with ESRCH
(linux_handle_extended_wait in GDB's linux-nat.c), and GDB does not learn the thread's id. The
kernel does not report the end of a traced process before each of its threads was waited for
(ptrace(2)), so `kill`, `run` or the end of GDB then hang in waitpid. GDB runs gogdb in the thread
that traces, which can wait for that thread itself.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection
from contextlib import suppress

__all__ = ["has_ended", "lost_threads", "reap_lost_threads"]

_WALL = 0x40000000  # __WALL in linux/wait.h: wait for threads as well
_PATIENCE, _POLL = 0.5, 0.001  # s, until all threads of a process that ends have ended


def reap_lost_threads(pid: int, known: Collection[int]) -> None:
    """Wait for the threads of an ended process that are not among the `known` thread ids.

    Nothing happens unless the first thread has ended, and then nothing to threads that run.
    """
    deadline = time.monotonic() + _PATIENCE
    while (lost := lost_threads(f"/proc/{pid}/task", pid, known)) is None:
        if time.monotonic() > deadline:
            return
        time.sleep(_POLL)
    for thread in lost:
        with suppress(OSError):  # it is not traced from here
            os.waitpid(thread, os.WNOHANG | _WALL)


def has_ended(pid: int, thread: int) -> bool:
    """Report whether a thread of a process has ended, or ends within half a second."""
    deadline = time.monotonic() + _PATIENCE
    while _state(f"/proc/{pid}/task/{thread}/stat") not in (b"Z", b"X"):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def lost_threads(tasks: str, pid: int, known: Collection[int]) -> list[int] | None:
    """Return the ids of the unknown threads of an ended process; `tasks` is its /proc/PID/task.

    None if its first thread has ended, but not yet all others; [] if the first has not.
    """
    states = {int(name): _state(f"{tasks}/{name}/stat") for name in _names(tasks)}
    if states.get(pid) != b"Z":
        return []
    if set(states.values()) != {b"Z"}:
        return None
    return sorted(states.keys() - known - {pid})


def _names(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:  # there is no such process
        return []


def _state(stat: str) -> bytes:
    """Return the state of a thread, one letter, by its /proc/PID/task/TID/stat."""
    try:
        with open(stat, "rb") as file:
            # It follows the name, which is in parentheses and may hold any byte: proc_pid_stat(5)
            return file.read().rpartition(b") ")[2][:1]
    except OSError:  # it was waited for meanwhile
        return b"Z"
