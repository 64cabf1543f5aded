"""A `Debugger` that stops for the user's breakpoints too, and after some time.

A timer posts an event to GDB, which interrupts the program as Ctrl-C does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from threading import Timer

import gdb

from gogdb.gdbhost import process
from gogdb.gdbhost.debugger import GdbDebugger
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.protocol import Resumed

__all__ = ["TimedDebugger", "register_now"]

_SILENT = "suppress-cli-notifications"  # what GDB prints when the program stops


class TimedDebugger(GdbDebugger):
    """Run control for at most `seconds`, all runs together; None for any time.

    A run that takes longer ends as "interrupted". `was_interrupted`: the last run has ended so, by
    Ctrl-C or because the time `is_over`.
    """

    def __init__(self, elf: ElfFile, seconds: float | None) -> None:
        super().__init__(elf)
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self.is_over = self.was_interrupted = False

    def resume(self) -> Resumed:
        resumed = self._resume()
        self.was_interrupted = resumed.how == "interrupted"
        self.is_over = self.is_over and self.was_interrupted
        return resumed

    def _resume(self) -> Resumed:
        if self._deadline is None:
            return super().resume()
        if (left := self._deadline - time.monotonic()) <= 0:
            self.is_over = True
            return Resumed("interrupted")
        with _interrupted_after(left) as is_over:
            resumed = super().resume()
        self.is_over = is_over()
        return resumed

    def _breakpoints_on_the_way(self) -> AbstractContextManager[None]:
        return nullcontext()


@contextmanager
def _interrupted_after(seconds: float) -> Iterator[Callable[[], bool]]:
    """Interrupt the program that a `with` lets run; yield what tells whether that has happened."""
    silent = bool(gdb.parameter(_SILENT))
    interrupted = ended = False

    def interrupt() -> None:
        nonlocal interrupted
        thread = process.selected_thread()
        if ended or thread is None or not thread.is_running():
            return
        interrupted = True
        gdb.execute(f"set {_SILENT} on")  # nobody has sent a signal that GDB should report
        with suppress(gdb.error):  # the program has just ended
            gdb.execute("interrupt", to_string=True)

    timer = Timer(seconds, lambda: gdb.post_event(interrupt))
    timer.daemon = True
    timer.start()
    try:
        yield lambda: interrupted
    finally:
        ended = True
        timer.cancel()
        if interrupted and not silent:
            gdb.execute(f"set {_SILENT} off")


def register_now(name: str) -> int:
    """Return a register of the thread that has just hit a breakpoint. Raises `gdb.error`.

    A `gdb.Frame` knows its caller, and to find that takes longer than all else in a condition.
    """
    return int(gdb.parse_and_eval(f"${name}")) & ((1 << 64) - 1)
