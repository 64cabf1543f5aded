"""The place of a goroutine as text: where it is in the user's code, and what it has called."""

from __future__ import annotations

from gogdb.runtime.goroutines import called_from, frame_outside_runtime
from gogdb.runtime.trace_cache import Shape
from gogdb.runtime.unwind import Frame
from gogdb.view.format import source_place

__all__ = ["place_text"]


def place_text(shape: Shape) -> str:
    """Return "main.work main.go:36 → sync.(*Mutex).Lock", "" without frames.

    The first frame is the innermost one outside the standard library; the function beside it, if
    any, is what that frame has called outside the runtime. On a stack of the standard library alone
    the innermost frame outside the runtime is the place.
    """
    frames, user = shape.frames, shape.user
    if user is None:
        frame = frame_outside_runtime(frames)
        return _text(frame) if frame else ""
    called = called_from(frames, user)
    return _text(frames[user]) + (f" → {called.function}" if called else "")


def _text(frame: Frame) -> str:
    return f"{frame.function} {source_place(frame.file, frame.line)}"
