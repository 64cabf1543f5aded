"""Stepping with gogdb's unwinder and frame filter in use prints what it prints without them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.builds import DEBUG, Compile
from tests.support.session import Open, Session
from tests.support.steps import run_to_system_stack

COMMANDS, COUNT = {"next": 6, "step": 8, "finish": 2, "up": 3, "stepi": 6}, 300
SETTINGS = ("stitch", "frame-filter", "thread-names")
# Its caller is on another stack. GDB alone takes what was left on this one for the caller.
SWITCHES = "runtime.systemstack"


def begun(session: Session) -> Session:
    """Return a GDB at a call on g0's stack, in a program that does the same each time."""
    session.run("set print frame-arguments none")
    run_to_system_stack(session)
    return session


def outputs(session: Session, seed: int) -> Iterator[tuple[str, str]]:
    """Run commands, and yield each with what it prints, without addresses.

    Where stacks are switched, nothing is asked about the caller, which is the goroutine or not.
    """
    chance = random.Random(seed)
    for command in chance.choices(list(COMMANDS), list(COMMANDS.values()), k=COUNT):
        if command in ("up", "finish") and function(session) == SWITCHES:
            command = "stepi"
        yield command, re.sub(r"0x[0-9a-f]+", "0x", session.run(command))


def function(session: Session) -> str:
    """Return the function that the selected frame is in."""
    return session.value("gdb.selected_frame().name()")


@pytest.mark.parametrize("seed", [1, 3])
def test_the_unwinder_does_not_change_what_stepping_prints(
    open_gdb: Open, compiled: Compile, seed: int
) -> None:
    program: Path = compiled("steps", *DEBUG)
    without = list(outputs(begun(open_gdb(program, width=0)), seed))
    session = begun(open_gdb(program, width=0))
    for setting in SETTINGS:
        session.quietly(f"set gogdb {setting} on")
    number = 0
    for number, (after, before) in enumerate(zip(outputs(session, seed), without, strict=True)):
        assert after == before, number
    assert number == COUNT - 1
    text = "\n".join(output for _, output in without)
    for visited in (SWITCHES, "main.round", "runtime.newproc.func1"):
        assert f"{visited} (" in text
