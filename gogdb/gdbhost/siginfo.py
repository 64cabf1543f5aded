"""The siginfo_t of the signal at which the selected thread stands, as GDB keeps it ($_siginfo)."""

from __future__ import annotations

import struct

import gdb

from gogdb.gdbhost import process
from gogdb.inferior.siginfo import SIGINFO_SIZE

__all__ = ["siginfo"]

_UNION = 4  # ints at the beginning of its union, which hold an address or a process


def siginfo() -> bytes:
    """Return a siginfo_t with its header and the beginning of its union.

    b"" if GDB does not tell it, as for a thread that runs.
    """
    try:
        # A variable, and no expression, which depends on the user's language.
        value = gdb.convenience_variable("_siginfo")
        if value is None:
            return b""
        header = [int(value[name]) for name in ("si_signo", "si_errno", "si_code")]
        words = value["_sifields"]["_pad"]
        union = [int(words[index]) for index in range(_UNION)]
    except gdb.error as error:
        process.check(error)
        return b""
    return struct.pack(f"<3i4x{_UNION}i", *header, *union).ljust(SIGINFO_SIZE, b"\0")
