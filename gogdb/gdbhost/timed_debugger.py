"""A `Debugger` that stops for the user's breakpoints too, and after some time.

When the time is over, the next thread that comes to an armed stop ends the run. If none does, a
timer posts events to GDB, which interrupt the program as Ctrl-C does. A gdbserver that has attached
to a process which leads no process group cannot interrupt it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from threading import TIMEOUT_MAX, Event, Thread

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost import process
from gogdb.gdbhost.debugger import GdbDebugger
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.protocol import Resumed, Stop
from gogdb.signals import blocked

__all__ = ["TimedDebugger"]

_SILENT = "suppress-cli-notifications"  # what GDB prints when the program stops
_GRACE = 0.5  # s for a thread to come to an armed stop
_LOST = 3.0  # s until an interrupt is taken for lost; ending the run sooner leaves it pending
_AGAIN = 10.0  # s until the program is interrupted again


class TimedDebugger(GdbDebugger):
    """Run control for at most `seconds`, all runs together; None for no limit.

    A run that takes longer ends as "interrupted", and `is_over` is set.
    """

    def __init__(self, elf: ElfFile, seconds: float | None) -> None:
        super().__init__(elf)
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self.is_over = False
        self._interrupted_at = 0.0

    def arm(self, stops: Sequence[Stop]) -> None:
        super().arm([Stop(stop.address, self._until_deadline(stop.condition)) for stop in stops])

    def _until_deadline(self, condition: Callable[[], bool] | None) -> Callable[[], bool]:
        def stops() -> bool:
            if self._ends_at_stop():
                self.is_over = True
                return True
            return condition is None or condition()

        return stops

    def _ends_at_stop(self) -> bool:
        """Report whether the time is over, and no interrupt is on its way."""
        now = time.monotonic()
        if self._deadline is None or now < self._deadline:
            return False
        return now - self._deadline - _GRACE < 0 or now - self._interrupted_at > _LOST

    def resume(self) -> Resumed:
        resumed = self._resume()
        return Resumed("interrupted") if self.is_over and resumed.how != "exited" else resumed

    def _resume(self) -> Resumed:
        if self._deadline is None:
            return super().resume()
        self._interrupted_at = 0.0
        with _repeated_after(self._deadline - time.monotonic() + _GRACE, self._interrupt):
            silent = bool(gdb.parameter(_SILENT))
            try:
                resumed = super().resume()
            finally:
                if self._interrupted_at and not silent:
                    gdb.execute(f"set {_SILENT} off")
        self.is_over |= resumed.how == "interrupted" and bool(self._interrupted_at)
        return resumed

    def _interrupt(self) -> None:
        """Interrupt the program, as Ctrl-C does, if it still runs."""
        if process.stands():
            return
        self._interrupted_at = time.monotonic()
        gdb.execute(f"set {_SILENT} on")  # the user has not sent this signal
        with suppress(gdb.error):  # the program has just ended
            gdb.execute("interrupt", to_string=True)

    def _breakpoints_on_the_way(self) -> AbstractContextManager[None]:
        return nullcontext()


@contextmanager
def _repeated_after(seconds: float, do: Callable[[], None]) -> Iterator[None]:
    """Let GDB's main thread call `do` after `seconds`, and then every `_AGAIN` seconds.

    That ends with the block. Raises `GogdbError` if there can be no thread for it.
    """
    ended = Event()

    def unless_ended() -> None:
        if not ended.is_set():
            do()

    def wait() -> None:
        pause = max(0.0, min(seconds, TIMEOUT_MAX))
        while not ended.wait(pause):
            gdb.post_event(unless_ended)
            pause = _AGAIN

    try:
        with blocked():
            Thread(target=wait, daemon=True).start()
    except RuntimeError as error:
        hint = "`shell ulimit -u` says how many processes and threads you may have"
        raise GogdbError(f"there is no thread to watch the time: {error}", hint) from None
    try:
        yield
    finally:
        ended.set()
