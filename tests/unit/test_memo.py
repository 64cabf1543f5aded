"""Caches that drop their entries when they are full."""

from __future__ import annotations

from gogdb.memo import Bounded, Memo


def test_a_full_cache_keeps_the_latest_entry() -> None:
    cache: Bounded[str, int] = Bounded(2)
    cache["a"], cache["b"] = 1, 2
    cache["b"] = 3  # no new entry: there is room
    assert cache == {"a": 1, "b": 3}
    cache["c"] = 4
    assert cache == {"c": 4}


def test_a_function_is_called_once_for_each_argument_in_the_cache() -> None:
    called: list[int] = []

    def square(number: int) -> int:
        called.append(number)
        return number * number

    memo = Memo(square, 2)
    assert [memo[n] for n in (2, 2, 3, 3)] == [4, 4, 9, 9]
    assert called == [2, 3]
    assert (memo[4], memo[2]) == (16, 4)
    assert called == [2, 3, 4, 2]
