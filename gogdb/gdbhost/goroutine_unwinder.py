"""The unwinder and the frame filter that let GDB show a goroutine below a thread's own frame.

Both are registered only while a goroutine is selected. They read, and write nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

import gdb
from gdb.FrameDecorator import FrameDecorator
from gdb.unwinder import Unwinder, register_unwinder

from gogdb.inferior.arch import Arch
from gogdb.inferior.memory import WORD_MASK
from gogdb.inferior.stack_switch import CALLED, END, START, STOPPED, Caller, FramePlace

__all__ = [
    "GOROUTINE",
    "STITCH",
    "GoroutineUnwinder",
    "first_frame",
    "is_switch",
    "unwind_info",
    "without_switches",
]

GOROUTINE, STITCH = "gogdb goroutine", "gogdb stitch"
"""What an unwinder and its frame filter are called in `info unwinder` and `info frame-filter`."""

_MAX_INLINED = 64  # calls inlined in a thread's innermost frame


def is_switch(frame: gdb.Frame) -> bool:
    """Report whether a frame is one of those that only lead to another stack."""
    return START <= frame.pc() < END


def first_frame() -> gdb.Frame:
    """Return the innermost frame of the goroutine, or of the thread if that is the same."""
    newest = gdb.newest_frame()
    frame: gdb.Frame | None = newest
    for _ in range(_MAX_INLINED):
        if frame is None:
            break
        if frame.pc() in (CALLED, STOPPED):
            return frame.older() or newest
        frame = frame.older()
    return newest


class _FrameId:
    """What identifies a frame; GDB reads these attributes."""

    def __init__(self, sp: gdb.Value, pc: gdb.Value) -> None:
        self.sp = sp
        self.pc = pc


def unwind_info(pending_frame: gdb.PendingFrame, caller: Caller) -> gdb.UnwindInfo:
    """Return for GDB what identifies a frame, and its caller's registers."""
    word = pending_frame.architecture().integer_type(64, False)
    cfa, entry = (gdb.Value(number).cast(word) for number in caller.identity)
    info = pending_frame.create_unwind_info(_FrameId(cfa, entry))
    for name, number in caller.registers.items():
        info.add_saved_register(name, gdb.Value(number).cast(word))
    return info


class GoroutineUnwinder(Unwinder):
    """Tells GDB the callers of a few frames: those in `callers`.

    `on_others` is called for each other frame.
    """

    def __init__(self, arch: Arch, on_others: Callable[[], object]) -> None:
        super().__init__(GOROUTINE)
        self.callers: Mapping[FramePlace, Caller] = {}
        self.has_unwound = False
        """Whether GDB has asked for a caller; it asks again only when it has forgotten frames."""
        self._place = arch.pc, arch.sp
        self._on_others = on_others
        self._filter = _OnlyGoroutine()

    def register(self) -> None:
        """Let GDB use it, and show the frames of the goroutine only."""
        register_unwinder(None, self, replace=True)
        gdb.frame_filters[self._filter.name] = self._filter

    def unregister(self) -> None:
        """Let GDB unwind threads as it does without it."""
        gdb.frame_unwinders = [each for each in gdb.frame_unwinders if each is not self]
        gdb.frame_filters.pop(self._filter.name, None)

    def __call__(self, pending_frame: gdb.PendingFrame) -> gdb.UnwindInfo | None:
        pc, sp = (int(pending_frame.read_register(name)) & WORD_MASK for name in self._place)
        caller = self.callers.get((pc, sp))
        if caller is None:
            self._on_others()
            return None
        self.has_unwound = True
        return unwind_info(pending_frame, caller)


class _OnlyGoroutine:
    """A frame filter that leaves out the thread's own frame, and those between two stacks."""

    name = GOROUTINE
    priority = (1 << 20) + 1  # before stitch's filter, which leaves out frames that this one needs
    enabled = True

    def filter(self, frames: Iterator[Any]) -> Iterator[Any]:
        """Return the decorated frames without those that are not the goroutine's."""
        before: list[Any] = []
        for frame in islice(frames, _MAX_INLINED):
            before.append(frame)
            if frame.inferior_frame().pc() in (CALLED, STOPPED):
                if frame.inferior_frame().older() is not None:
                    before.clear()
                break
        return without_switches(chain(before, frames))


def without_switches(frames: Iterator[Any]) -> Iterator[Any]:
    """Return decorated frames without those between two stacks, and what GDB shows above goexit."""
    for decorated in frames:
        frame = decorated.inferior_frame()
        if not is_switch(frame) and (frame.pc() or frame.older()):
            yield decorated if frame.name() else _Nameless(decorated)


class _Nameless(FrameDecorator):
    """A frame of a function that GDB does not know, with what GDB prints without a filter."""

    def function(self) -> str:
        return "??"
