"""Long work: what of it is done, on a terminal, and Ctrl-C ends it with what there is."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterable, Iterator, Sized
from types import TracebackType
from typing import Self, TypeVar

__all__ = ["Progress"]

T = TypeVar("T")
S = TypeVar("S", bound=Sized)

_SILENT = 1.0  # s: what is done sooner needs no progress
_AGAIN = 0.2  # s between two lines of it


class Progress:
    """One long work; `interrupted` says how far it got, None when it came to its end.

    While it lasts Python collects no garbage: millions of tuples are made, none in a circle.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._shown = False
        self._collects = False
        self.interrupted: str | None = None

    def __enter__(self) -> Self:
        self._collects = gc.isenabled()
        gc.disable()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._collects:
            gc.enable()
        self._clear()

    def count(self, batches: Iterable[S]) -> Iterator[S]:
        """The goroutines as they are taken, each of them counted."""
        due = time.monotonic() + _SILENT
        for batch in batches:
            yield batch
            self._done += len(batch)
            if time.monotonic() > due:
                due = time.monotonic() + _AGAIN
                told = _tell(f"{self._done:,} of {self._total:,} goroutines")
                self._shown = told or self._shown

    def until_interrupted(self, results: Iterable[T]) -> Iterator[T]:
        """What is made of the goroutines; Ctrl-C is the end of it and no error."""
        try:
            yield from results
        except KeyboardInterrupt:
            self.stop()
        self._clear()

    def stop(self) -> None:
        """It was interrupted here."""
        self.interrupted = f"interrupted after {self._done} of {self._total} goroutines"

    def _clear(self) -> None:
        if self._shown:
            self._shown = False
            _tell("")


def _tell(text: str) -> bool:
    """Put a line of progress where the last one was, if there is a terminal to read it."""
    # Not GDB's own streams: they may go to a file or through a pipe, and are paged.
    if not os.isatty(2) or os.environ.get("TERM", "dumb") == "dumb":
        return False
    os.write(2, f"\r\x1b[K{text}".encode())
    return True
