"""Progress of a long pass over goroutines, in one line of the terminal."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gogdb.runtime.batch import Batch

__all__ = ["Progress"]

_FIRST_AFTER = 1.0  # s; a shorter pass needs no progress
_EVERY = 0.2  # s


class Progress:
    """A line of the terminal that says how far a pass has come."""

    def __init__(self) -> None:
        self._shown = False

    def watch(self, batches: Iterable[Batch], total: int) -> Iterator[Batch]:
        """Yield the batches, and show how many of `total` goroutines are done.

        Meanwhile Python collects no garbage: a pass makes millions of tuples and no
        cycles.
        """
        due, done = time.monotonic() + _FIRST_AFTER, 0
        with _without_garbage_collection():
            try:
                for batch in batches:
                    yield batch
                    done += len(batch)
                    if done < total and time.monotonic() > due:
                        due = time.monotonic() + _EVERY
                        self._shown |= _show(f"{done:,} of {total:,} goroutines")
            finally:
                self.clear()

    def clear(self) -> None:
        """Remove the line, so that something else can be written to the terminal."""
        if self._shown:
            self._shown = False
            _show("")


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _show(text: str) -> bool:
    """Replace the line of progress; return False when there is no terminal to show it."""
    # Not GDB's own streams: they may go to a file or through a pipe, and are paged.
    if not os.isatty(2) or os.environ.get("TERM", "dumb") == "dumb":
        return False
    os.write(2, f"\r\x1b[K{text}".encode())
    return True
