"""Lines of a source file, whose path comes from the program and can name anything."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator, Sequence
from itertools import islice
from threading import Thread
from typing import BinaryIO

__all__ = ["read_lines"]

_LONGEST_FILE = 64 << 20  # bytes; what follows is not read
_LAST_LINE = (1 << 20) - 2  # Go's compiler counts no further (lineMax in cmd/internal/src/pos.go)
_LONGEST_LINE = 1000  # characters; longer lines are cut
_PATIENCE = 2.0  # s

_unanswered: set[str] = set()


def read_lines(path: str, first: int, last: int) -> Sequence[str] | None:
    """Return the lines from `first` to `last` of a plain file, fewer if it is shorter.

    Return None if no file of this name can be opened, and no lines if it is a pipe or a device, or
    if its file system does not answer.
    """
    if path in _unanswered:
        return ()
    outcome: list[Sequence[str] | None] = []
    # No signal ends a wait for a network file system whose server is gone.
    reader = Thread(target=lambda: outcome.append(_read(path, first, last)), daemon=True)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        reader.start()  # with signals blocked: they are for the debugger's own threads
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    reader.join(_PATIENCE)
    if outcome:
        return outcome[0]
    _unanswered.add(path)
    return ()


def _read(path: str, first: int, last: int) -> Sequence[str] | None:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # opening a device can have effects
            return ()
        # O_NONBLOCK: by now it can be a pipe.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY), "rb") as file:
            lines = islice(_lines(file), first - 1, min(last, _LAST_LINE))
            return [_text(line) for line in lines]
    except (OSError, ValueError):  # ValueError: a NUL or a lone surrogate in the path
        return None


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
