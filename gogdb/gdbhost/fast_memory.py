"""Memory read where GDB itself has it, in the process or the core file, without GDB's copies.

For whoever reads very much at one stop. What this does not give is asked of GDB.
"""

from __future__ import annotations

import mmap
import os
import stat
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain, repeat
from operator import add, gt, sub
from typing import Any

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.elf import ElfFile, is_core
from gogdb.inferior.memory import Memory

__all__ = ["CoreMemory", "ProcessMemory", "core_memory"]

_AT_ONCE = 1024  # places in a list, at most: UIO_MAXIOV (linux/uio.h)
_MAP_NORESERVE = 0x4000  # asm-generic/mman.h; Python names it from 3.12 on
_KEPT = 4  # lists, until the pages that they touched are given back: some 10 MiB each


class ProcessMemory:
    """A process of this machine: the kernel takes many places at once, GDB one."""

    def __init__(self, pid: int, gdb: Memory) -> None:
        self._pid = pid
        self._gdb = gdb

    def read(self, address: int, size: int) -> bytes:
        return self._gdb.read(address, size)

    def gather(self, starts: Sequence[int], ends: Sequence[int]) -> bytes | None:
        """None when the kernel does not give all of it (process_vm_readv(2)).

        The process may be another user's, a place unreadable, the call forbidden here.
        """
        return _same(self._gdb, starts, ends, _read(self._pid, starts, ends))


class CoreMemory:
    """A core file, mapped, and read as memory of a process: our own.

    So of a file that is cut meanwhile there is nothing to be had; whoever touched its mapping
    would end the debugger, with SIGBUS.
    """

    def __init__(self, file: ElfFile, gdb: Memory) -> None:
        """Raises `OSError`, `ValueError` or `ImportError` when it cannot be mapped."""
        import ctypes

        self._gdb = gdb
        self._asked = 0
        # Writable, for an address is given of nothing else; it may be larger than memory is
        flags, access = mmap.MAP_PRIVATE | _MAP_NORESERVE, mmap.PROT_READ | mmap.PROT_WRITE
        self._map = mmap.mmap(file.fileno(), file.length, flags, access)
        begin = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
        # The first is none, for addresses below all others
        self._starts, self._ends, self._shifts = [0], [0], [0]
        for segment in file.loaded:
            self._starts.append(segment.address)
            self._ends.append(segment.address + segment.file_size)
            self._shifts.append(begin + segment.offset - segment.address)

    def read(self, address: int, size: int) -> bytes:
        return self._gdb.read(address, size)

    def gather(self, starts: Sequence[int], ends: Sequence[int]) -> bytes | None:
        """None when a place is not in the file whole, or in two segments."""
        if not starts:
            return None
        place = bisect_right(self._starts, min(starts)) - 1
        if max(ends) <= self._ends[place]:
            places: Iterable[int] = repeat(place, len(starts))
        else:
            after = map(bisect_right, repeat(self._starts), starts)
            places = list(map(sub, after, repeat(1)))
            if any(map(gt, ends, map(self._ends.__getitem__, places))):
                return None
        shifts = list(map(self._shifts.__getitem__, places))
        data = _read(os.getpid(), list(map(add, starts, shifts)), list(map(add, ends, shifts)))
        self._asked += 1
        if self._asked % _KEPT == 0:  # pages of the file count as ours while they are mapped
            self._map.madvise(mmap.MADV_DONTNEED)
        return _same(self._gdb, starts, ends, data)


def _same(
    gdb: Memory, starts: Sequence[int], ends: Sequence[int], data: bytes | None
) -> bytes | None:
    """`data`, if it begins as GDB has it: if GDB had other bytes there, GDB would be right."""
    if data is None:
        return None
    try:
        same = data.startswith(gdb.read(starts[0], min(ends[0] - starts[0], 64)))
    except Unreadable:
        return None
    return data if same else None


def _read(pid: int, starts: Sequence[int], ends: Sequence[int]) -> bytes | None:
    """The content of the places [`starts`[i], `ends`[i]) of a process, one after the other."""
    read = _process_vm_readv()
    if read is None or not starts:
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


def core_memory(gdb: Memory) -> CoreMemory | None:
    """The core file that GDB has read of, if it has only one open; None else."""
    try:
        file = _open_core()
        return CoreMemory(file, gdb) if file else None
    except (OSError, ValueError, ImportError, GogdbError):  # cut short, say
        return None


def _open_core() -> ElfFile | None:
    """The one core file that this process has open; None when there are others beside it."""
    found: dict[tuple[int, int], int] = {}
    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            told = os.fstat(fd)
            if stat.S_ISREG(told.st_mode) and is_core(os.pread(fd, 18, 0)):
                found[told.st_dev, told.st_ino] = fd
        except OSError:  # it was the listing's own, or is not to be read
            continue
    if len(found) != 1:
        return None
    path = f"/proc/self/fd/{found.popitem()[1]}"  # whatever its name leads to by now
    return ElfFile.open(path, core=True)
