"""Signals that wait: blocked, they come later, or go to another thread."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Set
from contextlib import contextmanager

__all__ = ["CTRL_C", "blocked"]

CTRL_C = frozenset({signal.SIGINT})


@contextmanager
def blocked(signals: Set[signal.Signals] = frozenset(signal.valid_signals())) -> Iterator[None]:
    """Keep signals away from this thread, all by default, and from those that it starts.

    A thread that gogdb starts should have none: they are for the debugger's own threads, and GDB 18
    aborts if another one gets SIGINT.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
