"""What a GDB that does not answer is doing: its own backtrace, its threads and its program's."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from gogdb.gdbhost.lost_threads import lost_threads

__all__ = ["LOST_THREAD", "autopsy", "descendants", "has_lost_thread"]

LOST_THREAD = "GDB hangs, waiting for a program that has ended"
_WAIT4 = "61"  # its number on x86-64

_TIMEOUT = 60  # s, for the backtrace of a GDB

# Fields of /proc/PID/task/TID/status, see proc_pid_status(5)
_STATUS = ("Name", "State", "TracerPid", "SigPnd", "ShdPnd", "SigBlk")


def autopsy(gdb: Path, pid: int) -> str:
    """Describe the process `pid` and its descendants, with a backtrace taken by another `gdb`.

    Of each thread: its state, where in the kernel it waits, its system call, its pending signals.
    """
    lines = [line for each in (pid, *descendants(pid)) for line in _process(each)]
    return "\n".join([*lines, _backtrace(gdb, pid)])


def has_lost_thread(pid: int, proc: Path = Path("/proc")) -> bool:
    """Report whether a GDB waits for the end of a process that has a thread unknown to it.

    `gogdb.gdbhost.lost_threads` says how that comes about, and why the wait never ends.
    """
    call = _read(proc / f"{pid}/syscall").split()
    if call[:1] != [_WAIT4]:
        return False
    child = int(call[1], 16)
    return bool(lost_threads(f"{proc}/{child}/task", child, ()))


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


def _process(pid: int) -> Iterator[str]:
    yield f"process {pid}: {_read(Path(f'/proc/{pid}/cmdline')).replace(chr(0), ' ')}"
    for task in sorted(Path(f"/proc/{pid}/task").glob("*")):
        fields = dict(re.findall(r"^(\w+):\s*(.*)$", _read(task / "status"), re.M))
        status = ", ".join(f"{name} {fields[name]}" for name in _STATUS if name in fields)
        yield f"  {task.name}: {status or 'has ended'}"
        yield f"    in {_read(task / 'wchan')}, system call {_read(task / 'syscall')}"
        for frame in _read(task / "stack").splitlines():  # only root can read it
            yield f"    {frame}"


def _read(file: Path) -> str:
    """Return the text of a file of /proc, or why it cannot be read."""
    try:
        return file.read_text(errors="replace").strip()
    except OSError as error:
        return f"({error.strerror})"


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
