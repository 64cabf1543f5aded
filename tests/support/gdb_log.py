"""What the GDBs of the running test have printed; `gdb_faults` looks for GDB's own errors in it."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

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
    """Run a command that runs GDB, without a terminal, and log what it prints."""
    done = subprocess.run(
        [str(argument) for argument in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_TIMEOUT,
        check=False,
    )
    new().write(done.stdout + done.stderr)
    return done


def clear() -> None:
    """Forget the logs: another test begins."""
    _logs.clear()


def texts() -> list[str]:
    """Return what each GDB has printed."""
    return [log.getvalue() for log in _logs]
