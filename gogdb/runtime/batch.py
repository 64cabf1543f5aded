"""Some goroutines at a time, field by field: what is done with a million is done with columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from typing import Any, overload

from gogdb.runtime.model import G

__all__ = ["Batch"]


class Batch(Sequence[G]):
    """Gs in their order. A column is made when it is first asked for, and so is a G."""

    def __init__(
        self, count: int, column: Callable[[str], Sequence[Any]], g: Callable[[int], G]
    ) -> None:
        self._count = count
        self._column = column
        self._g = g
        self._columns: dict[str, Sequence[Any]] = {}

    @classmethod
    def from_gs(cls, gs: Sequence[G]) -> Batch:
        return cls(len(gs), lambda field: [getattr(g, field) for g in gs], gs.__getitem__)

    def column(self, field: str) -> Sequence[Any]:
        """This field of each `G`."""
        found = self._columns.get(field)
        if found is None:
            found = self._columns[field] = self._column(field)
        return found

    def rows(self, *fields: str) -> Iterator[tuple[Any, ...]]:
        """These fields of each `G`."""
        return zip(*map(self.column, fields), strict=True)

    def select(self, wanted: Sequence[object]) -> Batch:
        """Those in whose place `wanted` is true."""
        if all(wanted):
            return self
        kept = list(compress(range(len(self)), wanted))
        return Batch(
            len(kept),
            lambda field: list(compress(self.column(field), wanted)),
            lambda index: self[kept[index]],
        )

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> G: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[G]: ...
    def __getitem__(self, index: int | slice) -> G | Sequence[G]:
        if isinstance(index, slice):
            return [self._g(one) for one in range(*index.indices(self._count))]
        return self._g(range(self._count)[index])
