"""Goroutines in the order of how many are like them, the fewest first.

In a server that is stuck, thousands of goroutines wait at one place for what a few others do: those
few must not be at the end of the list. Whether two goroutines are alike is decided without
unwinding them: by status and wait reason, where they started, and how far their stack has grown.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from operator import sub

from gogdb.runtime.batch import Batch
from gogdb.runtime.filters import Totals, kind_name
from gogdb.runtime.model import G, GConstants

__all__ = ["Census", "Likeness", "likenesses"]


Likeness = tuple[int, int, int, int, str]
"""startpc, the bytes of its stack in use, status, wait reason, and why it is unreadable."""


def likenesses(gs: Batch) -> Iterator[Likeness]:
    """Return the `Likeness` of each goroutine: those that are alike have an equal one."""
    depths = map(sub, gs.column("stack_hi"), gs.column("sched_sp"))
    kinds = map(gs.column, ("atomicstatus", "waitreason_code", "unreadable"))
    return zip(gs.column("startpc"), depths, *kinds, strict=True)


class Census:
    """Counts goroutines, and keeps at most `limit` of those that are alike."""

    def __init__(self, limit: int) -> None:
        self.counts: Counter[Likeness] = Counter()
        """How many goroutines there are of each `Likeness`."""
        self._limit = limit
        self._kept: defaultdict[Likeness, list[G]] = defaultdict(list)
        self._constants = GConstants((), ())

    def add(self, gs: Batch) -> None:
        """Count some goroutines, and keep them while there is room."""
        if not len(gs):
            return
        keys = list(likenesses(gs))
        self.counts.update(keys)
        self._constants = gs.column("constants")[0]
        if any(len(self._kept[key]) < self._limit for key in set(keys)):
            for index, key in enumerate(keys):
                if len(self._kept[key]) < self._limit:
                    self._kept[key].append(gs[index])

    @property
    def totals(self) -> Totals:
        """The number of goroutines by status and wait reason."""
        totals: Totals = Counter()
        for (_, _, status, reason, unreadable), count in self.counts.items():
            totals[kind_name(self._constants, status, reason, unreadable)] += count
        return totals

    def ranks(self) -> Mapping[Likeness, int]:
        """Return the place in the order of each `Likeness`: by counts, then as they were met."""
        ordered = sorted(self.counts, key=self.counts.__getitem__)
        return {key: rank for rank, key in enumerate(ordered)}

    def rarest(self, is_extra: Callable[[int], bool]) -> list[G]:
        """Return `limit` of the goroutines, the rarest first, then all that are kept of the extra.

        `is_extra` says of a startpc whether goroutines that began there are extra.
        """
        usual: list[G] = []
        extra: list[G] = []
        for key in self.ranks():
            (extra if is_extra(key[0]) else usual).extend(self._kept[key])
        return usual[: self._limit] + extra
