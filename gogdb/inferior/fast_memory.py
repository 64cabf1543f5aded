"""Bulk reads from where the debugger itself reads: the live process, or the open core file.

They save the copies that the debugger makes. Both classes compare a part of each result with what
the debugger reads there, and return None for anything that they cannot read.
"""

from __future__ import annotations

import mmap
import os
import stat
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import repeat
from operator import add, gt, sub
from typing import Any

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.elf import ElfFile, is_core
from gogdb.inferior.memory import Memory

__all__ = ["CoreMemory", "ProcessMemory", "core_memory"]

_LONGEST_LIST = 1024  # ranges in one call: UIO_MAXIOV (linux/uio.h)
_MAP_NORESERVE = 0x4000  # asm-generic/mman.h; the module mmap has it since Python 3.12
_CALLS_UNTIL_RELEASE = 4  # reads of a core before its touched pages, about 40 MiB, are released
_COMPARED = 64  # bytes at the start of each result that are compared with the debugger's


class ProcessMemory:
    """Memory of a process on this machine; one system call reads many ranges.

    `debugger` is the memory that the debugger sees, which reads one range at a time.
    """

    def __init__(self, pid: int, debugger: Memory) -> None:
        self._pid = pid
        self._debugger = debugger

    def read(self, address: int, size: int) -> bytes:
        return self._debugger.read(address, size)

    def gather(self, starts: Sequence[int], ends: Sequence[int]) -> bytes | None:
        """Return the bytes of all ranges [`starts`[i], `ends`[i]), joined.

        Return None if the kernel does not read all of them (process_vm_readv(2)): the process may
        belong to another user, a range may be unreadable, or the call may be forbidden.
        """
        return _confirmed(self._debugger, starts, ends, _read(self._pid, starts, ends))


class CoreMemory:
    """Memory of a core file, which is mapped and then read with process_vm_readv(2) as well.

    If the file is truncated while it is mapped, reads return EFAULT instead of raising SIGBUS in
    the debugger.
    """

    def __init__(self, file: ElfFile, debugger: Memory) -> None:
        """Map `file`. Raises `OSError`, `ValueError` or `ImportError` if it cannot be mapped."""
        import ctypes

        self._debugger = debugger
        self._calls = 0
        # Writable because ctypes gives the address of nothing else; without reserving swap
        # because the file may be larger than memory.
        flags, access = mmap.MAP_PRIVATE | _MAP_NORESERVE, mmap.PROT_READ | mmap.PROT_WRITE
        self._map = mmap.mmap(file.fileno(), file.length, flags, access)
        begin = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
        # An empty first segment stands for addresses below all others.
        self._starts, self._ends, self._shifts = [0], [0], [0]
        for segment in file.loaded:
            self._starts.append(segment.address)
            self._ends.append(segment.address + segment.file_size)
            self._shifts.append(begin + segment.offset - segment.address)

    def read(self, address: int, size: int) -> bytes:
        return self._debugger.read(address, size)

    def gather(self, starts: Sequence[int], ends: Sequence[int]) -> bytes | None:
        """Return the bytes of all ranges [`starts`[i], `ends`[i]), joined.

        Return None if a range is not in the file as a whole, or spans two segments.
        """
        if not starts:
            return None
        segment = bisect_right(self._starts, min(starts)) - 1
        if max(ends) <= self._ends[segment]:
            segments: Iterable[int] = repeat(segment, len(starts))
        else:
            after = map(bisect_right, repeat(self._starts), starts)
            segments = list(map(sub, after, repeat(1)))
            if any(map(gt, ends, map(self._ends.__getitem__, segments))):
                return None
        shifts = list(map(self._shifts.__getitem__, segments))
        data = _read(os.getpid(), list(map(add, starts, shifts)), list(map(add, ends, shifts)))
        self._calls += 1
        if self._calls % _CALLS_UNTIL_RELEASE == 0:  # mapped pages count as resident memory
            self._map.madvise(mmap.MADV_DONTNEED)
        return _confirmed(self._debugger, starts, ends, data)


def _confirmed(
    debugger: Memory, starts: Sequence[int], ends: Sequence[int], data: bytes | None
) -> bytes | None:
    """Return `data` if it begins with the bytes that the debugger has there, otherwise None."""
    if data is None:
        return None
    try:
        expected = debugger.read(starts[0], min(ends[0] - starts[0], _COMPARED))
    except Unreadable:
        return None
    return data if data.startswith(expected) else None


def _read(pid: int, starts: Sequence[int], ends: Sequence[int]) -> bytes | None:
    """Return the bytes of the ranges [`starts`[i], `ends`[i]) of a process, joined, or None."""
    read = _process_vm_readv()
    if read is None or not starts:
        return None
    parts = []
    for first in range(0, len(starts), _LONGEST_LIST):
        addresses = starts[first : first + _LONGEST_LIST]
        sizes = list(map(sub, ends[first : first + _LONGEST_LIST], addresses))
        data = read(pid, addresses, sizes)
        if data is None:
            return None
        parts.append(data)
    return b"".join(parts)


@cache
def _process_vm_readv() -> Callable[[int, Sequence[int], Sequence[int]], bytes | None] | None:
    """Return the system call as a function of a pid, addresses, and a size for each.

    None if Python has no ctypes or libc does not have the call.
    """
    try:
        import ctypes

        call: Any = ctypes.CDLL(None).process_vm_readv
    except (ImportError, OSError, AttributeError):
        return None
    word = ctypes.c_ulong
    call.argtypes = (ctypes.c_int, ctypes.c_char_p, word, ctypes.c_char_p, word, word)
    call.restype = ctypes.c_ssize_t

    buffer = ctypes.create_string_buffer(1 << 16)  # kept: fresh pages cost more than the copy

    def read(pid: int, addresses: Sequence[int], sizes: Sequence[int]) -> bytes | None:
        nonlocal buffer
        size = sum(sizes)
        if size > len(buffer):
            buffer = ctypes.create_string_buffer(size)
        local = struct.pack("2Q", ctypes.addressof(buffer), size)
        ranges = [0] * (2 * len(sizes))  # address, size, address, size, ...
        ranges[::2], ranges[1::2] = addresses, sizes
        remote = struct.pack(f"{len(ranges)}Q", *ranges)
        count = call(pid, local, 1, remote, len(sizes), 0)
        return ctypes.string_at(buffer, size) if count == size else None

    return read


def core_memory(debugger: Memory) -> CoreMemory | None:
    """Return the core file that the debugger (this process) has open, None if that fails."""
    try:
        file = _open_core()
        return CoreMemory(file, debugger) if file else None
    except (OSError, ValueError, ImportError, GogdbError):  # for instance, a truncated file
        return None


def _open_core() -> ElfFile | None:
    """Return the core file that this process has open; None unless there is exactly one."""
    cores: dict[tuple[int, int], int] = {}
    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            status = os.fstat(fd)
            if stat.S_ISREG(status.st_mode) and is_core(os.pread(fd, 18, 0)):
                cores[status.st_dev, status.st_ino] = fd
        except OSError:  # the descriptor of the listing itself, or one that is not readable
            continue
    if len(cores) != 1:
        return None
    path = f"/proc/self/fd/{cores.popitem()[1]}"  # its name may belong to another file by now
    return ElfFile.open(path, core=True)
