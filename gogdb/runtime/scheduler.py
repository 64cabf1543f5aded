"""The scheduler at one stop: the collections of its Gs, Ms and Ps, and lookups in them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import overload

from gogdb.runtime.batch import Batch
from gogdb.runtime.model import G, GConstants, M, P, Sched

__all__ = ["Goroutines", "Runtime"]


class Goroutines(Sequence[G]):
    """Goroutines, and what is asked of all of them; `AllGs` is quicker with very many."""

    def __init__(self, gs: Iterable[G]) -> None:
        self._gs = tuple(gs)

    def __len__(self) -> int:
        return len(self._gs)

    @overload
    def __getitem__(self, index: int) -> G: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[G]: ...
    def __getitem__(self, index: int | slice) -> G | Sequence[G]:
        return self._gs[index]

    def batches(self) -> Iterator[Batch]:
        """All of them, some at a time."""
        yield Batch.from_gs(self._gs)

    @cached_property
    def _by_address(self) -> Mapping[int, G]:
        return {g.address: g for g in self}

    @cached_property
    def _by_stack(self) -> tuple[list[int], list[int]]:
        """Where stacks begin, rising, and whose they are."""
        rows = chain.from_iterable(b.rows("stack_lo", "stack_hi") for b in self.batches())
        found = sorted((lo, place) for place, (lo, hi) in enumerate(rows) if hi)
        return [lo for lo, _ in found], [place for _, place in found]

    def on_stack(self, address: int) -> G | None:
        """The one whose stack `address` is on."""
        starts, places = self._by_stack
        index = bisect_right(starts, address) - 1
        # hi itself is on it, unless another stack begins there
        for place in reversed(places[max(index - 1, 0) : index + 1]):
            if (g := self[place]).stack_contains(address):
                return g
        return None

    @cached_property
    def _by_place(self) -> list[int]:
        return sorted(g.address for g in self)

    def containing(self, address: int, size: int) -> G | None:
        """The one of whose `size` bytes `address` is one."""
        index = bisect_right(self._by_place, address) - 1
        if index < 0 or address >= self._by_place[index] + size:
            return None
        return self.find(self._by_place[index])

    def find(self, address: int) -> G | None:
        """The one at `address`."""
        return self._by_address.get(address)

    def with_goid(self, goid: int) -> Iterator[G]:
        """Those of this number: a dead one keeps its own until it is used again."""
        start = 0
        for batch in self.batches():
            column = batch.column("goid")
            if goid in column:
                yield from (self[start + at] for at, its in enumerate(column) if its == goid)
            start += len(batch)


@dataclass(frozen=True)
class Runtime:
    """Everything that one stop tells about the scheduler."""

    go_version: str
    gomaxprocs: int
    ncpu: int
    allglen: int
    sched: Sched
    ps: Sequence[P]
    ms: Sequence[M]
    gs: Goroutines  # allgs, without the system stacks; read when they are asked for
    system_gs: Sequence[G]  # g0 and gsignal of every M
    g0: int  # &runtime.g0
    m0: int  # &runtime.m0
    notes: Sequence[str] = field(default=())  # what could not be read, and why
    constants: GConstants = field(default_factory=lambda: GConstants((), ()))
    function_names: Mapping[int, str] = field(default_factory=dict)  # names of startpc and gopc

    @cached_property
    def _things(self) -> dict[int, G | M | P]:
        few: list[G | M | P] = [*self.system_gs, *self.ms, *self.ps]
        return {thing.address: thing for thing in few}

    def g(self, address: int) -> G | None:
        found = self._things.get(address)
        return found if isinstance(found, G) else None if found else self.gs.find(address)

    def m(self, address: int) -> M | None:
        found = self._things.get(address)
        return found if isinstance(found, M) else None

    def p(self, address: int) -> P | None:
        found = self._things.get(address)
        return found if isinstance(found, P) else None

    def name(self, address: int) -> str:
        """What people call the g, m or p at `address`: "g0", "g1", "m0", "p3", "" for nil."""
        if not address:
            return ""
        thing = self._things.get(address) or self.gs.find(address)
        if isinstance(thing, G):
            return thing.label
        if isinstance(thing, M) and not thing.unreadable:
            return f"m{thing.id}"
        if isinstance(thing, P) and not thing.unreadable:
            return f"p{thing.id}"
        return f"{address:#x}"

    def stack_owner(self, address: int) -> G | None:
        """The g whose stack `address` lies on: rather one that is on a CPU."""
        at_work = (g for m in self.ms if (g := self.g(m.curg)))
        few = (g for g in chain(self.system_gs, at_work) if g.stack_contains(address))
        return next(few, None) or self.gs.on_stack(address)

    def detached(self) -> Runtime:
        """The same with every goroutine read: it stays true when the program goes on."""
        return replace(self, gs=Goroutines(self.gs))
