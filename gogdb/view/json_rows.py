"""Rows of large JSON lists, as data: many rows share one form, and differ in a few values.

A form is a JSON object with `Hole`s and `Offset`s in it. The values of many rows come in columns,
so that a renderer can encode each form once and fill in a million rows quickly.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from enum import Enum
from typing import NamedTuple, TypeVar

__all__ = ["Hole", "Memo", "Offset", "RowBatch", "as_hex"]

K = TypeVar("K")
V = TypeVar("V")


class Hole(Enum):
    """Where a form has a value of each row, and what kind of value."""

    NUMBER = "an int"
    NUMBER_OR_NULL = "an int; 0 stands for null"
    ADDRESS = "an int, written as a hex string"
    NAME = "a string in which JSON has nothing to escape"


class Offset(NamedTuple):
    """Where a form has an address: a hex string, so many bytes above the row's base."""

    bytes: int


class RowBatch(NamedTuple):
    """Some rows in columns, all of one length.

    `forms` are the keys of the rows' forms. `holes` are the values for the holes of a form, in the
    order in which it has them; each column with its kind. `bases` are what `Offset`s count from.
    """

    forms: Iterable[Hashable]
    holes: Sequence[tuple[Hole, Iterable[int | str]]]
    bases: Sequence[int] | None = None


class Memo(dict[K, V]):
    """A function that keeps its results: `memo[x]`. It forgets them when there are `limit`."""

    def __init__(self, function: Callable[[K], V], limit: int) -> None:
        super().__init__()
        self._function = function
        self._limit = limit

    def __missing__(self, key: K) -> V:
        if len(self) >= self._limit:
            self.clear()
        value = self[key] = self._function(key)
        return value


def as_hex(value: int | None) -> str | None:
    """Return an address as JSON has it: a hex string, None for what could not be read."""
    return None if value is None else f"{value:#x}"
