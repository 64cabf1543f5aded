"""Many places of a process's memory in one call: the kernel takes a list of them.

GDB itself takes one place at a time, and copies what lies between them along.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain
from operator import sub
from typing import Any

__all__ = ["gather"]

_AT_ONCE = 1024  # places in a list, at most: UIO_MAXIOV (linux/uio.h)


def gather(pid: int, starts: Sequence[int], ends: Sequence[int]) -> bytes | None:
    """The content of the places [`starts`[i], `ends`[i]) of a process, one after the other.

    None when the kernel does not give all of it (process_vm_readv(2)): the process is another
    user's, a place is unreadable, the call is forbidden here.
    """
    read = _process_vm_readv()
    if read is None:
        return None
    parts = []
    for first in range(0, len(starts), _AT_ONCE):
        some = starts[first : first + _AT_ONCE]
        sizes = map(sub, ends[first : first + _AT_ONCE], some)
        data = read(pid, list(chain.from_iterable(zip(some, sizes, strict=True))))
        if data is None:
            return None
        parts.append(data)
    return b"".join(parts)


@cache
def _process_vm_readv() -> Callable[[int, list[int]], bytes | None] | None:
    """The call, for address, size, address, size, ...; None where Python or libc has it not."""
    try:
        import ctypes

        call: Any = ctypes.CDLL(None).process_vm_readv
    except (ImportError, OSError, AttributeError):
        return None
    word = ctypes.c_ulong
    call.argtypes = (ctypes.c_int, ctypes.c_char_p, word, ctypes.c_char_p, word, word)
    call.restype = ctypes.c_ssize_t

    room = ctypes.create_string_buffer(1 << 16)  # kept: to get pages anew costs more than to copy

    def read(pid: int, places: list[int]) -> bytes | None:
        nonlocal room
        size = sum(places[1::2])
        if size > len(room):
            room = ctypes.create_string_buffer(size)
        local = struct.pack("2Q", ctypes.addressof(room), size)
        remote = struct.pack(f"{len(places)}Q", *places)
        got = call(pid, local, 1, remote, len(places) // 2, 0)
        return ctypes.string_at(room, size) if got == size else None

    return read
