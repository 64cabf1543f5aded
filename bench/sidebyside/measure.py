"""One run of one tool: its time, its memory, and what it had to say."""

from __future__ import annotations

import mmap
import os
import re
import signal
import subprocess
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .tools import Tool

__all__ = ["Run", "run"]

LIMIT = 900  # s, for one run
_KEEP_IT = b"n\n"  # Delve asks whether to kill the process that it was attached to


@dataclass(frozen=True)
class Run:
    seconds: float
    peak: int
    """Resident memory at its largest, in bytes."""
    listed: int
    """Goroutines in its output, each counted once."""
    frames: int
    failed: str
    """What it said, when it did not do its work."""


def run(tool: Tool, command: list[str], out: Path) -> Run:
    """The whole process, from its start to its end. `out` is for its output, and gone after."""
    said = out.with_suffix(".said")
    with said.open("wb") as file:
        start = time.perf_counter()
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=file, stderr=subprocess.STDOUT
        )
        assert child.stdin is not None
        child.stdin.write(_KEEP_IT)  # to a pipe's buffer, whether it is read or not
        child.stdin.close()
        late = threading.Timer(LIMIT, child.kill)
        late.start()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        seconds = time.perf_counter() - start
        late.cancel()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wrote = out if out.exists() else said
    # Apart, and forgotten: a child's peak is never below that of the process it comes from.
    with ProcessPoolExecutor(1) as apart:
        listed, frames = apart.submit(_count, wrote, tool.goroutine, tool.frame).result()
    failed = ""
    if child.returncode == -signal.SIGKILL:
        failed = f"no end after {seconds:.0f} s"
    elif child.returncode or not listed:
        lines = said.read_text(errors="replace").split("\n")
        failed = next((line for line in reversed(lines) if line.strip()), "it says nothing")
    for path in (said, wrote):
        path.unlink(missing_ok=True)
    return Run(seconds, usage.ru_maxrss * 1024, listed, frames, failed.strip())


def _count(path: Path, goroutine: bytes, frame: bytes) -> tuple[int, int]:
    if not path.stat().st_size:
        return 0, 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        goids = {int(found[1]) for found in re.finditer(goroutine, text)}
        return len(goids), sum(1 for _ in re.finditer(frame, text))
