"""The record of which goroutine GDB shows in place of a thread; goroutine_view.py shows it."""

from __future__ import annotations

from typing import NamedTuple

import gdb

from gogdb.gdbhost import process

__all__ = ["Shown", "recorded", "set_shown", "shown"]


class Shown(NamedTuple):
    """A goroutine or system stack that GDB shows in place of a thread.

    `address` is the address of the g, `goid` is 0 for a system stack, `name` is what commands take
    ("7"), `label` what people read ("g7"), and `thread` the number of the thread. `is_elsewhere`:
    the thread's innermost frame is not on this stack. `has_thread`: the thread works for it, on its
    stack or on another one.
    """

    address: int
    goid: int
    name: str
    label: str
    thread: int
    is_elsewhere: bool
    has_thread: bool


_shown: Shown | None = None
_pid = 0  # of the inferior whose goroutine it is


def set_shown(goroutine: Shown | None) -> None:
    """Note which goroutine of the selected inferior GDB shows, if any."""
    global _shown, _pid
    _shown = goroutine
    if goroutine is not None:
        _pid = gdb.selected_inferior().pid


def recorded() -> Shown | None:
    """Return the goroutine that GDB shows, whichever thread is selected."""
    return _shown


def shown() -> Shown | None:
    """Return the goroutine that GDB shows in place of the selected thread, None if it shows none.

    A script can have selected another thread before GDB has a prompt again.
    """
    if _shown is None or _pid != gdb.selected_inferior().pid:
        return None
    thread = process.selected_thread()
    return _shown if thread is not None and thread.num == _shown.thread else None
