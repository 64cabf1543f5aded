"""Caches that are bounded in size: when they are full, all of their entries are dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

__all__ = ["Bounded", "Memo"]

K = TypeVar("K")
V = TypeVar("V")


class Bounded(dict[K, V]):
    """A dict of at most `limit` entries; `cache[key] = value` drops the others if it is full."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def __setitem__(self, key: K, value: V) -> None:
        if len(self) >= self._limit and key not in self:
            self.clear()
        super().__setitem__(key, value)


class Memo(Bounded[K, V]):
    """A function whose results are kept: `memo[x]`."""

    def __init__(self, function: Callable[[K], V], limit: int) -> None:
        super().__init__(limit)
        self._function = function

    def __missing__(self, key: K) -> V:
        value = self[key] = self._function(key)
        return value
