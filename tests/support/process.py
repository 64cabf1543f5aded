"""Programs that wait: started, read by a GDB with gogdb, and made to leave a core."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from select import select
from typing import Any

from gogdb.launch import paths
from tests.support import gdb_log
from tests.support.gdb_command import execute, quiet

__all__ = [
    "TIMEOUT",
    "NotAllowedError",
    "core_of",
    "end",
    "gdb_dump",
    "kernel_core",
    "kernel_writes_here",
    "only_core",
    "reads_input",
    "running",
    "traceback_of",
    "wait_for_output",
    "wait_until",
    "waiting_program",
]

GDB_DUMP = Path(__file__).with_name("gdb_dump.py")
TIMEOUT = 120  # s; a core of a program is read in about two
POLL = 0.005  # s, between two looks at a process


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for a state of another process. Raises `TimeoutError`."""
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {TIMEOUT} s")
        time.sleep(POLL)


def reads_input(pid: int) -> bool:
    """Report whether a thread of a process is in read(0, …), by proc(5)."""
    return any(_call(task).startswith("0 0x0 ") for task in Path(f"/proc/{pid}/task").iterdir())


def _call(task: Path) -> str:
    """Return the system call that a thread is in, "" if the thread has ended."""
    try:
        return (task / "syscall").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def wait_for_output(process: subprocess.Popen[Any]) -> None:
    """Wait until a program has printed something, or has ended. Raises `TimeoutError`."""
    assert process.stdout is not None
    if not select([process.stdout], [], [], TIMEOUT)[0]:
        raise TimeoutError(f"{process.args!r} has printed nothing for {TIMEOUT} s")


def end(process: subprocess.Popen[Any]) -> None:
    """Kill a process and wait for it. Raises `subprocess.TimeoutExpired`.

    The kernel reports the end of a traced process to its tracer first, and a GDB at its prompt
    does not ask for it: a test that fails while GDB is attached would hang. So that GDB
    is killed, too.
    """
    if process.poll() is None:
        # read first: `kill` may find that it has ended, and then nothing is left of it
        status = Path(f"/proc/{process.pid}/status").read_text()
        (tracer,) = re.findall(r"^TracerPid:\s*(\d+)$", status, re.M)
        process.kill()
        if tracer != "0":
            os.kill(int(tracer), signal.SIGKILL)
        process.wait(TIMEOUT)


@contextmanager
def running(*command: str | Path, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a program on pipes, `options` being those of `Popen`; it ends with the block."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, text=True, **{**pipes, **options}) as process:
        try:
            yield process
        finally:
            end(process)


def traceback_of(process: subprocess.Popen[str]) -> str:
    """Let a process of `running` die of a SIGQUIT, and return what Go prints of its goroutines.

    Its standard input stays open: a program that reads it may exit at its end, half printed.
    """
    process.send_signal(signal.SIGQUIT)
    assert process.stderr is not None
    return process.stderr.read()


class NotAllowedError(Exception):
    """The machine forbids what the comparison needs."""


@contextmanager
def waiting_program(
    program: Path,
    work: Path,
    level: str,
    arguments: Sequence[str] = (),
    *,
    core: bool = False,
    godebug: str = "",
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Start a program, wait for its first output, and yield it and the file of its traceback.

    `level` is its GOTRACEBACK, `godebug` its GODEBUG. With `core` it may leave a core in `work`.
    """
    traceback = work / "traceback"
    with traceback.open("wb") as stderr:
        process = subprocess.Popen(
            [program, *arguments],
            cwd=work,
            env={"GOTRACEBACK": level, "GODEBUG": godebug, "HOME": str(work)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        )
    with process:
        try:
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.prlimit(process.pid, resource.RLIMIT_CORE, (hard if core else 0, hard))
            assert process.stdout is not None
            # nothing more is read: some of its threads stop in the write that blocks
            wait_for_output(process)
            if not os.read(process.stdout.fileno(), 6):
                raise AssertionError(f"{program} has ended: {traceback.read_text()[:2000]}")
            yield process, traceback
        finally:
            end(process)


def core_of(
    gdb: Path, process: subprocess.Popen[bytes], work: Path, *, by_gdb: bool = False
) -> Path:
    """Let a process with GOTRACEBACK=crash die of a SIGQUIT, and return its core.

    The kernel writes it, or GDB: if `by_gdb`, and where the kernel writes no file into the
    directory of the process. Raises `NotAllowedError` when there is no core.
    """
    if by_gdb or not kernel_writes_here():
        _core_at_the_raise(gdb, process, work)
    else:
        process.send_signal(signal.SIGQUIT)
        process.wait(TIMEOUT)
    return only_core(work)


def kernel_core(pid: int, work: Path) -> Path:
    """Let a process with GOTRACEBACK=crash, whose directory is `work`, die of a SIGQUIT.

    Return the core that the kernel writes. Raises `NotAllowedError` if it writes none there.
    """
    if not kernel_writes_here():
        raise NotAllowedError("the kernel to leave a core: core(5) says why")
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.prlimit(pid, resource.RLIMIT_CORE, (hard, hard))
    os.kill(pid, signal.SIGQUIT)
    wait_until(lambda: not Path(f"/proc/{pid}").exists())
    return only_core(work)


def only_core(work: Path) -> Path:
    """Return the core in a directory. Raises `NotAllowedError` if there is not exactly one."""
    cores = list(work.glob("core*"))
    if len(cores) != 1:
        raise NotAllowedError("to leave a core: core(5) says why")
    return cores[0]


def kernel_writes_here() -> bool:
    """Report whether the kernel writes cores into the directory of a process, see core(5)."""
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
    return re.match(r"core[^/|]*$", pattern) is not None and limit != 0


def _core_at_the_raise(gdb: Path, process: subprocess.Popen[bytes], work: Path) -> None:
    """Let GDB write the core when the program raises SIGABRT."""
    commands = (
        "handle SIGQUIT nostop noprint pass",
        "signal SIGQUIT",
        f"generate-core-file {work / 'core'}",
        "kill",
    )
    _run([*quiet(gdb), "-p", str(process.pid), *execute(commands)])


def gdb_dump(gdb: Path, work: Path, *target: str, then: Sequence[str] = ()) -> dict[str, Any]:
    """Return what gdb_dump.py reads in a GDB that is given `target`.

    `target` are arguments of GDB: a program with its core or its process. GDB executes the commands
    of `then` at the same stop. Raises `NotAllowedError`.
    """
    out = work / "dump.json"
    out.unlink(missing_ok=True)
    command = [*quiet(gdb), "-x", str(paths.gdbinit()), *target, "-x", str(GDB_DUMP)]
    command += execute(then)
    output = _run(command, GOGDB_DUMP=str(out))
    assert out.exists(), output[-2000:]
    dump: dict[str, Any] = json.loads(out.read_text())
    return dump


def _run(command: Sequence[str], **env: str) -> str:
    """Run GDB and return its output. Raises `NotAllowedError` when it may not attach."""
    done = gdb_log.run(command, env=os.environ | env)
    output = done.stdout + done.stderr
    if "Operation not permitted" in output:
        raise NotAllowedError("to attach: kernel.yama.ptrace_scope")
    return output
