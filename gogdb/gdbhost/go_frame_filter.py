"""The frame filter of `set gogdb frame-filter`: `bt` in the form of Go's own traceback.

Wrappers are left out, and a line before each part of the stack says whose it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import gdb
from gdb.FrameDecorator import FrameDecorator

from gogdb.errors import ShownError
from gogdb.gdbhost.goroutine_unwinder import GOROUTINE, STITCH, without_switches
from gogdb.gdbhost.threads import read_register
from gogdb.inferior.stack_switch import INTERRUPTED, STOPPED

__all__ = ["GoFrameFilter"]


class Form(Protocol):
    """Knows what a traceback shows of the frames of one program."""

    def calls(self, pc: int, newer_pc: int | None) -> Sequence[tuple[str, bool]]:
        """Return the functions at a frame's pc, innermost first, and whether each is a wrapper.

        `newer_pc` is the pc in the function that the frame has called, None if it was stopped or
        interrupted at its own pc.
        """

    def is_elided(self, wrapper: bool, callee: str) -> bool:
        """Report whether a frame is left out, given the function that it has called."""


Mark = Callable[[int], str]
"""Returns the line that stands before the frames of a stack, given an sp on it."""


class GoFrameFilter:
    """Shows the frames that `form` does not leave out, with marks before those of each stack.

    `marks()` returns the `Mark` for the selected thread, None to show none. `sp` is the name of
    the stack pointer.
    """

    name = "gogdb frames"
    priority = (1 << 20) - 1  # after the filters that leave out frames between stacks

    def __init__(self, form: Form, sp: str, marks: Callable[[], Mark | None]) -> None:
        self.enabled = True
        self._form = form
        self._sp = sp
        self._marks = marks

    def register(self) -> None:
        """Let GDB use it."""
        gdb.frame_filters[self.name] = self

    def unregister(self) -> None:
        """Let GDB show frames as it does without it."""
        gdb.frame_filters.pop(self.name, None)

    def filter(self, frames: Iterator[Any]) -> Iterator[Any]:
        """Yield the decorated frames that a traceback would show, with marks."""
        marks = _Marks(self._known_marks(), self._sp)
        callee, last = "", None
        for group in _compiled(without_switches(frames)):
            last = group[-1].inferior_frame()
            for decorated, (function, wrapper) in zip(group, self._calls(group), strict=True):
                if not self._form.is_elided(wrapper, callee):
                    yield marks.marked(decorated)
                callee = function
        if last is not None and not _is_ended_by_another():
            _say_why_ended(last)

    def _known_marks(self) -> Mark | None:
        if "gdb.dap" in sys.modules:  # an editor shows frames, and this text elsewhere
            return None
        try:
            return self._marks()
        except (gdb.error, ShownError):
            return None

    def _calls(self, group: Sequence[Any]) -> Sequence[tuple[str, bool]]:
        """Return the function of each frame, and whether it is a wrapper.

        Calls and frames are in the same order; where GDB does not know every inlined call, wrappers
        are recognized by their names.
        """
        frames = [decorated.inferior_frame() for decorated in group]
        calls = self._form.calls(frames[0].pc(), _newer_pc(frames[0]))
        if len(calls) == len(frames):
            return calls
        wrappers = {function for function, wrapper in calls if wrapper}
        return [(str(frame.name()), frame.name() in wrappers) for frame in frames]


def _newer_pc(frame: gdb.Frame) -> int | None:
    """Return the pc in the function that a frame has called, None if it was stopped at its own."""
    newer = frame.newer()
    if newer is None or newer.type() == gdb.SIGTRAMP_FRAME:
        return None
    return None if newer.pc() in (STOPPED, INTERRUPTED) else newer.pc()


def _compiled(frames: Iterator[Any]) -> Iterator[list[Any]]:
    """Yield the decorated frames of each compiled function: calls inlined in it, then its own."""
    group: list[Any] = []
    for decorated in frames:
        group.append(decorated)
        if decorated.inferior_frame().type() != gdb.INLINE_FRAME:
            yield group
            group = []
    if group:
        yield group


class _Marks:
    """Says before the first frame on each stack whose stack it is."""

    def __init__(self, mark: Mark | None, sp: str) -> None:
        self._mark = mark
        self._sp = sp
        self._last = ""

    def marked(self, decorated: Any) -> Any:
        """Return a decorated frame, or one with a mark before it."""
        if self._mark is None:
            return decorated
        try:
            mark = self._mark(read_register(decorated.inferior_frame(), self._sp))
        except ShownError:
            return decorated
        if mark == self._last:
            return decorated
        self._last = mark
        if gdb.parameter("print address"):
            return _Marked(decorated, mark)
        gdb.write(f"{mark}\n")
        return decorated


class _Marked(FrameDecorator):
    """A frame with a line before it, which is written when GDB prints the frame.

    GDB asks for all frames before it prints the outermost ones (`bt -3`). With `set print address
    off` it does not ask for addresses: then `_Marks` writes the line when GDB asks for the frame.
    """

    def __init__(self, base: Any, mark: str) -> None:
        super().__init__(base)
        self._mark = mark

    def address(self) -> int | None:
        """Return the frame's address, which GDB asks for before it prints anything of a frame."""
        if self._mark:
            gdb.write(f"{self._mark}\n")
            self._mark = ""
        return super().address()


def _is_ended_by_another() -> bool:
    """Report whether another filter of gogdb's is in use, which says itself why a stack ends."""
    others = map(gdb.frame_filters.get, (STITCH, GOROUTINE))
    return any(other is not None and other.enabled for other in others)


def _say_why_ended(last: gdb.Frame) -> None:
    """Say what GDB says without a filter when it cannot unwind any further."""
    reason = last.unwind_stop_reason()
    if last.older() is None and reason >= gdb.FRAME_UNWIND_UNAVAILABLE:  # the first of the errors
        gdb.write(f"Backtrace stopped: {gdb.frame_stop_reason_string(reason)}\n")
