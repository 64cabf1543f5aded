"""Memory behind a remote connection, read as values.

GDB's `Inferior.read_memory` puts the id of the selected thread back when it returns. If the
connection was lost meanwhile, that thread no longer exists, and GDB 16 to 18 abort at whatever they
do next: "thread.c: internal-error: inferior_thread: Assertion `current_thread_ != nullptr' failed"
(scoped_restore_current_inferior_for_memory in gdb/inferior.h). A value is read without that.
"""

from __future__ import annotations

import gdb

from gogdb.memo import Memo

__all__ = ["READS_VALUES", "read"]

READS_VALUES = hasattr(gdb.Value, "bytes")
"""Whether this GDB gives the bytes of a value; GDB 13, which does not, has no such fault."""

_PIECE = 1 << 14  # bytes; two packets of gdbserver, or one if they are binary


def read(address: int, size: int) -> bytes:
    """Return the `size` bytes at `address`. Raises `gdb.error`."""
    largest = int(gdb.parameter("max-value-size") or -1)  # negative: unlimited
    step = _PIECE if largest < 0 else min(largest, _PIECE)
    pieces = [(at, min(step, size - at)) for at in range(0, size, step)]
    return b"".join(_bytes(address + at, count) for at, count in pieces)


def _bytes(address: int, count: int) -> bytes:
    return gdb.Value(address).cast(_pointers[count]).dereference().bytes


def _pointer_to(count: int) -> gdb.Type:
    """Return the type of a pointer to `count` bytes. GDB never frees such a type."""
    byte = gdb.selected_inferior().architecture().integer_type(8, False)
    return byte.array(count - 1).pointer()


_pointers = Memo(_pointer_to, _PIECE)
