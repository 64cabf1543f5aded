"""Which goroutine GDB shows in place of a thread; who shows it is in goroutine_view.py."""

from __future__ import annotations

from typing import NamedTuple

import gdb

from gogdb.gdbhost import process

__all__ = ["Shown", "recorded", "set_shown", "shown"]


class Shown(NamedTuple):
    """A goroutine that GDB shows in place of a thread, which `is_elsewhere` unless it runs it.

    `address` is that of the g, `name` what the user calls the goroutine, `label` what it is called
    to people, and `thread` the number of the thread. `has_thread`: the thread works for it, on its
    stack or on another one.
    """

    address: int
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
