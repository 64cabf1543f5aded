"""The scheduler at one stop: the collections of its Gs, Ms and Ps, and lookups in them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple, overload

from gogdb.runtime.batch import Batch
from gogdb.runtime.labels import LabelSets
from gogdb.runtime.model import Bubble, G, GConstants, M, P, Sched
from gogdb.runtime.problems import Problem
from gogdb.runtime.threads import Threads

__all__ = ["Goroutines", "Runtime"]


class Goroutines(Sequence[G]):
    """Goroutines in memory, with lookups; `AllGs` reads them when they are needed instead."""

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
        """Yield all goroutines, some at a time."""
        yield Batch.from_gs(self._gs)

    @cached_property
    def _by_address(self) -> Mapping[int, G]:
        return {g.address: g for g in self}

    @cached_property
    def _by_stack(self) -> tuple[list[int], list[int]]:
        """The low ends of all stacks, rising, and for each the index of its goroutine."""
        rows = chain.from_iterable(b.rows("stack_lo", "stack_hi") for b in self.batches())
        stacks = sorted((lo, index) for index, (lo, hi) in enumerate(rows) if hi)
        return [lo for lo, _ in stacks], [index for _, index in stacks]

    def on_stack(self, address: int) -> G | None:
        """Return the goroutine whose stack contains `address`."""
        starts, indices = self._by_stack
        nearest = bisect_right(starts, address) - 1
        # hi belongs to a stack unless the next stack begins there
        for index in reversed(indices[max(nearest - 1, 0) : nearest + 1]):
            if (g := self[index]).stack_contains(address):
                return g
        return None

    @cached_property
    def _sorted_addresses(self) -> list[int]:
        return sorted(g.address for g in self)

    def containing(self, address: int, size: int) -> G | None:
        """Return the goroutine whose g, of `size` bytes, contains `address`."""
        index = bisect_right(self._sorted_addresses, address) - 1
        if index < 0 or address >= self._sorted_addresses[index] + size:
            return None
        return self.find(self._sorted_addresses[index])

    def find(self, address: int) -> G | None:
        """Return the goroutine whose g is at `address`."""
        return self._by_address.get(address)

    @cached_property
    def _goids(self) -> list[int]:
        return list(chain.from_iterable(batch.column("goid") for batch in self.batches()))

    def with_goid(self, goid: int) -> Iterator[G]:
        """Yield the goroutines with this goid; a dead g keeps its goid until it is reused."""
        start = 0
        while True:
            try:
                start = self._goids.index(goid, start) + 1
            except ValueError:
                return
            yield self[start - 1]


class _Parts(NamedTuple):
    """What is known of the scheduler."""

    go_version: str
    gomaxprocs: int | None  # None: it cannot be read, as ncpu and allglen
    ncpu: int | None
    allglen: int | None
    sched: Sched
    ps: Sequence[P]
    ms: Sequence[M]
    gs: Goroutines  # allgs
    system_gs: Sequence[G]  # g0 and gsignal of every M, which are not on allgs
    g0: int  # &runtime.g0
    m0: int  # &runtime.m0
    threads: Threads
    notes: Sequence[str] = ()  # what could not be read, and why
    problems: Sequence[Problem] = ()  # those of the notes that make a part incomplete or doubtful
    constants: GConstants = GConstants((), ())
    function_names: Mapping[int, str] = MappingProxyType({})  # by startpc or gopc
    bubbles: Mapping[int, Bubble] = MappingProxyType({})  # by g.bubble
    labels: LabelSets = LabelSets()  # by g.labels
    first_m: M | None = None  # m0 from rt0_go on, until mcommoninit puts it on allm


class Runtime(_Parts):
    """The scheduler at one stop."""

    def lacks(self, part: str) -> bool:
        """Report whether a part is incomplete or doubtful; its names are those of `Problem`."""
        return any(problem.part == part for problem in self.problems)

    @cached_property
    def _by_address(self) -> dict[int, G | M | P]:
        """The system gs, Ms and Ps; not the goroutines, of which there may be a million."""
        structs: list[G | M | P] = [*self.system_gs, *self.ms, *self.ps]
        if self.first_m:
            structs.append(self.first_m)
        return {struct.address: struct for struct in structs}

    def g(self, address: int) -> G | None:
        """Return the g at `address`, of a system stack or of allgs."""
        struct = self._by_address.get(address)
        return struct if isinstance(struct, G) else None if struct else self.gs.find(address)

    def m(self, address: int) -> M | None:
        """Return the M at `address`."""
        struct = self._by_address.get(address)
        return struct if isinstance(struct, M) else None

    def p(self, address: int) -> P | None:
        """Return the P at `address`."""
        struct = self._by_address.get(address)
        return struct if isinstance(struct, P) else None

    def name(self, address: int) -> str:
        """Return the name of the g, m or p at `address`: "g0", "g1", "m0", "p3"; "" for nil.

        It is the address if nothing readable is there.
        """
        if not address:
            return ""
        struct = self._by_address.get(address) or self.gs.find(address)
        if isinstance(struct, G):
            return struct.label
        if isinstance(struct, M) and not struct.unreadable:
            return f"m{struct.id}"
        if isinstance(struct, P) and not struct.unreadable:
            return f"p{struct.id}"
        return f"{address:#x}"

    def stack_owner(self, address: int) -> G | None:
        """Return the g whose stack contains `address`, one that runs on an M if there are two.

        Goroutines come first: their bounds are exact, those of a g0 may be C's estimate.
        """
        running = (g for m in self.ms if (g := self.g(m.curg)))
        owners = (g for g in chain(running, self.system_gs) if g.stack_contains(address))
        return next(owners, None) or self.gs.on_stack(address)

    def detached(self) -> Runtime:
        """Return a copy with every goroutine read, which stays valid when the program runs."""
        gs = Goroutines(self.gs)
        self.labels.read([g.labels for g in gs])
        bubbles = {g.bubble: self.bubbles[g.bubble] for g in gs if g.bubble}
        return self._replace(gs=gs, bubbles=bubbles)
