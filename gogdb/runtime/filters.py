"""Which goroutines people want to see: by status, by why they wait, by where they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gogdb.errors import GogdbError
from gogdb.runtime.batch import Batch
from gogdb.runtime.model import GConstants, is_dead
from gogdb.runtime.scheduler import Goroutines
from gogdb.runtime.trace_cache import Shape, TraceBatch

__all__ = ["Filter", "Totals", "kinds_of"]

Totals = Counter[tuple[str, str]]  # (status, wait reason), "" where nothing is waited for

_KIND = "atomicstatus", "waitreason_code", "unreadable"


def kinds_of(gs: Batch) -> Iterator[tuple[str, str]]:
    """The status of each, and why it waits if it does."""
    kinds = list(gs.rows(*_KIND))
    known = {
        kind: _told(constants, *kind)
        for kind, constants in zip(kinds, gs.column("constants"), strict=True)
    }
    return map(known.__getitem__, kinds)


def _told(constants: GConstants, status: int, reason: int, unreadable: str) -> tuple[str, str]:
    return ("unreadable", "") if unreadable else constants.status_and_reason(status, reason)


@dataclass(frozen=True)
class Filter:
    """What is asked of a goroutine, "" for nothing; each is a part of what the runtime says."""

    status: str = ""
    reason: str = ""
    where: str = ""  # of a function's name or a file's path, anywhere on the stack
    dead: bool = False  # whether to keep the dead without being asked for their status
    _kept: dict[tuple[Any, ...], bool] = field(default_factory=dict, compare=False, repr=False)
    _shapes: dict[Shape, bool] = field(default_factory=dict, compare=False, repr=False)

    def check(self, constants: GConstants) -> None:
        """Raises `GogdbError` for a status or a reason that no goroutine can have."""
        for asked, known, what in (
            (self.status, constants.statuses, "status"),
            (self.reason, constants.wait_reasons, "wait reason"),
        ):
            if asked and known and not any(asked in name for name in known):
                there_are = ", ".join(filter(None, known))
                raise GogdbError(f"no {what} contains {asked!r}", f"there are: {there_are}")

    def matching(self, gs: Batch) -> Batch:
        """Those of the right status and reason; the unreadable only when nothing is asked."""
        kinds = list(gs.rows(*_KIND))
        there_are = set(kinds)
        for kind in there_are - self._kept.keys():
            self._kept[kind] = self._wants(gs.column("constants")[0], *kind)
        if all(map(self._kept.__getitem__, there_are)):
            return gs
        return gs.select(list(map(self._kept.__getitem__, kinds)))

    def totals(self, gs: Goroutines) -> Totals:
        """Count the goroutines that `matching` keeps, by their kinds; no stack is unwound."""
        found: Totals = Counter()
        for batch in gs.batches():
            found.update(kinds_of(self.matching(batch)))
        return found

    def _wants(self, constants: GConstants, status: int, reason: int, unreadable: str) -> bool:
        if unreadable:
            return not (self.status or self.reason or self.where)
        if is_dead(status) and not (self.status or self.dead):
            return False
        said, why = constants.status_and_reason(status, reason)
        return self.status in said and self.reason in why

    def matching_traces(self, traced: TraceBatch) -> TraceBatch:
        """Those that are in the right place."""
        if not self.where:
            return traced
        return traced.select([self._there(shape) for shape in traced.shapes])

    def _there(self, shape: Shape) -> bool:
        found = self._shapes.get(shape)
        if found is None:
            found = any(self.where in f.function or self.where in f.file for f in shape.frames)
            self._shapes[shape] = found
        return found
