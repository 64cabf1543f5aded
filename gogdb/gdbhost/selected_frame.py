"""The frame that the user has selected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import gdb

__all__ = ["keep_frame"]


@contextmanager
def keep_frame() -> Iterator[None]:
    """Let GDB find the frames anew when it has read symbols, and select the one with the same pc.

    With other symbols GDB may find other frames; then the innermost one is selected.
    """
    selected = _pc_of_selected()
    yield
    gdb.invalidate_cached_frames()
    if selected is None or _pc_of_selected() == selected:
        return
    with suppress(gdb.error):
        frame: gdb.Frame | None = gdb.newest_frame()
        while frame is not None and frame.pc() != selected:
            frame = frame.older()
        if frame is not None:
            frame.select()


def _pc_of_selected() -> int | None:
    with suppress(gdb.error):
        return int(gdb.selected_frame().pc())
    return None
