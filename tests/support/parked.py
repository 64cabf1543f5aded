"""A process whose goroutines are parked, as Go's traceback has them and as gogdb has them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.attaching import check_attached
from tests.support.process import running, wait_for_output
from tests.support.session import Session

__all__ = [
    "Frame",
    "Park",
    "attach",
    "attach_to",
    "connect",
    "frames_of",
    "parked_process",
    "stacks",
    "traceback_frames",
]

Frame = tuple[str, str, int, tuple[int, int] | None]
"""Function, file, line, and (sp, pc) unless the frame is inlined."""

Park = Callable[..., "subprocess.Popen[str]"]
"""Starts a program, as `parked_process` does."""


@contextmanager
def parked_process(*command: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a program and wait until it prints "parked"; on SIGQUIT it prints every goroutine."""
    env = os.environ | {"GOTRACEBACK": "all", "GOMAXPROCS": "2"}
    with running(*command, env=env) as program:
        assert program.stdout is not None
        wait_for_output(program)
        assert program.stdout.readline() == "parked\n"
        yield program


def attach(session: Session, program: subprocess.Popen[str]) -> None:
    """Attach GDB to a process; skip the test where that is forbidden."""
    attach_to(session, program.pid)


def attach_to(session: Session, pid: int) -> None:
    """Do as `attach`, given a process id."""
    check_attached(session.run(f"attach {pid}"))


def connect(session: Session, program: subprocess.Popen[str], way: str, gdbserver: Path) -> None:
    """Attach GDB to a process, by itself ("attached") or over gdbserver."""
    if way == "attached":
        attach(session, program)
    else:
        session.run(f"target remote | {gdbserver} --attach - {program.pid}")


def stacks(session: Session, options: str = "") -> dict[int, Any]:
    """Return what `go-stacks --all --json` has of each goroutine, by goid."""
    answer = json.loads(session.run(f"go-stacks --all --json {options}"))
    return {g["goid"]: g for g in answer["goroutines"]}


def traceback_frames(traceback: str) -> dict[int, tuple[str, list[Frame]]]:
    """Return each goroutine's wait reason and frames from Go's own traceback, by goid."""
    goroutines: dict[int, tuple[str, list[Frame]]] = {}
    for block in traceback.split("\n\n"):
        head = re.match(r"goroutine ([1-9]\d*) .*?\[([^],]+).*\]:\n", block)
        if head is None:
            continue
        frames: list[Frame] = []
        for function, file, line, _, where in re.findall(
            r"^(?!created by)(\S.*)\(.*\)\n\t(.*):(\d+)( \+\S+ (fp=.*))?$", block, re.M
        ):
            places = [int(place.split("=")[1], 16) for place in where.split()]  # fp, sp, pc
            frames.append((function, file, int(line), (places[1], places[2]) if places else None))
        goroutines[int(head[1])] = head[2], frames
    return goroutines


def frames_of(g: dict[str, Any]) -> list[Frame]:
    """Return the frames of a goroutine of `stacks`."""
    return [
        (
            frame["function"],
            frame["file"],
            frame["line"],
            None if frame["inlined"] else (int(frame["sp"], 16), int(frame["pc"], 16)),
        )
        for frame in g["frames"]
    ]
