"""Goroutines grouped by their stacks: those in the same calls, at the same lines, are one group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from gogdb.runtime.filters import Totals, kinds_of
from gogdb.runtime.model import G
from gogdb.runtime.trace_cache import Shape, TraceBatch
from gogdb.runtime.unwind import Frame

__all__ = ["Group", "Groups"]


@dataclass
class Group:
    """Goroutines whose stacks have the same functions, files and lines; addresses may differ.

    `frames` are those of `first`, `ended` says why unwinding stopped there, and `goids` are in
    the order of allgs.
    """

    frames: Sequence[Frame]
    ended: str | None
    first: G
    goids: list[int] = field(default_factory=list)
    kinds: Totals = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.goids)


class Groups:
    """All groups, filled batch by batch."""

    def __init__(self) -> None:
        self._by_calls: dict[object, Group] = {}
        self._by_shape: dict[Shape, Group] = {}

    def add(self, batch: TraceBatch) -> None:
        """Put each goroutine into its group."""
        gs = batch.gs
        rows = zip(batch.shapes, gs.column("goid"), kinds_of(gs), strict=True)
        for index, (shape, goid, kind) in enumerate(rows):
            group = self._by_shape.get(shape)
            if group is None:
                calls = tuple((f.function, f.file, f.line) for f in shape.frames)
                new = Group(shape.frames, shape.ended, gs[index])
                group = self._by_calls.setdefault((calls, shape.ended), new)
                self._by_shape[shape] = group
            group.goids.append(goid)
            group.kinds[kind] += 1

    def largest_first(self) -> list[Group]:
        """Return the groups, the largest first."""
        return sorted(self._by_calls.values(), key=len, reverse=True)
