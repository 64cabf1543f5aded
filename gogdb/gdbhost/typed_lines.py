"""The lines that were typed at GDB's prompt: Enter alone, which repeats a line, is not one."""

from __future__ import annotations

import gdb

__all__ = ["count", "last"]


def count() -> int:
    """Return the number of the last line in GDB's command history, 0 if it is empty."""
    number, _ = _last()
    return number


def last() -> str:
    """Return the last line in GDB's command history, "" if it is empty."""
    _, line = _last()
    return line


def _last() -> tuple[int, str]:
    lines = gdb.execute("show commands", to_string=True).splitlines()
    number, _, line = lines[-1].strip().partition(" ") if lines else ("0", "", "")
    return int(number), line.strip()
