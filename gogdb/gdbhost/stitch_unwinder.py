"""The unwinder that leads GDB from a system stack to the goroutine that the thread works for.

It is registered while `set gogdb stitch` is on. It reads, and writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Protocol

import gdb
from gdb.unwinder import Unwinder, register_unwinder

from gogdb.errors import ShownError
from gogdb.gdbhost import parameters
from gogdb.gdbhost.goroutine_unwinder import STITCH, is_switch, unwind_info, without_switches
from gogdb.gdbhost.selected_frame import keep_frame
from gogdb.gdbhost.threads import read_register
from gogdb.i18n import tr, use_language
from gogdb.inferior.arch import Arch
from gogdb.inferior.memory import WORD_MASK
from gogdb.inferior.stack_switch import Caller

__all__ = ["StitchUnwinder"]

_MAX_FRAMES = 100  # of a system stack


class Callers(Protocol):
    """Knows the callers of frames, by a frame's pc and sp and its thread's thread pointer."""

    def caller(self, pc: int, sp: int, thread_pointer: int) -> Caller | None:
        """Return what called a frame, None to leave that to GDB."""

    def why_ended(self, pc: int, sp: int, thread_pointer: int) -> str:
        """Return why a stack ends at a frame that does have a caller, "" if it does not end so."""


class StitchUnwinder(Unwinder):
    """Tells GDB the callers of frames."""

    def __init__(self, arch: Arch, callers: Callers) -> None:
        super().__init__(STITCH)
        self._callers = callers
        self._place = arch.pc, arch.sp
        self._thread_pointer = arch.thread_pointer
        self._pointer = 0  # of the thread that GDB unwinds
        self._filter = _WithoutSwitches(arch, callers)

    def register(self) -> None:
        """Let GDB use it, and show no frame that only leads to another stack."""
        with keep_frame():
            register_unwinder(None, self, replace=True)
            gdb.frame_filters[self._filter.name] = self._filter

    def unregister(self) -> None:
        """Let GDB unwind threads as it does without it."""
        with keep_frame():
            gdb.frame_unwinders = [each for each in gdb.frame_unwinders if each is not self]
            gdb.frame_filters.pop(self._filter.name, None)

    def __call__(self, pending_frame: gdb.PendingFrame) -> gdb.UnwindInfo | None:
        def read(name: str) -> int:
            return int(pending_frame.read_register(name)) & WORD_MASK

        with suppress(gdb.error):  # behind a switch it is not known any more
            self._pointer = read(self._thread_pointer)
        try:
            pc, sp = map(read, self._place)
            caller = self._callers.caller(pc, sp, self._pointer)
        except (gdb.error, ShownError):  # unreadable: GDB does what it can
            return None
        return unwind_info(pending_frame, caller) if caller else None


class _WithoutSwitches:
    """A frame filter that leaves out the frames between two stacks, and says why a stack ends."""

    name = STITCH
    priority = 1 << 20  # before filters that elide frames

    def __init__(self, arch: Arch, callers: Callers) -> None:
        self._enabled = True
        self._callers = callers
        self._place = arch.pc, arch.sp
        self._thread_pointer = arch.thread_pointer

    @property
    def enabled(self) -> bool:
        """Whether there is anything to do; GDB prints other stacks by itself."""
        return self._enabled and self._is_needed()

    @enabled.setter
    def enabled(self, value: bool) -> None:  # `disable frame-filter`
        self._enabled = value

    def filter(self, frames: Iterator[Any]) -> Iterator[Any]:
        """Yield the decorated frames without those between two stacks."""
        last: gdb.Frame | None = None
        for decorated in without_switches(frames):
            last = decorated.inferior_frame()
            yield decorated
        with use_language(parameters.language()):
            if last is not None and (why := self._why_ended(last)):
                gdb.write(tr("Backtrace stopped: {why}", why=why) + "\n")  # as GDB puts it

    def _is_needed(self) -> bool:
        """Report whether the stack leads to another one, or ends for a reason to be said."""
        last: gdb.Frame | None = None
        frame: gdb.Frame | None = gdb.newest_frame()
        for _ in range(_MAX_FRAMES):
            if frame is None:
                break
            if is_switch(frame):
                return True
            last, frame = frame if frame.pc() else last, frame.older()
        return frame is None and last is not None and bool(self._why_ended(last))

    def _why_ended(self, last: gdb.Frame) -> str:
        """Return why a stack ends with its last frame, "" if there is nothing to say."""
        try:
            pc, sp = (read_register(last, name) for name in self._place)
            pointer = read_register(gdb.newest_frame(), self._thread_pointer)
            return self._callers.why_ended(pc, sp, pointer)
        except (gdb.error, ShownError):
            return ""
