"""Commands that would act on a thread while GDB shows a goroutine that is not on it.

GDB runs `hook-step`, if there is such a command, before `step`, and leaves `step` out if that
fails. Hooks of the user's own stay: they run after the check, and are as before in the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

import gdb

from gogdb.gdbhost.gdb_text import execute

__all__ = ["EXECUTION", "GOS_OWN", "THREAD", "ExecutionGuard"]

EXECUTION = (
    *("step", "stepi", "next", "nexti", "finish", "until", "advance"),
    *("return", "jump", "call"),
    *("reverse-step", "reverse-stepi", "reverse-next", "reverse-nexti", "reverse-finish"),
)
"""The commands that would make the thread run from where it is, not the goroutine."""
GOS_OWN = "goroutine"
"""A command of Go's runtime-gdb.py that sets $sp and $pc, and later sets them back.

With an outer frame selected, it would leave that frame's values in the thread.
"""
THREAD = "thread"
"""The command that selects a thread, or says which one is selected."""
_CHECKED = (*EXECUTION, "down", THREAD)
_CHECK = "maintenance gogdb-check"

_registered = False


class ExecutionGuard:
    """Hooks that call `check` with the name of a command before it; it raises what forbids it."""

    def __init__(self, check: Callable[[str], None]) -> None:
        self._check = check
        self._before: dict[str, str] = {}  # what the hooks of the user's own do

    def set(self) -> None:
        """Define the hooks."""
        _register(self._check)
        for name in (*_CHECKED, *([GOS_OWN] if _exists(GOS_OWN) else [])):
            self._before[name] = own = _own_hook(name)
            _define(name, f"{_CHECK} {name}\n{own}")

    def remove(self) -> None:
        """Let the hooks be as they were. GDB cannot forget a command: then it does nothing."""
        for name, own in self._before.items():
            _define(name, own)
        self._before.clear()


def _register(check: Callable[[str], None]) -> None:
    global _registered
    if _registered:
        return
    _registered = True

    class Check(gdb.Command):
        """Check that a command may run while a goroutine is selected."""

        def invoke(self, text: str, from_tty: bool) -> None:
            check(text)

    Check(_CHECK, gdb.COMMAND_MAINTENANCE)


def _exists(name: str) -> bool:
    with suppress(gdb.error):
        execute(f"help {name}")
        return True
    return False


def _own_hook(name: str) -> str:
    """Return the lines of a hook, "" if there is none."""
    try:
        shown = execute(f"show user hook-{name}")
    except gdb.error:
        return ""
    return re.sub(r"\A.*\n", "", shown).rstrip("\n")  # without `User command "hook-step":`


def _define(name: str, lines: str) -> None:
    gdb.execute(f"define hook-{name}\n{lines}\nend", to_string=True)
