"""go-until on the program `rounds`, whose goroutines say their goids."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from typing import Any

from tests.support.process import wait_until
from tests.support.rounds import cpu_ticks, own_breakpoints
from tests.support.schema import schema
from tests.support.session import Session

__all__ = ["GOROUTINES", "Goids", "Rounds", "begin", "goids_said", "reach", "state", "until"]

GOROUTINES = 6  # that say their goids
Goids = Mapping[str, int]
Rounds = tuple[Session, "subprocess.Popen[str]", Goids]
"""A GDB attached to a process, and the goids of its goroutines."""


def goids_said(program: subprocess.Popen[str]) -> Goids:
    assert program.stderr is not None
    lines = (program.stderr.readline() for _ in range(GOROUTINES))
    said = (re.fullmatch(r"(\w+) is goroutine (\d+)\n", line) for line in lines)
    return {each[1]: int(each[2]) for each in said if each}


def until(session: Session, arguments: str) -> dict[str, Any]:
    """Run go-until, and return its JSON answer, without what GDB itself prints before it."""
    output = session.run(f"go-until {arguments} --json")
    answer = json.loads(re.split(r"^(?=\{$)", output, flags=re.M)[-1])
    assert list(schema("go-until").iter_errors(answer)) == []
    return dict(answer)


def reach(session: Session, arguments: str) -> dict[str, Any]:
    answer = until(session, arguments)
    assert answer["reached"], answer
    return answer


def state(session: Session) -> list[object]:
    """Return what a command must leave as it is."""
    shown = ("info breakpoints", "show suppress-cli-notifications", "show scheduler-locking")
    return [own_breakpoints(session), *map(session.run, shown)]


def begin(session: Session, program: subprocess.Popen[str], command: str) -> None:
    """Begin a command, and wait until the program has run for some time: one goroutine spins."""
    before = cpu_ticks(program.pid)
    session.send(command)
    session.wait_for("Ctrl-C ends it")
    wait_until(lambda: cpu_ticks(program.pid) > before + 10)
