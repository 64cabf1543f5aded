"""What a GDB that does not answer is doing: its own backtrace, its threads and its program's."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

__all__ = ["autopsy", "descendants"]

_TIMEOUT = 60  # s, for the backtrace of a GDB


def autopsy(gdb: Path, pid: int) -> str:
    """Describe the process `pid` and its descendants, with a backtrace taken by another `gdb`."""
    lines = [_threads(each) for each in (pid, *descendants(pid))]
    return "\n".join([*lines, _backtrace(gdb, pid)])


def descendants(pid: int) -> Iterator[int]:
    """Yield the ids of the processes that a process and its descendants have started."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in task.read_text().split()]
        except OSError:  # the thread has ended
            continue
        for child in children:
            yield child
            yield from descendants(child)


def _threads(pid: int) -> str:
    """Return a line for each thread of a process: id, name, state, where it waits."""
    lines = [f"process {pid}:"]
    for task in sorted(Path(f"/proc/{pid}/task").glob("*")):
        try:
            _, name, rest = _split(task.joinpath("stat").read_text())
            lines.append(f"  {task.name} {name} {rest[0]} {task.joinpath('wchan').read_text()}")
        except OSError as error:
            lines.append(f"  {task.name} {error.strerror}")
    return "\n".join(lines)


def _split(stat: str) -> tuple[str, str, list[str]]:
    """Split /proc/PID/stat; the name in parentheses may hold blanks and parentheses."""
    pid, _, rest = stat.partition(" (")
    name, _, fields = rest.rpartition(") ")
    return pid, name, fields.split()


def _backtrace(gdb: Path, pid: int) -> str:
    command = [str(gdb), "-nx", "-q", "-batch", "-iex", "set debuginfod enabled off"]
    try:
        done = subprocess.run(
            [*command, "-p", str(pid), "-ex", "thread apply all backtrace"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no backtrace of GDB: {error}"
    return f"GDB's own backtrace:\n{done.stdout}"
