"""Where a printed value is inside another one, so that cycles end and the whole stays bounded.

GDB asks for a child, prints it, and asks for the next: a value that it prints meanwhile lies in the
memory of that child. So the levels around a value are those of the child shown last whose memory
contains it; GDB itself does not tell them.
"""

from __future__ import annotations

from typing import NamedTuple

import gdb

from gogdb.gdbhost.printers.memory import limit

__all__ = ["Level", "Nesting", "levels", "restore"]

_MAX_DEPTH = 50  # also where `set print max-depth` has no limit

Referent = tuple[int, str]  # the address of what a value leads to, and its type or length


class _Budget:
    """How many more values may be shown inside the outermost one."""

    def __init__(self) -> None:
        self.left = min(max(limit() ** 2, 1000), 100_000)


class Level(NamedTuple):
    referent: Referent
    low: int
    high: int
    budget: _Budget


_levels: tuple[Level, ...] = ()  # of the child shown last


def levels() -> tuple[Level, ...]:
    """Return the levels of the child shown last, to `restore` them when what is in it is done."""
    return _levels


def restore(levels: tuple[Level, ...]) -> None:
    """Make `levels` those of the child shown last."""
    global _levels
    _levels = levels


class Nesting:
    """The levels around one value, which leads to `referent`."""

    def __init__(self, value: gdb.Value, referent: Referent) -> None:
        address = None if value.address is None else int(value.address)
        levels = _levels
        while levels and not (address is not None and levels[-1].low <= address < levels[-1].high):
            levels = levels[:-1]
        self._levels = levels
        self._referent = referent
        self._budget = levels[0].budget if levels else _Budget()

    @property
    def why_not_deeper(self) -> str:
        """Why what the value leads to must not be shown, "" if it can be."""
        if any(level.referent == self._referent for level in self._levels):
            return f"<a cycle, back to {self._referent[0]:#x}>"
        return "{...}" if len(self._levels) >= _MAX_DEPTH or self._budget.left <= 0 else ""

    def show(self, address: int, size: int) -> bool:
        """Note that the child at `address` is shown next. False if too much has been shown."""
        global _levels
        self._budget.left -= 1
        here = Level(self._referent, address, address + max(size, 1), self._budget)
        _levels = (*self._levels, here)
        return self._budget.left >= 0
