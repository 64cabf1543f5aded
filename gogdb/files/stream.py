"""Pipes and terminals, which are written directly."""

from __future__ import annotations

import errno
import os
from io import RawIOBase
from select import select
from typing import Any

__all__ = ["Stream", "open_stream", "standard_stream"]

_STDOUT, _STDERR = 1, 2
_STANDARD = {
    "/dev/stdout": _STDOUT,
    "/dev/fd/1": _STDOUT,
    "/proc/self/fd/1": _STDOUT,
    "/dev/stderr": _STDERR,
    "/dev/fd/2": _STDERR,
    "/proc/self/fd/2": _STDERR,
}
_PIPE_BUF = 4096  # bytes that a pipe takes at once when it is ready (pipe(7))
_POLL = 0.1  # s, until Ctrl-C is noticed


class Stream(RawIOBase):
    """An open pipe or terminal. While it accepts nothing, Ctrl-C ends the wait."""

    def __init__(self, fd: int) -> None:
        super().__init__()
        self._fd = fd

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        while not select([], [self._fd], [], _POLL)[1]:
            pass
        return os.write(self._fd, memoryview(data)[:_PIPE_BUF])

    def close(self) -> None:
        if not self.closed:
            super().close()
            os.close(self._fd)


def open_stream(path: str) -> Stream:
    """Open a pipe or terminal. Raises `OSError`, also for a pipe that no process reads."""
    try:
        # Without O_NONBLOCK, it waits until a process opens the pipe for reading.
        return Stream(os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY))
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise OSError(error.errno, "no process reads from it") from None
        raise


def standard_stream(name: str) -> Stream | None:
    """Return standard output or standard error if that is what `name` stands for, else None.

    Opening such a name again would begin at the start of a file that the stream leads to.
    """
    fd = _STANDARD.get(name)
    return None if fd is None else Stream(os.dup(fd))
