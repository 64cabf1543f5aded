"""A batch has the same goroutines by row and by column."""

from __future__ import annotations

import pytest

from gogdb.runtime.batch import Batch
from gogdb.runtime.model import G
from tests.support import factories

GS = [factories.g(n, stack_lo=0x1000 * n) for n in range(1, 6)]


def test_columns_and_rows() -> None:
    batch = Batch.from_gs(GS)
    assert len(batch) == 5
    assert list(batch) == GS
    for field in G._fields:
        assert list(batch.column(field)) == [getattr(g, field) for g in GS]
    assert list(batch.rows("goid", "stack_lo")) == [(g.goid, g.stack_lo) for g in GS]


def test_a_column_is_decoded_once() -> None:
    decoded: list[str] = []

    def column(field: str) -> list[int]:
        decoded.append(field)
        return [7]

    batch = Batch(1, column, GS.__getitem__)
    assert batch.column("m") is batch.column("m")
    assert decoded == ["m"]


def test_different_rows() -> None:
    gs = [factories.g(n, atomicstatus=4, waitreason_code=n % 3, m=n % 2) for n in range(6)]
    batch = Batch.from_gs(gs)
    assert batch.distinct("atomicstatus", "unreadable") == {(4, "")}
    assert batch.distinct("atomicstatus", "waitreason_code") == {(4, 0), (4, 1), (4, 2)}
    assert batch.distinct("m", "waitreason_code") == {(n % 2, n % 3) for n in range(6)}
    assert Batch.from_gs(gs[:2]).distinct("m", "waitreason_code") == {(0, 0), (1, 1)}
    assert Batch.from_gs([]).distinct("m") == set()


def test_selecting_rows() -> None:
    batch = Batch.from_gs(GS)
    assert batch.select([True] * 5) is batch
    some = batch.select([0, 1, 0, 0, 1])
    assert list(some) == [GS[1], GS[4]]
    assert list(some.column("goid")) == [2, 5]
    assert list(some.select([0, 1])) == [GS[4]]
    assert list(batch.select([0] * 5)) == []


def test_indexing_a_batch() -> None:
    batch = Batch.from_gs(GS)
    assert batch[-1] == GS[4]
    assert batch[1:3] == GS[1:3]
    with pytest.raises(IndexError):
        batch[5]


def test_first_rows() -> None:
    batch = Batch.from_gs(GS)
    assert batch.first(5) is batch.first(9) is batch
    assert list(batch.first(2)) == GS[:2]
    assert list(batch.first(2).column("goid")) == [1, 2]
    assert list(batch.first(0)) == []
