"""The frame that the user has selected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import gdb

__all__ = ["keep_frame", "select_level"]


class _Place(NamedTuple):
    pc: int
    level: int


@contextmanager
def keep_frame() -> Iterator[None]:
    """Let GDB find the frames anew when it has read symbols, and select the same one again.

    With other symbols GDB may find other frames: then the innermost one with the same pc is
    selected, or the innermost one of all.
    """
    selected = _selected()
    yield
    gdb.invalidate_cached_frames()
    if selected is None or _selected() == selected:
        return
    with suppress(gdb.error):
        frame: gdb.Frame | None = gdb.newest_frame()
        found = None
        while frame is not None:
            if frame.pc() == selected.pc and (found is None or frame.level() == selected.level):
                found = frame
            if frame.level() >= selected.level and found is not None:
                break
            frame = frame.older()
        if found is not None:
            found.select()


def select_level(level: int) -> None:
    """Select the frame with a number, or the outermost one if there are fewer."""
    with suppress(gdb.error):
        frame: gdb.Frame | None = gdb.newest_frame()
        last = frame
        while frame is not None and frame.level() < level:
            last, frame = frame, frame.older()
        found = frame or last
        if found is not None:
            found.select()


def _selected() -> _Place | None:
    with suppress(gdb.error):
        frame = gdb.selected_frame()
        return _Place(int(frame.pc()), frame.level())
    return None
