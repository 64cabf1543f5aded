"""Memory for pretty printers, which GDB calls at any time, also before the program runs."""

from __future__ import annotations

import gdb

from gogdb.errors import Unreadable
from gogdb.gdbhost import core_file, process, remote_memory
from gogdb.inferior.memory import WORD_MASK

__all__ = ["MEMORY", "limit"]

_MAX_READ = 1 << 24  # bytes
_UNLIMITED = 100_000  # elements, where `print elements` has no limit


class _ValueMemory:
    """The memory of the selected inferior, or of its file. Raises `Unreadable`, nothing else."""

    def read(self, address: int, size: int) -> bytes:
        if not (0 <= address <= address + size <= WORD_MASK and size <= _MAX_READ):
            raise Unreadable(address & WORD_MASK, size)
        if size == 0:
            return b""
        core = core_file.current()
        if core and core.lacks(address, size):
            raise Unreadable(address, size)
        try:
            if remote_memory.READS_VALUES and process.is_remote():
                return remote_memory.read(address, size)
            return bytes(gdb.selected_inferior().read_memory(address, size))
        except (gdb.error, OverflowError, MemoryError):
            raise Unreadable(address, size) from None


MEMORY = _ValueMemory()


def limit() -> int:
    """Return how many elements or bytes `set print elements` lets a printer show."""
    elements = gdb.parameter("print elements")  # None is no limit
    return min(int(elements), _UNLIMITED) if elements else _UNLIMITED
