"""How many lines were typed at GDB's prompt: Enter alone, which repeats a line, is not one."""

from __future__ import annotations

import gdb

__all__ = ["count"]


def count() -> int:
    """Return the number of the last line in GDB's command history, 0 if it is empty."""
    lines = gdb.execute("show commands", to_string=True).splitlines()
    return int(lines[-1].split()[0]) if lines else 0
