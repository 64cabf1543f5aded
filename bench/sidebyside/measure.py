"""One run of one tool: its time, its memory, and what it listed."""

from __future__ import annotations

import mmap
import os
import re
import signal
import subprocess
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .tools import Tool

__all__ = ["Run", "run"]

LIMIT = 900  # s, for one run
_ANSWER = b"n\n"  # Delve asks whether to kill the process that it was attached to


@dataclass(frozen=True)
class Run:
    seconds: float
    cpu: float
    """Processor time in seconds, the kernel's included."""
    peak: int
    """Resident memory at its largest, in bytes."""
    listed: int
    """Goroutines in its output, each counted once."""
    frames: int
    failed: str
    """What it printed when it failed, "" when it did not fail."""


def run(tool: Tool, command: list[str], out: Path) -> Run:
    """Run a tool as a whole process. `out` is a file for its output, removed afterwards."""
    printed = out.with_suffix(".printed")
    with printed.open("wb") as file:
        start = time.perf_counter()
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=file, stderr=subprocess.STDOUT
        )
        assert child.stdin is not None
        with suppress(BrokenPipeError):  # a tool that fails may exit at once
            child.stdin.write(_ANSWER)  # the pipe buffers it if nobody reads
            child.stdin.close()
        timeout = threading.Timer(LIMIT, child.kill)
        timeout.start()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        seconds = time.perf_counter() - start
        timeout.cancel()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    output = out if out.exists() else printed
    # In another process: a child's peak is never below its parent's memory at the fork.
    with ProcessPoolExecutor(1) as pool:
        listed, frames = pool.submit(_count, output, tool.goroutine, tool.frame).result()
    failed = ""
    if child.returncode == -signal.SIGKILL:
        failed = f"killed after {seconds:.0f} s"
    elif child.returncode or not listed:
        lines = printed.read_text(errors="replace").split("\n")
        failed = next((line for line in reversed(lines) if line.strip()), "it printed nothing")
    for path in (printed, output):
        path.unlink(missing_ok=True)
    return Run(
        seconds,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * 1024,
        listed,
        frames,
        failed.strip(),
    )


def _count(path: Path, goroutine: bytes, frame: bytes) -> tuple[int, int]:
    """Return the number of different goroutines, and of frames, in a file."""
    if not path.stat().st_size:
        return 0, 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        goids = {int(match[1]) for match in re.finditer(goroutine, text)}
        return len(goids), sum(1 for _ in re.finditer(frame, text))
