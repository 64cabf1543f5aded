"""The programs that are measured: built, running, and as a core file."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from gogdb.errors import GogdbError
from gogdb.launch.tools import Gdb, Go

__all__ = ["Parked", "build"]

_BENCH = Path(__file__).resolve().parent.parent


def build(go: Go, scratch: Path, name: str = "parked") -> Path:
    """Build a program of bench/ with the default optimisations."""
    program = scratch / name
    command = [str(go.path), "build", "-buildvcs=false", "-o", str(program), "."]
    subprocess.run(command, cwd=_BENCH / name, env=go.environment(), check=True)
    return program


class Parked:
    """A process with `count` goroutines or threads, killed at the end of the `with` block."""

    def __init__(self, program: Path, count: int) -> None:
        self.program, self.count = program, count
        self._process = subprocess.Popen(
            [program, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.pid = self._process.pid
        assert self._process.stdout is not None
        if self._process.stdout.readline() != b"ready\n":
            self._process.kill()
            raise GogdbError(f"{program.name} {count} ended with {self._process.wait()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def core(self, gdb: Gdb, path: Path) -> Path:
        """Write a core file with GDB's generate-core-file and return its path."""
        command = [str(gdb.path), "-nx", "-q", "-batch", "-iex", "set debuginfod enabled off"]
        command += ["-p", str(self.pid), "-ex", f"generate-core-file {path}"]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if not path.exists():
            hint = (
                "kernel.yama.ptrace_scope may forbid to attach" if "ptrace" in done.stderr else ""
            )
            raise GogdbError(f"no core: {done.stderr.strip()[-300:]}", hint)
        self.check()
        return path

    def check(self) -> None:
        """Raise `GogdbError` if a debugger left the process stopped or traced."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        if status["State"][0] not in "SDR" or status["TracerPid"] != "0":
            raise GogdbError(f"process {self.pid} was left {status['State']}")
