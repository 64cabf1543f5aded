"""Lines of a source file, whose path comes from the program and can name anything."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from threading import Thread
from typing import BinaryIO

from gogdb.signals import blocked

__all__ = ["read_lines"]

_LONGEST_FILE = 64 << 20  # bytes; what follows is not read
_LAST_LINE = (1 << 20) - 2  # Go's compiler counts no further (lineMax in cmd/internal/src/pos.go)
_LONGEST_LINE = 1000  # characters; longer lines are cut
_PIECE = 1 << 16  # bytes
_PATIENCE = 2.0  # s in which nothing is read

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
    with blocked():
        reader.start()
    pieces_read = -1
    while reader.is_alive() and reader.pieces_read > pieces_read:  # slow is not stuck
        pieces_read = reader.pieces_read
        reader.join(_PATIENCE)
    if not reader.is_alive():
        return reader.lines
    _unanswered.add(path)
    return ()


class _Reader(Thread):
    """Reads `lines`, those from `first` to `last`; `pieces_read` says how far it has come."""

    def __init__(self, path: str, first: int, last: int) -> None:
        super().__init__(daemon=True)
        self._path, self._first, self._last = path, first, last
        self.pieces_read = 0
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
        """Yield the lines, long ones without their ends."""
        number, line = 1, b""
        for piece in _pieces(file):
            self.pieces_read += 1
            if number > min(self._last, _LAST_LINE):
                return
            if number >= self._first and len(line) < _PIECE:
                line += piece
            if piece.endswith(b"\n"):
                if number >= self._first:
                    yield line
                number, line = number + 1, b""
        if line:
            yield line


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield the file in pieces, each of which ends with a newline or is part of a long line."""
    # Files of /proc have no size, and reading them can block or never end.
    left = min(os.fstat(file.fileno()).st_size, _LONGEST_FILE)
    while piece := file.readline(min(left, _PIECE)):
        left -= len(piece)
        yield piece


def _text(line: bytes) -> str:
    """Decode a line. In Go only \\n ends a line; for Python, \\r does too."""
    text = line[: 4 * _LONGEST_LINE].decode(errors="replace").rstrip("\r\n")
    return text if len(text) <= _LONGEST_LINE else text[: _LONGEST_LINE - 3] + "..."
