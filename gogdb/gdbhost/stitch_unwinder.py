"""The unwinder that leads GDB from a system stack to the goroutine that the thread works for.

It is registered while `set gogdb stitch` is on. It reads, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import gdb
from gdb.unwinder import Unwinder, register_unwinder

from gogdb.errors import ShownError
from gogdb.gdbhost.goroutine_unwinder import is_switch, unwind_info, without_switches
from gogdb.inferior.arch import Arch
from gogdb.inferior.memory import WORD_MASK
from gogdb.inferior.stack_switch import Caller

__all__ = ["StitchUnwinder"]

_MAX_FRAMES = 100  # of a system stack


class StitchUnwinder(Unwinder):
    """Tells GDB what `caller` returns for the pc and sp of a frame and its thread pointer."""

    def __init__(self, arch: Arch, caller: Callable[[int, int, int], Caller | None]) -> None:
        super().__init__("gogdb stitch")
        self._caller = caller
        self._place = arch.pc, arch.sp
        self._thread_pointer = arch.thread_pointer
        self._pointer = 0  # of the thread that GDB unwinds
        self._filter = _WithoutSwitches()

    def register(self) -> None:
        """Let GDB use it, and show no frame that only leads to another stack."""
        register_unwinder(None, self, replace=True)
        gdb.frame_filters[self._filter.name] = self._filter
        gdb.invalidate_cached_frames()

    def unregister(self) -> None:
        """Let GDB unwind threads as it does without it."""
        gdb.frame_unwinders = [each for each in gdb.frame_unwinders if each is not self]
        gdb.frame_filters.pop(self._filter.name, None)
        gdb.invalidate_cached_frames()

    def __call__(self, pending_frame: gdb.PendingFrame) -> gdb.UnwindInfo | None:
        def read(name: str) -> int:
            return int(pending_frame.read_register(name)) & WORD_MASK

        with suppress(gdb.error):  # behind a switch it is not known any more
            self._pointer = read(self._thread_pointer)
        try:
            pc, sp = map(read, self._place)
            caller = self._caller(pc, sp, self._pointer)
        except (gdb.error, ShownError):  # unreadable: GDB does what it can
            return None
        return unwind_info(pending_frame, caller) if caller else None


class _WithoutSwitches:
    """A frame filter that leaves out the frames between two stacks."""

    name = "gogdb stitch"
    priority = 1 << 20  # before filters that elide frames

    def __init__(self) -> None:
        self._enabled = True

    @property
    def enabled(self) -> bool:
        """Whether there are such frames; GDB prints others by itself."""
        return self._enabled and _has_switch()

    @enabled.setter
    def enabled(self, value: bool) -> None:  # `disable frame-filter`
        self._enabled = value

    def filter(self, frames: Iterator[Any]) -> Iterator[Any]:
        """Return the decorated frames without those between two stacks."""
        return without_switches(frames)


def _has_switch() -> bool:
    """Report whether one of the innermost frames leads to another stack."""
    frame: gdb.Frame | None = gdb.newest_frame()
    for _ in range(_MAX_FRAMES):
        if frame is None or is_switch(frame):
            break
        frame = frame.older()
    return frame is not None and is_switch(frame)
