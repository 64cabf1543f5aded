"""Whether GDB still has the program that it had: cheap enough for each hit of a breakpoint."""

from __future__ import annotations

import gdb

__all__ = ["stamp"]

# Events after which it can be another program. Commands change settings and files: at a prompt.
_EVENTS = ("new_objfile", "clear_objfiles", "exited", "inferior_deleted", "before_prompt")

_count = 0
_is_watching = False


def stamp() -> tuple[int, int, int]:
    """Return a value that stays equal only while GDB certainly has the same program."""
    global _is_watching
    if not _is_watching:
        _is_watching = True
        for name in _EVENTS:
            getattr(gdb.events, name).connect(_changed)
    inferior = gdb.selected_inferior()
    return _count, inferior.num, inferior.pid


def _changed(_: object = None) -> None:
    global _count
    _count += 1
