"""How often the program may have changed: it has run, or a value was set in it."""

from __future__ import annotations

import gdb

__all__ = ["generation"]

# An inferior call and `record goto` raise `cont` or `stop`; `memory_changed` is what the user sets
_EVENTS = (
    "cont",
    "stop",
    "exited",
    "memory_changed",
    "register_changed",
    "new_objfile",
    "clear_objfiles",
    "inferior_deleted",
)

_count = 0
_is_watching = False


def generation() -> int:
    """Return a number that is another one once the program may have changed."""
    global _is_watching
    if not _is_watching:
        _is_watching = True
        for name in _EVENTS:
            getattr(gdb.events, name).connect(_changed)
    return _count


def _changed(_: object) -> None:
    global _count
    _count += 1
