"""The place of a goroutine: where it is in the user's code, and what it has called there."""

from __future__ import annotations

from typing import NamedTuple

from gogdb.runtime.goroutines import called_from, frame_outside_runtime
from gogdb.runtime.trace_cache import Shape

__all__ = ["Place", "place_of"]


class Place(NamedTuple):
    """A line of a function, and the function outside the runtime that it has called, or ""."""

    function: str
    file: str
    line: int
    called: str


def place_of(shape: Shape) -> Place | None:
    """Return the place of goroutines with these frames, None without frames.

    It is the innermost frame outside the standard library; what that frame has called is the
    outermost function outside the runtime. On a stack of the standard library alone it is the
    innermost frame outside the runtime.
    """
    frames, user = shape.frames, shape.user
    if user is None:
        frame = frame_outside_runtime(frames)
        return frame and Place(frame.function, frame.file, frame.line, "")
    frame, called = frames[user], called_from(frames, user)
    return Place(frame.function, frame.file, frame.line, called.function if called else "")
