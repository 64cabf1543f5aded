"""Look at everything that gogdb needs, and say what to do about what is wrong."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gogdb.errors import GogdbError
from gogdb.launch import paths
from gogdb.launch.tools import Gdb, Go, find_gdb, find_go

__all__ = ["Finding", "examine"]

_PTRACE_SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")
_CAP_SYS_PTRACE = 1 << 19


@dataclass(frozen=True)
class Finding:
    """One line of the report; a note is neither good nor bad."""

    verdict: Literal["ok", "not ok", "note"]
    what: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.verdict:8}{self.what}" + (f": {self.advice}" if self.advice else "")


def examine(gdb_wanted: str | None, go_wanted: str | None) -> Iterator[Finding]:
    """Every finding, in the order in which things are needed."""
    python = f"Python {sys.version.split()[0]} ({sys.executable})"
    yield Finding("ok", python)
    gdb: Gdb | None = None
    go: Go | None = None
    try:
        gdb = find_gdb(gdb_wanted)
        yield Finding("ok", str(gdb))
    except GogdbError as error:
        yield Finding("not ok", error.message, error.hint)
    try:
        go = find_go(go_wanted)
        yield Finding("ok", str(go))
    except GogdbError as error:
        yield Finding("not ok", error.message, error.hint)
    if gdb:
        yield _loading(gdb)
        yield from _tracing(gdb)
        yield from _safe_path(gdb, go)


def _loading(gdb: Gdb) -> Finding:
    """gogdb and its packages, asked of the Python inside that GDB."""
    script = paths.gdbinit()
    said = _ask(gdb, "-nx", "-x", str(script), "-ex", "python import pygments, tabulate, wcwidth")
    if not said:
        return Finding("ok", f"{script} loads in it, with pygments, tabulate and wcwidth")
    what, _, advice = said.splitlines()[0].removeprefix("gogdb: ").partition(": ")
    return Finding("not ok", what, advice)


def _tracing(gdb: Gdb) -> Iterator[Finding]:
    """May GDB run a program? Ask by doing: there are more locks than one can list."""
    program = shutil.which("true") or sys.executable
    said = _ask(gdb, "-nx", "-ex", "starti", "-ex", "info registers rip", program)
    if not re.search(r"^rip\s", said, re.MULTILINE):
        reasons = [
            line for line in said.splitlines() if "not permitted" in line or "ptrace" in line
        ]
        why = (reasons or said.splitlines() or ["it says nothing"])[-1].rstrip(".")
        yield Finding("not ok", f"GDB may not run and trace a program ({why})", _permission())
        return
    yield Finding("ok", "GDB may run and trace a program")
    if "disabling address space randomization" in said:
        yield Finding("note", "addresses differ from run to run", "the container forbids otherwise")
    scope = _ptrace_scope()
    if scope and not _may_ptrace():
        yield Finding("note", "GDB may not attach to a running program (-p)", _permission())


def _safe_path(gdb: Gdb, go: Go | None) -> Iterator[Finding]:
    """GDB's auto-load safe path decides on Go's own script; gogdb does not depend on it."""
    if not go or not (root := go.environment().get("GOROOT")):
        return
    runtime = Path(root).resolve() / "src/runtime"
    said = _ask(gdb, "-ex", "show auto-load safe-path")
    listed = re.search(r"is (?:\"?)([^\"\n]*?)\"?\.?$", said, re.MULTILINE)
    places = [Path(place) for place in (listed[1] if listed else "").split(":") if place]
    if any(runtime.resolve().is_relative_to(place.resolve()) for place in places):
        return
    yield Finding(
        "note",
        "GDB will decline Go's own runtime-gdb.py, which gogdb does without",
        f"to have it too, put `add-auto-load-safe-path {runtime}` into ~/.gdbinit",
    )


def _permission() -> str:
    scope = _ptrace_scope()
    if scope == 3:
        return "kernel.yama.ptrace_scope is 3: set it to 1 or 0 in /etc/sysctl.d and restart"
    if scope == 2 or (scope == 1 and not _may_ptrace()):
        return f"kernel.yama.ptrace_scope is {scope}: as root, `sysctl kernel.yama.ptrace_scope=0`"
    return "in a container, start it with --cap-add=SYS_PTRACE --security-opt seccomp=unconfined"


def _ptrace_scope() -> int:
    try:
        return int(_PTRACE_SCOPE.read_text())
    except (OSError, ValueError):
        return 0  # a kernel without Yama


def _may_ptrace() -> bool:
    held = re.search(r"^CapEff:\s*(\w+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    return bool(held and int(held[1], 16) & _CAP_SYS_PTRACE)


def _ask(gdb: Gdb, *arguments: str) -> str:
    """What GDB says to these commands, warnings and errors included."""
    command = [str(gdb.path), "-q", "-batch", "-iex", "set debuginfod enabled off", *arguments]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return done.stdout.decode(errors="replace").strip()
