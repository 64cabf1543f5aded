"""The tools: how each is started, and how a goroutine and a frame look in its output."""

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

__all__ = [
    "LIST",
    "OUT",
    "STACKS",
    "Delve",
    "Tool",
    "delve_tool",
    "find_delve",
    "gdb_command",
    "go_script",
    "ours",
    "rivals",
]

LIST, STACKS = "list", "stacks"
OUT = "{out}"  # in a command, stands for the output file


@dataclass(frozen=True)
class Tool:
    """One tool at one job. After `live` comes the pid, after `core` the program and the core."""

    name: str
    job: str
    rival: bool
    live: tuple[str, ...]
    core: tuple[str, ...]
    rest: tuple[str, ...]
    """The arguments after those."""
    goroutine: bytes
    """A regular expression of a goroutine; its group is the goid."""
    frame: bytes
    """A regular expression of a frame."""
    aim: float | None = None
    """What its time divided by gogdb's should be, or more."""

    def command(self, place: str, pid: int, program: Path, core: Path, out: Path) -> list[str]:
        """Return the command line; `place` is "live" or "core"."""
        if place == "live":
            command = [*self.live, str(pid), *self.rest]
        else:
            command = [*self.core, str(program), str(core), *self.rest]
        return [argument.replace(OUT, str(out)) for argument in command]


@dataclass(frozen=True)
class Delve:
    path: str
    version: str


def find_delve(name: str | None) -> Delve | None:
    """Return the Delve with this name, or named by DLV, or on the path; None if there is none.

    Raises `GogdbError` if the one that was named is missing or does not run.
    """
    name = name or os.environ.get("DLV")
    path = shutil.which(name or "dlv")
    if path is None:
        if name:
            raise GogdbError(f"{name} is not a program", "give --dlv or DLV= a path")
        return None
    output = subprocess.run([path, "version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"^Version: (\S+)", output, re.M)
    if version is None:
        raise GogdbError(f"{path} version does not print the version of Delve")
    return Delve(path, version[1])


def ours(gdb: Gdb) -> Iterator[Tool]:
    """Yield gogdb's commands."""

    def tool(command: str, job: str) -> Tool:
        start = (*gdb_command(gdb), "-x", str(paths.gdbinit()))
        rest = ("-ex", f"{command} --out {OUT}")
        goroutine, frame = rb'"goid": ?(\d+)', rb'"function": ?"'
        return Tool(command, job, False, (*start, "-p"), start, rest, goroutine, frame)

    yield tool("go-gmp g --json", LIST)
    yield tool("go-stacks --all --json", STACKS)


def rivals(gdb: Gdb, go: Go, delve: Delve | None, scratch: Path) -> Iterator[Tool]:
    """Yield the commands of Go's own script for GDB and of Delve, if there is one."""
    if script := go_script(go):
        start = gdb_command(gdb)
        rest = ("-ex", f"source {script}", "-ex", "info goroutines")
        name = "runtime-gdb.py: info goroutines"
        row = rb"(?m)^[* ] (\d+) [a-z+]+ "
        yield Tool(name, LIST, True, (*start, "-p"), start, rest, row, rb"(?!)", aim=15)
    if delve is None:
        return
    for command, job, aim in (("goroutines", LIST, 10), ("goroutines -t", STACKS, 30)):
        yield delve_tool(delve, scratch, command, job, aim)


def delve_tool(
    delve: Delve, scratch: Path, command: str, job: str, aim: float | None = None
) -> Tool:
    """Return a command of Delve; its script is put into `scratch`."""
    init = scratch / f"{job}.dlv"
    init.write_text(f"{command}\nexit\n")
    return Tool(
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


def gdb_command(gdb: Gdb) -> tuple[str, ...]:
    """Return GDB's command line without init files and without scripts of the program."""
    settings = ("-iex", "set debuginfod enabled off", "-iex", "set auto-load python-scripts off")
    return (str(gdb.path), "-nx", "-q", "-batch", *settings)


def go_script(go: Go) -> Path | None:
    """Return Go's own script for GDB, None if this Go lacks it."""
    command = [str(go.path), "env", "GOROOT"]
    done = subprocess.run(command, env=go.environment(), capture_output=True, text=True, check=True)
    script = Path(done.stdout.strip()) / "src/runtime/runtime-gdb.py"
    return script if script.exists() else None
