"""Groups of goroutines, such as of those with equal stacks: in the same calls, at the same lines.

The order is for someone who looks for the cause of a program that is stuck. Goroutines that queue
for one lock or channel wait for something that others do: they are put beside each other, behind
all that do not queue, however many they are. Last come the runtime's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gogdb.runtime.batch import Batch
from gogdb.runtime.filters import Totals, kinds_of
from gogdb.runtime.goroutines import is_system_goroutine
from gogdb.runtime.model import G
from gogdb.runtime.trace_cache import Shape, TraceBatch
from gogdb.runtime.wait_objects import WaitObject, wait_object

__all__ = ["BY_STACK", "Group", "Grouping", "Groups", "Queue", "Value"]


class Value(NamedTuple):
    """What the goroutines of a group have in common; `unreadable` says why it is not known."""

    value: Hashable
    unreadable: str = ""


class Grouping(NamedTuple):
    """Goroutines are one group if they have an equal value.

    `value` returns it, given the frames of a goroutine and these `fields` of its `G`. Before,
    `read` gets some goroutines, to read together what it needs of them.
    """

    fields: Sequence[str]
    value: Callable[..., Value]
    read: Callable[[Batch], object] = bool


def _stack(shape: Shape) -> Value:
    return Value((tuple((f.function, f.file, f.line) for f in shape.frames), shape.ended))


BY_STACK = Grouping((), _stack)


@dataclass
class Group:
    """Goroutines with the same `value`: equal stacks have the same functions, files and lines.

    `shape` is that of `first`, and `goids` are in the order of allgs. `system`: whether they are
    the runtime's own goroutines or system stacks. `objects` counts the goroutines by what their
    sudogs name (`WaitObjects.addresses`), as far as it is known.
    """

    shape: Shape
    first: G
    system: bool
    value: Value
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
    """All groups, filled batch by batch; what makes a group is its `grouping`.

    `function_name` returns the name of the function at a startpc, `waited_for` what the sudog of
    each goroutine names.
    """

    def __init__(
        self,
        function_name: Callable[[int], str],
        waited_for: Callable[[TraceBatch], Sequence[int]],
        grouping: Grouping = BY_STACK,
    ) -> None:
        self._function_name = function_name
        self._waited_for = waited_for
        self._grouping = grouping
        self._by_value: dict[Hashable, Group] = {}
        self._by_key: dict[tuple[Any, ...], Group] = {}  # by frames, startpc, fields
        self._waiters: dict[int, Shape] = {}  # of one goroutine for each object

    def add(self, batch: TraceBatch) -> None:
        """Put each goroutine into its group."""
        gs = batch.gs
        self._grouping.read(gs)
        fields = map(gs.column, ("startpc", *self._grouping.fields))
        keys = zip(batch.shapes, *fields, strict=True)
        rows = zip(keys, gs.column("goid"), kinds_of(gs), self._waited_for(batch), strict=True)
        for index, (key, goid, kind, waited_for) in enumerate(rows):
            group = self._by_key.get(key)
            if group is None:
                group = self._new(key, gs, index)
            group.goids.append(goid)
            group.kinds[kind] += 1
            if waited_for in group.objects:
                group.objects[waited_for] += 1
            elif waited_for:
                group.objects[waited_for] = 1
                self._waiters.setdefault(waited_for, key[0])

    def _new(self, key: tuple[Any, ...], gs: Batch, index: int) -> Group:
        shape, startpc, *fields = key
        value = self._grouping.value(shape, *fields)
        name = self._function_name(startpc)
        system = bool(gs.column("system_name")[index]) or is_system_goroutine(name, shape.frames)
        of_all = value.value, bool(value.unreadable), system
        group = self._by_value.get(of_all)
        if group is None:
            group = self._by_value[of_all] = Group(shape, gs[index], system, value)
        self._by_key[key] = group
        return group

    def ordered(self) -> list[Group]:
        """Return the groups, with their queues.

        First those that run, can run or are in a system call, then those that wait for something
        of their own, the largest first. Then those that queue for the same as others, the longest
        queue first; those in one queue are beside each other. The runtime's own are last.
        """
        totals: Counter[int] = Counter()
        for group in self._by_value.values():
            totals.update(group.objects)
        for group in self._by_value.values():
            group.queues = [
                Queue(wait_object(self._waiters[address].frames, address), own, totals[address])
                for address, own in group.objects.most_common()
                if totals[address] > 1
            ]
        return sorted(self._by_value.values(), key=_place)


def _place(group: Group) -> tuple[int, ...]:
    """Return a key that sorts groups as `Groups.ordered` says."""
    if group.system:
        return 3, -len(group)
    if not group.queues:
        return int(all(reason for _, reason in group.kinds)), -len(group)
    longest = group.queues[0]
    return 2, -longest.total, longest.object.address, -len(group)
