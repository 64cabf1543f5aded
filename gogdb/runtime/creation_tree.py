"""Goroutines under those that created them, as g.parentGoid says (newproc1 in proc.go, go1.21).

Thousands that a server created in one function, and that are in one place now, are one branch; so
are the goroutines that they have created, if these are alike too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

from gogdb.i18n import counted
from gogdb.runtime.filters import Totals, kinds_of
from gogdb.runtime.goroutines import is_system_goroutine
from gogdb.runtime.model import G
from gogdb.runtime.place import Place, place_of
from gogdb.runtime.problems import Problem
from gogdb.runtime.scheduler import Goroutines
from gogdb.runtime.trace_cache import TraceBatch

__all__ = ["Alike", "Branch", "CreationTree", "creators_of"]

_MOST_NAMED = 8  # goroutines in a problem


class Alike(NamedTuple):
    """What the goroutines of a branch have in common.

    Of a creator that has ended nothing may be left: then `status` is "", and `ran` is a function
    in which it has created another. Otherwise `start` is the function that a goroutine began in,
    `creator` the one that created it. `asked_for` is false of those that are in the tree only
    because they have created others.
    """

    status: str
    reason: str = ""
    place: Place | None = None
    start: str = ""
    creator: str = ""
    ran: str = ""
    asked_for: bool = False
    unreadable: str = ""


@dataclass(eq=False)
class Branch:
    """Goroutines that are alike and whose creators are on one branch; a goid may be 0."""

    alike: Alike
    goids: list[int] = field(default_factory=list)
    _created: dict[Alike, Branch] = field(default_factory=dict)

    @property
    def created(self) -> list[Branch]:
        """What these goroutines have created, the lowest goid first."""
        return sorted(self._created.values(), key=lambda branch: min(branch.goids))

    def extend(self, alike: Alike, goid: int) -> Branch:
        """Add a goroutine that one of these has created, and return its branch."""
        branch = self._created.get(alike)
        if branch is None:
            branch = self._created[alike] = Branch(alike)
        branch.goids.append(goid)
        return branch


class _Row(NamedTuple):
    goid: int
    parent: int
    alike: Alike


class CreationTree:
    """The tree, filled batch by batch. Without `with_system`, the runtime's own only count."""

    def __init__(self, function_names: Mapping[int, str], *, with_system: bool) -> None:
        self._function_names = function_names
        self._with_system = with_system
        self._rows: list[_Row] = []
        self._by_goid: dict[int, _Row] = {}
        self._alike: dict[tuple[Any, ...], Alike | None] = {}
        self._in_cycles: list[int] = []
        self.is_complete = True
        """Whether a creator that was not found has ended."""
        self.folded = 0
        """The number of goroutines of the runtime itself that were left out."""
        self.totals: Totals = Counter()
        """The number of goroutines asked for by status and wait reason."""

    @property
    def problems(self) -> list[Problem]:
        """What `roots` has found wrong."""
        if not self._in_cycles:
            return []
        count = len(self._in_cycles)
        names = ", ".join(f"g{goid}" for goid in self._in_cycles[:_MOST_NAMED])
        more = f" and {count - _MOST_NAMED} more" if count > _MOST_NAMED else ""
        why = f"the creators of {names}{more} lead back to {counted(count):it|themselves}"
        return [Problem("gs", why)]

    def add(self, traces: TraceBatch) -> None:
        """Add goroutines that are asked for."""
        self.totals.update(kinds_of(traces.gs))
        self._add(traces, asked_for=True)

    def add_creators(self, traces: TraceBatch) -> None:
        """Add goroutines, as far as they are not in the tree, for what they have created."""
        self._add(traces, asked_for=False)

    def _add(self, traces: TraceBatch, *, asked_for: bool) -> None:
        gs = traces.gs
        fields = map(gs.column, ("startpc", "gopc", "unreadable"))
        keys = zip(traces.shapes, kinds_of(gs), *fields, strict=True)
        rows = zip(keys, gs.column("goid"), gs.column("parent_goid"), strict=True)
        for key, goid, parent in rows:
            if not asked_for and goid in self._by_goid:
                continue
            try:
                alike = self._alike[asked_for, key]
            except KeyError:
                alike = self._alike[asked_for, key] = self._common(asked_for, *key)
            if alike is None:
                self.folded += 1
                continue
            row = _Row(goid, parent or 0, alike)
            self._rows.append(row)
            if goid:
                self._by_goid.setdefault(goid, row)

    def _common(self, asked_for: bool, *key: Any) -> Alike | None:
        """Return what such goroutines have in common, None if they are left out."""
        shape, (status, reason), startpc, gopc, unreadable = key
        start, creator = (self._function_names.get(pc, "") for pc in (startpc, gopc))
        if asked_for and not self._with_system and is_system_goroutine(start, shape.frames):
            return None
        place = place_of(shape)
        return Alike(status, reason, place, start, creator, "", asked_for, unreadable)

    @property
    def missing_creators(self) -> set[int]:
        """The goids of those that have created goroutines of the tree, and are not in it."""
        return {row.parent for row in self._rows} - self._by_goid.keys() - {0}

    def roots(self) -> list[Branch]:
        """Return the branches of goroutines without a known creator, the lowest goid first."""
        root = Branch(Alike(""))
        placed: dict[int, Branch] = {}
        for row in self._rows:
            has_own_goid = self._by_goid.get(row.goid) is row
            path, again = self._path(row if has_own_goid else self._by_goid.get(row.parent), placed)
            if again:
                last = path.pop()
                self._in_cycles.append(last.goid)
                placed[last.goid] = root.extend(last.alike, last.goid)
            for each in reversed(path):
                above = self._above(each, root, placed)
                placed[each.goid] = above.extend(each.alike, each.goid)
            if not has_own_goid:
                self._above(row, root, placed).extend(row.alike, row.goid)
        return root.created

    def _path(self, row: _Row | None, placed: Mapping[int, Branch]) -> tuple[list[_Row], bool]:
        """Return a goroutine, its creator and so on as far as they have no branch yet.

        True if the last one was created by one of them: their memory is damaged.
        """
        path: dict[int, _Row] = {}
        while row and row.goid not in placed and row.goid not in path:
            path[row.goid] = row
            row = self._by_goid.get(row.parent)
        return list(path.values()), row is not None and row.goid in path

    def _above(self, row: _Row, root: Branch, placed: dict[int, Branch]) -> Branch:
        """Return the branch that a goroutine grows from; one for a creator that is not found."""
        if not row.parent:
            return root
        if row.parent not in placed:
            placed[row.parent] = root.extend(Alike("", ran=row.alike.creator), row.parent)
        return placed[row.parent]


def creators_of(goids: Collection[int], gs: Goroutines) -> list[G]:
    """Return the goroutines with these goids, those that have created them, and so on.

    A g that is dead keeps its goid and its creator's until it is used for another goroutine.
    """
    known: dict[int, tuple[int, int]] = {}  # by goid: its creator's goid, its index in gs
    rows = chain.from_iterable(batch.rows("goid", "parent_goid") for batch in gs.batches())
    for index, (goid, parent) in enumerate(rows):
        if goid:
            known.setdefault(goid, (parent or 0, index))
    found: dict[int, int] = {}
    wanted = set(goids)
    while wanted:
        goid = wanted.pop()
        if goid in known and goid not in found:
            creator, found[goid] = known[goid]
            wanted.add(creator)
    return [gs[index] for index in sorted(found.values())]
