"""Copy a file that is mostly holes or zeros, such as a core, so that these take no space on disk.

Where the file system can, both files share their blocks instead (FICLONE in ioctl_ficlonerange(2)).
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby

__all__ = ["copy_sparse"]

_FICLONE = 0x40049409  # linux/fs.h: _IOW(0x94, 9, int)
_STAT_BLOCK = 512  # bytes that st_blocks counts in
_BLOCK = 4096  # bytes; smaller holes save nothing
_CHUNK = 1 << 20  # bytes that are looked through at once
_RANGE = 1 << 26  # bytes that the kernel copies before Ctrl-C is noticed
_ZEROS = bytes(_BLOCK)
# copy_file_range(2) between these two files, or of this file, is not possible
_CANNOT = {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM}


def copy_sparse(source: int, target: int) -> None:
    """Copy the file open as `source` to the empty one open as `target`; their offsets stay.

    Of a file with holes, its data are copied as they are; of one without, blocks of zeros become
    holes. Raises `OSError`.
    """
    status = os.fstat(source)
    has_holes = status.st_blocks * _STAT_BLOCK < status.st_size
    if not (has_holes and _clone(source, target)):
        for start, end in _data(source, status.st_size):
            if not (has_holes and _copy_range(source, target, start, end)):
                _copy_without_zeros(source, target, start, end)
    os.ftruncate(target, status.st_size)


def _clone(source: int, target: int) -> bool:
    with suppress(OSError):
        fcntl.ioctl(target, _FICLONE, source)
        return True
    return False


def _data(source: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of a file, from one offset to another, that are no holes."""
    end = 0
    while end < size:
        try:
            start = os.lseek(source, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            return  # the rest is a hole
        end = os.lseek(source, start, os.SEEK_HOLE)
        yield start, end


def _copy_range(source: int, target: int, start: int, end: int) -> bool:
    """Let the kernel copy a part of a file; return False where it cannot."""
    while start < end:
        try:
            count = os.copy_file_range(source, target, min(end - start, _RANGE), start, start)
        except OSError as error:
            if error.errno in _CANNOT:
                return False
            raise
        if not count:
            return False
        start += count
    return True


def _copy_without_zeros(source: int, target: int, start: int, end: int) -> None:
    for at in range(start, end, _CHUNK):
        data = os.pread(source, min(_CHUNK, end - at), at)
        for first, last in _written(data):
            _write(target, data[first:last], at + first)


def _written(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the runs of blocks that are not all zeros, as offsets into `data`."""
    if data == bytes(len(data)):
        return
    offsets = range(0, len(data), _BLOCK)
    for is_zero, run in groupby(offsets, lambda at: data.startswith(_ZEROS, at)):
        if not is_zero:
            blocks = list(run)
            yield blocks[0], blocks[-1] + _BLOCK


def _write(target: int, data: bytes, at: int) -> None:
    while data:
        count = os.pwrite(target, data, at)
        data, at = data[count:], at + count
