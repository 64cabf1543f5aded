"""What large JSON answers are made of: rows that are JSON text already, and few texts made anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

__all__ = ["Memo", "Rows", "as_hex"]

K = TypeVar("K")
V = TypeVar("V")


class Rows(NamedTuple):
    """A list in JSON whose entries are JSON text already; they come some at a time."""

    batches: Iterable[Sequence[str]]
    stop: Callable[[], None] = lambda: None
    """Called when Ctrl-C is the end of the list."""


class Memo(dict[K, V]):
    """A function whose answers are kept: `memo[x]` is what `function(x)` gave when first asked."""

    def __init__(self, function: Callable[[K], V]) -> None:
        self._function = function

    def __missing__(self, key: K) -> V:
        value = self[key] = self._function(key)
        return value


def as_hex(value: int | None) -> str | None:
    """An address for JSON: a hex string, None for what could not be read."""
    return None if value is None else f"{value:#x}"
