"""Ctrl-C while the program runs: it interrupts the program between two events that GDB handles.

Left to itself, GDB may take Ctrl-C while it handles an event, such as a thread's arrival at a
breakpoint. Then `continue` ends with "Quit", and the program runs on behind the user's back.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import gdb

from gogdb.signals import CTRL_C, blocked

__all__ = ["deferred"]

_END = signal.SIGUSR2  # for the watching thread alone, which has all signals blocked


@contextmanager
def deferred(interrupt: Callable[[], None]) -> Iterator[None]:
    """Let GDB call `interrupt` for a Ctrl-C, while it waits for the program's next event.

    A Ctrl-C that comes too late for that is taken after the block.
    """
    ended = Event()
    typed = taken = 0

    def take() -> None:
        nonlocal taken
        if not ended.is_set():
            taken = typed
            interrupt()

    def watch() -> None:
        nonlocal typed
        while signal.sigwait({*CTRL_C, _END}) in CTRL_C:
            typed += 1
            gdb.post_event(take)

    with blocked(CTRL_C):
        watcher = _started(watch)
        try:
            yield
        finally:
            if watcher is not None and watcher.ident is not None:
                ended.set()
                signal.pthread_kill(watcher.ident, _END)
                watcher.join()
    if typed > taken:
        signal.raise_signal(signal.SIGINT)


def _started(watch: Callable[[], None]) -> Thread | None:
    """Start a thread; return None, and let GDB have Ctrl-C, if there can be no more threads."""
    thread = Thread(target=watch, daemon=True)
    try:
        with blocked():
            thread.start()
    except RuntimeError:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, CTRL_C)
        return None
    return thread
