"""The program that a process runs, which execve(2) replaces by another one."""

from __future__ import annotations

import gdb

__all__ = ["Image"]


class Image:
    """The program that the selected inferior runs now."""

    def __init__(self) -> None:
        space = gdb.current_progspace()
        files = space.objfiles() if space else ()
        self._file = files[0] if files else None

    @property
    def is_replaced(self) -> bool:
        """Whether the process has executed another program, or the same one again, since."""
        # GDB reads the symbols anew for that, even if the file is the same.
        return self._file is not None and not self._file.is_valid()
