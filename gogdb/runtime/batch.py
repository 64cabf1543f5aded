"""Some goroutines at a time, in columns: a million goroutines are worked on field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import compress, product
from typing import Any, overload

from gogdb.runtime.model import G

__all__ = ["Batch"]


class Batch(Sequence[G]):
    """A sequence of Gs. A column, and each G, is decoded when it is first asked for."""

    def __init__(
        self, count: int, column: Callable[[str], Sequence[Any]], g: Callable[[int], G]
    ) -> None:
        self._count = count
        self._decode_column = column
        self._decode_g = g
        self._columns: dict[str, Sequence[Any]] = {}

    @classmethod
    def from_gs(cls, gs: Sequence[G]) -> Batch:
        """Return a batch of Gs that are decoded already."""
        return cls(len(gs), lambda field: [getattr(g, field) for g in gs], gs.__getitem__)

    def column(self, field: str) -> Sequence[Any]:
        """Return this field of each `G`."""
        values = self._columns.get(field)
        if values is None:
            values = self._columns[field] = self._decode_column(field)
        return values

    def rows(self, *fields: str) -> Iterator[tuple[Any, ...]]:
        """Return these fields of each `G`."""
        return zip(*map(self.column, fields), strict=True)

    def distinct(self, *fields: str) -> set[tuple[Any, ...]]:
        """Return the different combinations of these fields."""
        if not self._count:
            return set()
        columns = list(map(self.column, fields))
        uniform = [column.count(column[0]) == self._count for column in columns]
        if uniform.count(False) > 1:
            return set(zip(*columns, strict=True))
        # Quicker, and most columns have one value in most batches
        pairs = zip(columns, uniform, strict=True)
        return set(product(*(column[:1] if same else set(column) for column, same in pairs)))

    def select(self, flags: Sequence[object]) -> Batch:
        """Return the Gs whose flag is true."""
        if all(flags):
            return self
        kept = list(compress(range(len(self)), flags))
        return Batch(
            len(kept),
            lambda field: list(compress(self.column(field), flags)),
            lambda index: self[kept[index]],
        )

    def first(self, count: int) -> Batch:
        """Return the first `count` Gs, or all if there are fewer."""
        if count >= len(self):
            return self
        return Batch(count, lambda field: self.column(field)[:count], self.__getitem__)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> G: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[G]: ...
    def __getitem__(self, index: int | slice) -> G | Sequence[G]:
        if isinstance(index, slice):
            return [self._decode_g(i) for i in range(*index.indices(self._count))]
        return self._decode_g(range(self._count)[index])
