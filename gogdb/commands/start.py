"""Whose boot the walk goes through: the process that is there, or a new one."""

from __future__ import annotations

import sys

import gdb

from gogdb.boot.walk import Walk
from gogdb.commands.session import Session
from gogdb.errors import GogdbError
from gogdb.gdbhost.target import alive

__all__ = ["anew", "ready"]


def anew(current: Session) -> Walk:
    """A new process at its entry; one that has only just begun will do."""
    current.check_can_walk()  # before anybody is asked anything
    walk = current.new_walk()
    if alive() and _just_begun(current):
        walk.adopt()
        return current.keep(walk)
    if alive():
        if _remote():
            raise GogdbError(
                "the program is past its beginning, and a remote one cannot be started from here",
                "start the server anew; `go-boot step` goes on with this one",
            )
        _ask_to_restart()
    walk.start()
    return current.keep(walk)


def ready(current: Session) -> Walk:
    """The walk that is under way, or a new one: of this process if it still is in its boot."""
    if current.walk_here is not None:
        return current.walk_here
    walk = current.new_walk()
    if alive():
        try:
            walk.adopt()
            return current.keep(walk)
        except GogdbError:
            if _remote():
                raise
            _ask_to_restart()
    walk.start()
    return current.keep(walk)


def _just_begun(current: Session) -> bool:
    """Whether nothing of Go has run yet, and no walk has seen anything."""
    if current.walk_here is not None and current.walk_here.records:
        return False
    return current.program().runtime_untouched()


def _remote() -> bool:
    connection = getattr(gdb.selected_inferior(), "connection", None)
    return bool(connection and connection.type == "remote")


def _ask_to_restart() -> None:
    """As GDB's `run` asks, and like it without asking when nobody is there to answer.

    But a process that GDB only attached to is somebody else's: it is never killed.
    """
    if gdb.selected_inferior().was_attached:
        raise GogdbError(
            "this process was attached to, and its boot is over",
            "`detach`, then `go-boot` starts the program anew",
        )
    if gdb.parameter("confirm") and sys.__stdin__ is not None and sys.__stdin__.isatty():
        gdb.write("The program being debugged has been started already.\n")
        try:
            answer = input("Start it from the beginning? (y or n) ")
        except EOFError:
            answer = "y"
        if not answer.strip().lower().startswith("y"):
            raise GogdbError("program not restarted")
