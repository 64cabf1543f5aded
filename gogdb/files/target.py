"""What a file name given by the user stands for, and whether it can be written."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from gogdb.errors import GogdbError

__all__ = ["FileId", "Target", "find_target", "short_name", "write_errors"]

_LONGEST_NAME = 200  # characters of a path in a message
# Opening any other device can have effects. Numbers: Documentation/admin-guide/devices.txt.
_NULL_AND_FULL = {(1, 3), (1, 7)}
_TERMINAL_MAJORS = {4, 5, *range(136, 144)}  # ttyN and ttySN, tty and console, pts/N

FileId = tuple[int, int]
"""The device and inode of a file."""


class Target(NamedTuple):
    """Where to write. `status` is None for a file that does not exist.

    The `path` of a file is absolute and without symbolic links.
    """

    path: str
    status: os.stat_result | None

    @property
    def is_stream(self) -> bool:
        """Whether it is a pipe or a device, which is written directly."""
        return self.status is not None and not stat.S_ISREG(self.status.st_mode)


def find_target(name: str, in_use: Callable[[], set[FileId]] = set) -> Target:
    """Return the file or stream that the user calls `name`, which may begin with ~.

    `in_use` returns the files that must not be replaced. Raises `GogdbError` if nothing can be
    written there.
    """
    with write_errors(name):
        path = os.path.expanduser(name)
        if not path or "\0" in path:
            raise GogdbError(f"{short_name(name)!r} is not a file name", "give another one")
        status = _status(path)
        if status and not stat.S_ISREG(status.st_mode):
            _check_stream(name, status)
            return Target(path, status)
        if status and (status.st_dev, status.st_ino) in in_use():
            raise GogdbError(f"cannot write {short_name(name)}", "GDB uses it; name another file")
        if status and not os.access(path, os.W_OK, effective_ids=True):
            raise _error(errno.EACCES)
        if path.endswith("/"):
            raise _error(errno.EISDIR)
        target = os.path.realpath(path)
        _check_directory(name, os.path.dirname(target))
        return Target(target, status)


def short_name(name: str) -> str:
    """Return `name`, or if it is very long, its beginning and its end."""
    half = _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[:half]}...{name[-half:]}"


@contextmanager
def write_errors(name: str) -> Iterator[None]:
    """Turn the errors of a `with` that writes to the file `name` into `GogdbError`."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise GogdbError(f"cannot write {short_name(name)}", why) from None


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None
    except UnicodeEncodeError:  # a lone surrogate that does not stand for a byte
        raise _error(errno.EILSEQ) from None


def _check_stream(name: str, status: os.stat_result) -> None:
    """Raise unless what is no plain file is a pipe, a terminal or /dev/null."""
    if stat.S_ISDIR(status.st_mode):
        raise _error(errno.EISDIR)
    if stat.S_ISFIFO(status.st_mode):
        return
    device = os.major(status.st_rdev), os.minor(status.st_rdev)
    known = device in _NULL_AND_FULL or device[0] in _TERMINAL_MAJORS
    if not (stat.S_ISCHR(status.st_mode) and known):
        raise GogdbError(
            f"cannot write {short_name(name)}", "it is not a file, a pipe, a terminal or /dev/null"
        )


def _check_directory(name: str, directory: str) -> None:
    """Raise unless a file can be created in the directory, from where it replaces the target."""
    if not stat.S_ISDIR(os.stat(directory).st_mode):
        raise _error(errno.ENOTDIR)
    if not os.access(directory, os.W_OK | os.X_OK, effective_ids=True):
        raise GogdbError(
            f"cannot write {short_name(name)}", f"no file can be created in {short_name(directory)}"
        )


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
