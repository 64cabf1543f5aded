"""Goroutines by their stacks: those that stand in the same calls are one group."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gogdb.runtime.filters import Totals, told
from gogdb.runtime.model import G
from gogdb.runtime.shapes import Shape, Trace
from gogdb.runtime.unwind import Frame

__all__ = ["Group", "group"]


@dataclass
class Group:
    """Goroutines whose stacks have the same functions and lines, however they came to lie."""

    frames: Sequence[Frame]  # of the first of them
    ended: str | None
    first: G
    goids: array[int] = field(default_factory=lambda: array("Q"))  # in the order of allgs
    kinds: Totals = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.goids)


def group(batches: Iterable[Sequence[Trace]]) -> list[Group]:
    """The groups, the largest first."""
    found: dict[object, Group] = {}
    by_shape: dict[Shape, Group] = {}
    for batch in batches:
        for trace in batch:
            shape = trace.shape
            its = by_shape.get(shape)
            if its is None:
                calls = tuple((f.function, f.file, f.line) for f in shape.frames)
                key = (calls, shape.ended)
                its = found.setdefault(key, Group(shape.frames, shape.ended, trace.g))
                by_shape[shape] = its
            its.goids.append(trace.g.goid)
            its.kinds[told(trace.g)] += 1
    return sorted(found.values(), key=len, reverse=True)
