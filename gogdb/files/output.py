"""Files that gogdb writes are replaced when all of the new content is there, or left as they are.

The content goes to a new file in the same directory, which then takes the place of the old one.
What a symbolic link leads to is replaced, not the link. If a file has several hard links, the
others keep the old content.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO, RawIOBase

from gogdb.files.stream import open_stream, standard_stream
from gogdb.files.target import FileId, Target, find_target, write_errors

__all__ = ["open_output"]


@contextmanager
def open_output(name: str, in_use: Callable[[], set[FileId]] = set) -> Iterator[RawIOBase]:
    """Open the file or stream that the user calls `name`, for a `with` that writes to it.

    A file is replaced at the end of the `with`, and left as it is after an exception. `in_use`
    returns the files that must not be replaced. Raises `GogdbError` if it cannot be written.
    """
    with write_errors(name):
        stream = standard_stream(name)
        target = None if stream else find_target(name, in_use)
        if target and target.is_stream:
            stream = open_stream(target.path)
        if stream:
            with stream:
                yield stream
        elif target:
            with _replacement(target) as file:
                yield file


@contextmanager
def _replacement(target: Target) -> Iterator[FileIO]:
    """Open a new file beside the target, which replaces it at the end of the `with`."""
    directory, name = os.path.split(target.path)
    # Kept open, so that it stays the same directory if it is renamed.
    at = os.open(directory, os.O_PATH | os.O_DIRECTORY)
    temporary = f".gogdb-{os.urandom(8).hex()}"
    try:
        with _create(temporary, at, target) as file:  # NFS reports a full disk when it is closed
            yield file
        os.replace(temporary, name, src_dir_fd=at, dst_dir_fd=at)
    finally:
        with suppress(FileNotFoundError):  # it has taken the target's place
            os.unlink(temporary, dir_fd=at)
        os.close(at)


def _create(name: str, directory: int, target: Target) -> FileIO:
    """Create a file with the permissions of the target, and its owner where that is allowed."""
    status = target.status
    mode = 0o666 if status is None else 0o600
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    file = FileIO(name, "w", opener=lambda *_: os.open(name, flags, mode, dir_fd=directory))
    if status is not None:
        for owner, group in ((-1, status.st_gid), (status.st_uid, -1)):
            with suppress(PermissionError):
                os.fchown(file.fileno(), owner, group)
        os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode) & 0o777)
    return file
