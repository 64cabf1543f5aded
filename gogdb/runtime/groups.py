"""Goroutines by their stacks: those that stand in the same calls are one group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from gogdb.runtime.filters import Totals, kinds_of
from gogdb.runtime.model import G
from gogdb.runtime.trace_cache import Shape, TraceBatch
from gogdb.runtime.unwind import Frame

__all__ = ["Group", "group"]


@dataclass
class Group:
    """Goroutines whose stacks have the same functions and lines, however they came to lie."""

    frames: Sequence[Frame]  # of the first of them
    ended: str | None
    first: G
    goids: list[int] = field(default_factory=list)  # in the order of allgs
    kinds: Totals = field(default_factory=Counter)

    def __len__(self) -> int:
        return len(self.goids)


def group(batches: Iterable[TraceBatch], stop: Callable[[], None]) -> list[Group]:
    """The groups, the largest first; `stop` is called when Ctrl-C is the end of them."""
    found: dict[object, Group] = {}
    by_shape: dict[Shape, Group] = {}
    try:
        for batch in batches:
            _add(batch, found, by_shape)
    except KeyboardInterrupt:
        stop()
    return sorted(found.values(), key=len, reverse=True)


def _add(batch: TraceBatch, found: dict[object, Group], by_shape: dict[Shape, Group]) -> None:
    gs = batch.gs
    rows = zip(batch.shapes, gs.column("goid"), kinds_of(gs), strict=True)
    for place, (shape, goid, kind) in enumerate(rows):
        its = by_shape.get(shape)
        if its is None:
            calls = tuple((f.function, f.file, f.line) for f in shape.frames)
            key = (calls, shape.ended)
            its = found.setdefault(key, Group(shape.frames, shape.ended, gs[place]))
            by_shape[shape] = its
        its.goids.append(goid)
        its.kinds[kind] += 1
