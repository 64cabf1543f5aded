"""The tools side by side: how each is started, and what one goroutine looks like in its output."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gogdb.errors import GogdbError
from gogdb.launch import paths
from gogdb.launch.tools import Gdb, Go

__all__ = ["LIST", "STACKS", "Delve", "Tool", "find_delve", "ours", "rivals"]

LIST, STACKS = "list", "stacks"
OUT = "{out}"  # in a command: the file for a tool that writes one itself


@dataclass(frozen=True)
class Tool:
    """One tool at one job. `live` and `core` end where the process or the core is named."""

    name: str
    job: str
    rival: bool
    live: tuple[str, ...]
    core: tuple[str, ...]
    rest: tuple[str, ...]
    """What follows in both."""
    goroutine: bytes
    """A regular expression with the goid as its group."""
    frame: bytes
    aim: float | None = None
    """How many times our time this one's should be."""

    def command(self, place: str, pid: int, program: Path, core: Path, out: Path) -> list[str]:
        if place == "live":
            words = [*self.live, str(pid), *self.rest]
        else:
            words = [*self.core, str(program), str(core), *self.rest]
        return [word.replace(OUT, str(out)) for word in words]


@dataclass(frozen=True)
class Delve:
    path: str
    version: str


def find_delve(wanted: str | None) -> Delve | None:
    """The one that was asked for or that DLV names, else the machine's own, if it has one."""
    wanted = wanted or os.environ.get("DLV")
    path = shutil.which(wanted or "dlv")
    if path is None:
        if wanted:
            raise GogdbError(f"{wanted} is not there, or no program", "give DLV= a path")
        return None
    said = subprocess.run([path, "version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"^Version: (\S+)", said, re.M)
    if version is None:
        raise GogdbError(f"{path} is no Delve that runs")
    return Delve(path, version[1])


def ours(gdb: Gdb) -> Iterator[Tool]:
    def tool(command: str, job: str) -> Tool:
        start = (*_gdb(gdb), "-x", str(paths.gdbinit()))
        rest = ("-ex", f"{command} --out {OUT}")
        goroutine, frame = rb'"goid": ?(\d+)', rb'"function": ?"'
        return Tool(command, job, False, (*start, "-p"), start, rest, goroutine, frame)

    yield tool("go-gmp g --json", LIST)
    yield tool("go-stacks --all --json", STACKS)


def rivals(gdb: Gdb, go: Go, delve: Delve | None, scratch: Path) -> Iterator[Tool]:
    """Go's own script for GDB, from the same Go as the program; Delve, if there is one."""
    script = _goroot(go) / "src/runtime/runtime-gdb.py"
    if script.exists():
        start = _gdb(gdb)
        rest = ("-ex", f"source {script}", "-ex", "info goroutines")
        name = "runtime-gdb.py: info goroutines"
        row = rb"(?m)^[* ] (\d+) [a-z+]+ "
        yield Tool(name, LIST, True, (*start, "-p"), start, rest, row, rb"(?!)", aim=15)
    if delve is None:
        return
    for command, job, aim in (("goroutines", LIST, 10), ("goroutines -t", STACKS, 30)):
        init = scratch / f"{job}.dlv"
        init.write_text(f"{command}\nexit\n")
        yield Tool(
            f"Delve: {command}",
            job,
            True,
            (delve.path, "attach"),
            (delve.path, "core"),
            ("--allow-non-terminal-interactive", "--init", str(init)),
            rb"(?m)^[* ] Goroutine (\d+) - ",
            rb"(?m)^\t *\d+  0x[0-9a-f]+ in ",
            aim,
        )


def _gdb(gdb: Gdb) -> tuple[str, ...]:
    """No init files, and no scripts of the program's own but those that are named."""
    off = ("debuginfod enabled off", "auto-load python-scripts off")
    return (str(gdb.path), "-nx", "-q", "-batch", *(w for s in off for w in ("-iex", f"set {s}")))


def _goroot(go: Go) -> Path:
    command = [str(go.path), "env", "GOROOT"]
    said = subprocess.run(command, env=go.environment(), capture_output=True, text=True, check=True)
    return Path(said.stdout.strip())
