"""Goroutines grouped by their stacks: those in the same calls, at the same lines, are one group.

The order is for someone who looks for the cause of a program that is stuck. Goroutines that queue
for one lock or channel wait for something that others do: they are put beside each other, behind
all that do not queue, however many they are. Last come the runtime's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gogdb.runtime.filters import Totals, kinds_of
from gogdb.runtime.goroutines import is_system_goroutine
from gogdb.runtime.model import G
from gogdb.runtime.trace_cache import Shape, TraceBatch
from gogdb.runtime.wait_objects import WaitObject, wait_object

__all__ = ["Group", "Groups", "Queue"]


@dataclass
class Group:
    """Goroutines whose stacks have the same functions, files and lines; addresses may differ.

    `shape` is that of `first`, and `goids` are in the order of allgs. `system`: whether they are
    the runtime's own goroutines or system stacks. `objects` counts the goroutines by what their
    sudogs name (`WaitObjects.addresses`), as far as it is known.
    """

    shape: Shape
    first: G
    system: bool
    goids: list[int] = field(default_factory=list)
    kinds: Totals = field(default_factory=Counter)
    objects: Counter[int] = field(default_factory=Counter)
    queues: Sequence[Queue] = ()

    def __len__(self) -> int:
        return len(self.goids)


@dataclass(frozen=True)
class Queue:
    """Something that at least two goroutines wait for: `own` of the group, `total` of all."""

    object: WaitObject
    own: int
    total: int


class Groups:
    """All groups, filled batch by batch.

    `function_name` returns the name of the function at a startpc, `waited_for` what the sudog of
    each goroutine names.
    """

    def __init__(
        self,
        function_name: Callable[[int], str],
        waited_for: Callable[[TraceBatch], Sequence[int]],
    ) -> None:
        self._function_name = function_name
        self._waited_for = waited_for
        self._by_calls: dict[object, Group] = {}
        self._by_start: dict[tuple[Shape, int], Group] = {}

    def add(self, batch: TraceBatch) -> None:
        """Put each goroutine into its group."""
        gs = batch.gs
        starts = zip(batch.shapes, gs.column("startpc"), strict=True)
        rows = zip(starts, gs.column("goid"), kinds_of(gs), self._waited_for(batch), strict=True)
        for index, (start, goid, kind, waited_for) in enumerate(rows):
            group = self._by_start.get(start)
            if group is None:
                group = self._new(start, gs[index])
            group.goids.append(goid)
            group.kinds[kind] += 1
            if waited_for:
                group.objects[waited_for] += 1

    def _new(self, start: tuple[Shape, int], g: G) -> Group:
        shape, startpc = start
        name = self._function_name(startpc)
        new = Group(shape, g, g.is_system or is_system_goroutine(name, shape.frames))
        calls = tuple((f.function, f.file, f.line) for f in shape.frames)
        key = calls, shape.ended, new.system
        group = self._by_start[start] = self._by_calls.setdefault(key, new)
        return group

    def ordered(self) -> list[Group]:
        """Return the groups, with their queues.

        First those that run, can run or are in a system call, then those that wait for something
        of their own, the largest first. Then those that queue for the same as others, the longest
        queue first; those in one queue are beside each other. The runtime's own are last.
        """
        totals: Counter[int] = Counter()
        for group in self._by_calls.values():
            totals.update(group.objects)
        for group in self._by_calls.values():
            group.queues = [
                Queue(wait_object(group.shape.frames, address), own, totals[address])
                for address, own in group.objects.most_common()
                if totals[address] > 1
            ]
        return sorted(self._by_calls.values(), key=_place)


def _place(group: Group) -> tuple[int, ...]:
    """Return a key that sorts groups as `Groups.ordered` says."""
    if group.system:
        return 3, -len(group)
    if not group.queues:
        return int(group.first.is_waiting), -len(group)
    longest = group.queues[0]
    return 2, -longest.total, longest.object.address, -len(group)
