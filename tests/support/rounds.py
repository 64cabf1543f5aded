"""Goroutines of fixtures, and the breakpoints that `go-boot follow` must not leave behind."""

from __future__ import annotations

import json
import re
from pathlib import Path

from gogdb.launch import paths
from tests.support.session import Session

__all__ = [
    "ONE_P",
    "at",
    "cpu_ticks",
    "go_on_to",
    "goid",
    "is_running",
    "own_breakpoints",
    "run_to",
    "surround",
]

ONE_P = ("GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1")
"""An environment in which goroutines run one at a time, and each until it calls a function."""


def at(session: Session, name: str, marker: str) -> None:
    """Run the fixture to the line with a marker; no breakpoint is left there."""
    run_to(session, paths.fixtures() / name, marker)


def go_on_to(session: Session, name: str, marker: str) -> None:
    """Let the fixture, which has been started, go on to the line with a marker."""
    run_to(session, paths.fixtures() / name, marker, "continue")


def run_to(session: Session, source: Path, marker: str, command: str = "run") -> None:
    """Run a program to the line with a marker; no breakpoint is left there."""
    lines = (source / "main.go").read_text(encoding="utf-8").splitlines()
    line = next(n for n, text in enumerate(lines, 1) if text.endswith(f"// marker: {marker}"))
    session.run(f"tbreak main.go:{line}")
    assert f"// marker: {marker}" in session.run(command)


def surround(session: Session, *environment: str) -> None:
    """Give the program this environment and no other."""
    session.quietly(f"set exec-wrapper env -i {' '.join(environment)}")


def goid(session: Session) -> int:
    """Return the goid of the youngest goroutine that main created."""
    gs = json.loads(session.run("go-gmp g --limit 0 --json"))["gs"]
    return max(int(g["goid"]) for g in gs if g["creator"] == "main.main")


def own_breakpoints(session: Session) -> list[str]:
    """Return the internal breakpoints at addresses; GDB's own ones have other types.

    GDB 13 may crash when it lists them after a process has ended while GDB stepped over one. Then
    those of gogdb's class are returned.
    """
    if session.value("gdb.selected_inferior().pid") == "0":
        return re.findall(r"-\d+", session.value(_VALID_ONES))
    return re.findall(r"^-\d+ +breakpoint .*$", session.run("maint info breakpoints"), re.M)


_VALID_ONES = (
    "[one.number for one in __import__('gc').get_objects() "
    "if isinstance(one, gdb.Breakpoint) and one.is_valid() and one.number < 0]"
)


def is_running(pid: int) -> bool:
    """Report whether any thread of the process runs."""
    states = (file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/stat"))
    return any(state.rpartition(")")[2].split()[0] == "R" for state in states)


def cpu_ticks(pid: int) -> int:
    """Return for how long a process has run, in ticks of the CPU's clock (proc_pid_stat(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
