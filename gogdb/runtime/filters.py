"""Which goroutines people want to see: by status, by why they wait, by where they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import itemgetter
from typing import Any

from gogdb.errors import GogdbError
from gogdb.runtime.model import G, Goroutines, Names, dead
from gogdb.runtime.shapes import Shape, Trace

__all__ = ["Filter", "Totals", "told"]

Totals = Counter[tuple[str, str]]  # (status, wait reason), "" where nothing is waited for

_KIND = itemgetter(*map(G._fields.index, ("atomicstatus", "reason", "unreadable")))


def told(g: G) -> tuple[str, str]:
    """Its status, and why it waits if it does."""
    return ("unreadable", "") if g.unreadable else g.names.told(g.atomicstatus, g.reason)


@dataclass(frozen=True)
class Filter:
    """What is asked of a goroutine, "" for nothing; each is a part of what the runtime says."""

    status: str = ""
    reason: str = ""
    where: str = ""  # of a function's name or a file's path, anywhere on the stack
    dead: bool = False  # whether to keep the dead without being asked for their status
    _kept: dict[tuple[Any, ...], bool] = field(default_factory=dict, compare=False, repr=False)
    _shapes: dict[Shape, bool] = field(default_factory=dict, compare=False, repr=False)

    def check(self, names: Names) -> None:
        """Raises `GogdbError` for a status or a reason that no goroutine can have."""
        for asked, known, what in (
            (self.status, names.statuses, "status"),
            (self.reason, names.wait_reasons, "wait reason"),
        ):
            if asked and known and not any(asked in name for name in known):
                there_are = ", ".join(filter(None, known))
                raise GogdbError(f"no {what} contains {asked!r}", f"there are: {there_are}")

    def of(self, gs: Sequence[G]) -> Sequence[G]:
        """Those of the right status and reason; the unreadable only when nothing is asked."""
        kinds = list(map(_KIND, gs))
        for kind in set(kinds) - self._kept.keys():
            status, reason, unreadable = kind
            wanted = self._everything if unreadable else self._wants(status, reason, gs[0].names)
            self._kept[kind] = wanted
        return list(compress(gs, map(self._kept.__getitem__, kinds)))

    def totals(self, gs: Goroutines, names: Names) -> Totals:
        """How many goroutines `of` would give, without reading more of them than that takes."""
        found: Totals = Counter()
        for key, count in gs.counts().items():
            if key is None:
                found["unreadable", ""] += count * self._everything
            elif self._wants(*key, names):
                found[names.told(*key)] += count
        return +found

    @property
    def _everything(self) -> bool:
        return not (self.status or self.reason or self.where)

    def _wants(self, status: int, reason: int, names: Names) -> bool:
        if dead(status) and not (self.status or self.dead):
            return False
        said, why = names.told(status, reason)
        return self.status in said and self.reason in why

    def traced(self, traces: Sequence[Trace]) -> Sequence[Trace]:
        """Those that are in the right place."""
        if not self.where:
            return traces
        return [trace for trace in traces if self._there(trace.shape)]

    def _there(self, shape: Shape) -> bool:
        found = self._shapes.get(shape)
        if found is None:
            found = any(self.where in f.function or self.where in f.file for f in shape.frames)
            self._shapes[shape] = found
        return found
