"""What the GDBs of the running test have printed; `gdb_faults` looks for GDB's own errors in it."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from gogdb.launch.tools import find_gdb
from tests.support.autopsy import LOST_THREAD, autopsy, has_lost_thread

__all__ = ["clear", "new", "run", "texts"]

_TIMEOUT = 120  # s, for a GDB without a terminal; a core is read in about two

_logs: list[io.StringIO] = []  # one for each GDB


def new() -> io.StringIO:
    """Return a log for another GDB, to write its output to."""
    _logs.append(io.StringIO())
    return _logs[-1]


def run(
    command: Sequence[object], *, cwd: Path | None = None, env: Mapping[str, str] = os.environ
) -> subprocess.CompletedProcess[str]:
    """Run a command that becomes GDB, without a terminal, and log what it prints.

    Raises `AssertionError`, with the state of its threads, if it does not end.
    """
    words = [str(argument) for argument in command]
    with subprocess.Popen(
        words,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        hung = ""
        try:
            output, errors = process.communicate(timeout=_TIMEOUT)
        except subprocess.TimeoutExpired:
            hung = autopsy(find_gdb().path, process.pid)
            if has_lost_thread(process.pid):
                new().write(LOST_THREAD)
            process.kill()
            output, errors = process.communicate()
    new().write(output + errors)
    if hung:
        raise AssertionError(f"GDB has not ended within {_TIMEOUT} s\n{output}{errors}\n{hung}")
    return subprocess.CompletedProcess(words, process.returncode, output, errors)


def clear() -> None:
    """Forget the logs: another test begins."""
    _logs.clear()


def texts() -> list[str]:
    """Return what each GDB has printed."""
    return [log.getvalue() for log in _logs]
