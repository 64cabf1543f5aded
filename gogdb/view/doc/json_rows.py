"""Rows of large JSON lists, as data: many rows share one form and differ in a few values.

A form is a JSON object with `Hole`s and `Offset`s in it. The values of many rows come in columns,
so that a renderer can encode each form once and fill in a million rows quickly.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from enum import Enum
from typing import NamedTuple

__all__ = ["Hole", "Offset", "RowBatch"]


class Hole(Enum):
    """A place in a form that each row fills with its own value, and the kind of the value."""

    NUMBER = "an int"
    NUMBER_OR_NULL = "an int; 0 stands for null"
    ADDRESS = "an int, written as a hex string"
    NAME = "a string in which JSON has nothing to escape"
    VALUE = "any value that JSON has; mostly None"


class Offset:
    """A place in a form for an address, in bytes above the row's base; JSON has a hex string."""

    def __init__(self, bytes: int) -> None:
        self.bytes = bytes


class RowBatch(NamedTuple):
    """Some rows in columns, all of one length.

    `keys` has a column for each part of the key that a row's form belongs to. `holes` has a column
    of values for each hole of a form, in the form's order, with the hole's kind. `bases` are the
    addresses that `Offset`s are added to.
    """

    keys: Sequence[Sequence[Hashable]]
    holes: Sequence[tuple[Hole, Sequence[object]]]
    bases: Sequence[int] | None = None
