"""A debugger's breakpoint: records only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["BreakPlace", "Breakpoint"]


class BreakPlace(NamedTuple):
    """An address of a breakpoint; function and file are "", line is 0, where they are unknown."""

    address: int
    function: str
    file: str
    line: int


class Breakpoint(NamedTuple):
    """A breakpoint as the debugger has it; a pending one has no places yet."""

    number: int
    location: str
    temporary: bool
    pending: bool
    condition: str
    places: Sequence[BreakPlace]
