"""Filters of goroutines: by status, wait reason, label, by a function or file on their stack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from gogdb.errors import GogdbError
from gogdb.runtime.batch import Batch
from gogdb.runtime.function_name import linker_name, spellings
from gogdb.runtime.labels import LabelSets
from gogdb.runtime.model import GConstants, LabelSet, is_dead
from gogdb.runtime.trace_cache import Shape, TraceBatch
from gogdb.runtime.unwind import Frame

__all__ = ["Filter", "Totals", "kind_name", "kinds_of"]

Totals = Counter[tuple[str, str]]  # by (status, wait reason); the reason is "" unless it waits

_KIND = "atomicstatus", "waitreason_code", "unreadable"


def kinds_of(gs: Batch) -> Iterator[tuple[str, str]]:
    """Return (status, wait reason) of each; the reason is "" for one that does not wait."""
    codes = list(gs.rows(*_KIND))
    different = dict(zip(codes, gs.column("constants"), strict=True))
    names = {code: kind_name(constants, *code) for code, constants in different.items()}
    return map(names.__getitem__, codes)


def kind_name(constants: GConstants, status: int, reason: int, unreadable: str) -> tuple[str, str]:
    """Return the names of a status and a wait reason, as `kinds_of` does."""
    return ("unreadable", "") if unreadable else constants.status_and_reason(status, reason)


class Filter:
    """What goroutines must match: parts of the runtime's own names, "" for anything.

    `where` is looked for in the function names, as the linker, the source or a traceback writes
    them, and in the file paths of the innermost `depth` frames. FILE:LINE is a line of the file
    whose path is FILE or ends with /FILE. `label` is the key of a profiler label, or KEY=VALUE.
    Dead goroutines match only with `dead`, or when a status is asked for; unreadable ones only
    when nothing is asked for.
    """

    def __init__(
        self,
        status: str = "",
        reason: str = "",
        where: str = "",
        depth: int | None = None,
        dead: bool = False,
        label: str = "",
    ) -> None:
        self.status = status
        self.reason = reason
        self.where = where
        self.depth = depth
        self.dead = dead
        self.label = label
        self.undecided = 0
        """The number of goroutines left out because their labels cannot be read."""
        self._kinds: dict[tuple[Any, ...], bool] = {}
        self._shapes: dict[Shape, bool] = {}

    @property
    def asks(self) -> bool:
        """Whether some goroutines are asked for, not all."""
        return bool(self.status or self.reason or self.where or self.label)

    def check(self, constants: GConstants) -> None:
        """Raise `GogdbError` for a status or a wait reason that no goroutine can have."""
        for part, names, what in (
            (self.status, constants.statuses, "status"),
            (self.reason, constants.wait_reasons, "wait reason"),
        ):
            if part and names and not any(part in name for name in names):
                there_are = ", ".join(filter(None, names))
                raise GogdbError(f"no {what} contains {part!r}", f"there are: {there_are}")

    def matching(self, gs: Batch) -> Batch:
        """Return those whose status and wait reason match."""
        different = gs.distinct(*_KIND)
        for code in different - self._kinds.keys():
            self._kinds[code] = self._matches_kind(gs.column("constants")[0], *code)
        if all(map(self._kinds.__getitem__, different)):
            return gs
        return gs.select(list(map(self._kinds.__getitem__, gs.rows(*_KIND))))

    def matching_labels(self, gs: Batch, label_sets: LabelSets) -> Batch:
        """Return those that have the label; `label_sets` are by g.labels."""
        if not self.label:
            return gs
        addresses = gs.column("labels")
        label_sets.read(addresses)
        found = {at: label_sets.get(at, LabelSet()) for at in set(addresses) if at}
        self.undecided += sum(bool(found[at].unreadable) for at in addresses if at)
        having = {at for at, labels in found.items() if labels.has(self.label)}
        return gs.select([at in having for at in addresses])

    def matching_traces(self, traces: TraceBatch) -> TraceBatch:
        """Return those whose frames match `where`."""
        if not self.where:
            return traces
        return traces.select([self._matches_frames(shape) for shape in traces.shapes])

    def _matches_kind(
        self, constants: GConstants, status: int, reason: int, unreadable: str
    ) -> bool:
        if unreadable:
            return not self.asks
        if is_dead(status) and not (self.status or self.dead):
            return False
        status_name, reason_name = constants.status_and_reason(status, reason)
        return self.status in status_name and self.reason in reason_name

    def _matches_frames(self, shape: Shape) -> bool:
        matches = self._shapes.get(shape)
        if matches is None:
            matches = any(map(self._matches_frame, shape.frames[: self.depth]))
            self._shapes[shape] = matches
        return matches

    def _matches_frame(self, frame: Frame) -> bool:
        file, _, line = self.where.rpartition(":")
        on_line = file and line == str(frame.line) and f"/{frame.file}".endswith(f"/{file}")
        return bool(on_line) or self.where in frame.file or self._names(frame.function)

    def _names(self, function: str) -> bool:
        """Report whether `where` is a part of the function's name, however it is written."""
        wanted = {self.where, linker_name(self.where)}
        return any(part in name for name in spellings(function) for part in wanted)
