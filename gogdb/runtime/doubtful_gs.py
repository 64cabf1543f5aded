"""Goroutines that contradict themselves or each other, noticed while they are read for a listing.

No goid is used twice (newproc1 in runtime/proc.go), and a stack has at most 1 GiB (newstack in
stack.go). Where all is well, this costs one set of the goids that are listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

from gogdb.runtime.model import G
from gogdb.runtime.problems import Problem
from gogdb.runtime.scheduler import Goroutines

__all__ = ["DoubtfulGs"]

_NAMED = 8  # the most goroutines that a problem names


class DoubtfulGs:
    """What is wrong with the goroutines of one listing; `gs` are all on allgs."""

    def __init__(self, gs: Goroutines) -> None:
        self._gs = gs
        self._goids = {0}  # what cannot be read and system stacks have 0
        self._is_repeated = False
        self._repeated: list[str] = []
        self._bounds: dict[int, str] = {}  # by address of the g

    def add_goids(self, goids: Sequence[int]) -> None:
        """Note the goids of a batch that is listed."""
        before = len(self._goids)
        self._goids.update(goids)
        added = len(self._goids) - before
        if added < len(goids):
            self._is_repeated |= added + goids.count(0) < len(goids)

    def add_stack(self, g: G) -> None:
        """Note a g whose sp is not on its stack, or that has none, if its bounds are at fault."""
        if not g.unreadable and not g.is_system and g.stack_hi and not g.stack.lo_known:
            self._bounds[g.address] = f"{g.label} from {g.stack_lo:#x} to {g.stack_hi:#x}"

    def find_repeated(self) -> None:
        """Find out which goids are on allgs twice, if one was listed twice; reads all gs again."""
        if self._is_repeated:
            goids = chain.from_iterable(batch.column("goid") for batch in self._gs.batches())
            counts = Counter(goids)
            self._repeated = [f"g{goid}" for goid, n in counts.items() if n > 1 and goid]

    @property
    def problems(self) -> list[Problem]:
        """What was found so far."""
        whys = []
        if self._repeated:
            whys.append(f"several gs have the same goid: {_named(self._repeated)}")
        if self._bounds:
            whys.append(f"the bounds of a stack make no sense: {_named([*self._bounds.values()])}")
        return [Problem("gs", why) for why in whys]


def _named(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
