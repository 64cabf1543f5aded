"""Lines of a source file, whose path comes from the program and can name anything."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from threading import Thread
from typing import BinaryIO

__all__ = ["read_lines"]

_LONGEST_FILE = 64 << 20  # bytes; what follows is not read
_LAST_LINE = (1 << 20) - 2  # Go's compiler counts no further (lineMax in cmd/internal/src/pos.go)
_LONGEST_LINE = 1000  # characters; longer lines are cut
_PATIENCE = 2.0  # s without a line

_unanswered: set[str] = set()


def read_lines(path: str, first: int, last: int) -> Sequence[str] | None:
    """Return the lines from `first` to `last` of a plain file, fewer if it is shorter.

    Return None if no file of this name can be opened, and no lines if it is a pipe or a device, or
    if its file system does not answer.
    """
    if path in _unanswered:
        return ()
    # No signal ends a wait for a network file system whose server is gone.
    reader = _Reader(path, first, last)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        reader.start()  # with signals blocked: they are for the debugger's own threads
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    lines_read = -1
    while reader.is_alive() and reader.lines_read > lines_read:  # slow is not stuck
        lines_read = reader.lines_read
        reader.join(_PATIENCE)
    if not reader.is_alive():
        return reader.lines
    _unanswered.add(path)
    return ()


class _Reader(Thread):
    """Reads `lines`, those from `first` to `last`; `lines_read` counts all of the file so far."""

    def __init__(self, path: str, first: int, last: int) -> None:
        super().__init__(daemon=True)
        self._path, self._first, self._last = path, first, last
        self.lines_read = 0
        self.lines: Sequence[str] | None = None

    def run(self) -> None:
        with suppress(OSError, ValueError):  # ValueError: a NUL or a lone surrogate in the path
            self.lines = self._read()

    def _read(self) -> Sequence[str]:
        if not stat.S_ISREG(os.stat(self._path).st_mode):  # opening a device can have effects
            return ()
        # O_NONBLOCK: by now it can be a pipe.
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
        with open(os.open(self._path, flags), "rb") as file:
            return [_text(line) for line in self._wanted(file)]

    def _wanted(self, file: BinaryIO) -> Iterator[bytes]:
        for line in islice(_lines(file), min(self._last, _LAST_LINE)):
            self.lines_read += 1
            if self.lines_read >= self._first:
                yield line


def _lines(file: BinaryIO) -> Iterator[bytes]:
    # Files of /proc have no size, and reading them can block or never end.
    left = min(os.fstat(file.fileno()).st_size, _LONGEST_FILE)
    while line := file.readline(left):
        left -= len(line)
        yield line


def _text(line: bytes) -> str:
    """Decode a line. In Go only \\n ends a line; for Python, \\r does too."""
    text = line[: 4 * _LONGEST_LINE].decode(errors="replace").rstrip("\r\n")
    return text if len(text) <= _LONGEST_LINE else text[: _LONGEST_LINE - 3] + "..."
