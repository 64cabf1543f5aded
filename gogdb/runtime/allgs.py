"""runtime.allgs: every goroutine that ever was, dead ones included, read in bulk.

There may be a million of them. They are read a batch at a time, whenever they are gone
through, and not kept; what asks for a few fields of all of them reads only those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, overload

from gogdb.runtime.model import G, Goroutines, Names
from gogdb.target.bulk import pieces
from gogdb.target.layout import Reader, Struct
from gogdb.target.protocol import Memory

__all__ = ["AllGs", "GReader"]

# The first few for a short answer; what is held at a time should fit the CPU's caches.
_FIRST, _BATCH = 256, 512

# The fields of a G from stack_lo on
_FIELDS = (
    *("stack.lo", "stack.hi", "stackguard0", "stackguard1", "m"),
    *("sched.sp", "sched.pc", "sched.g", "sched.ctxt", "sched.ret", "sched.lr", "sched.bp"),
    *("syscallsp", "syscallpc", "syscallbp", "atomicstatus", "goid", "schedlink"),
    *("waitsince", "waitreason", "lockedm", "parentGoid", "gopc", "startpc"),
)
_OPTIONAL = {"sched.ret", "syscallbp", "parentGoid"}


class GReader:
    """Makes a `G` of bytes."""

    def __init__(self, layout: Struct, names: Names) -> None:
        """Raises `GogdbError` when this release has no such g."""
        self.layout = layout
        self.names = names
        for path in _FIELDS:
            if path not in _OPTIONAL:
                layout.offset(path)
        reader = Reader(layout, [(path,) for path in _FIELDS])
        self.size = reader.size  # bytes from the g's address on
        self._read = reader.quick

    def g(self, address: int, called: str, data: bytes) -> G:
        """The g at `address`, whose bytes are `data`; `called` is a system stack's name."""
        return self.many([address], data, address, called)[0]

    def many(self, addresses: Iterable[int], data: bytes, low: int, called: str = "") -> list[G]:
        """The gs at `addresses`, from `data`, which was read at `low`."""
        # As G._make does, but for the check of the length: there may be a million of them
        new, read, names = tuple.__new__, self._read, self.names
        return [
            new(G, (address, called, names, "") + read(data, address - low))  # noqa: RUF005
            for address in addresses
        ]

    def lost(self, address: int, called: str = "") -> G:
        """A g whose memory cannot be read."""
        why = f"cannot read {self.size} bytes at {address:#x}"
        nothing = [None if path in _OPTIONAL else 0 for path in _FIELDS]
        return G(address, called, self.names, why, *nothing)  # type: ignore[arg-type]


class AllGs(Goroutines):
    """The gs at `addresses`, in that order."""

    def __init__(self, memory: Memory, reader: GReader, addresses: Sequence[int]) -> None:
        super().__init__(())
        self._memory = memory
        self._reader = reader
        self.addresses = addresses

    def __len__(self) -> int:
        return len(self.addresses)

    def __iter__(self) -> Iterator[G]:
        return chain.from_iterable(self.batches())

    def batches(self) -> Iterator[list[G]]:
        """All of them, a list at a time; the first is a short one, for a short answer."""
        for addresses in self._batches():
            yield self._read(addresses)

    def _batches(self) -> Iterator[list[int]]:
        start, size = 0, _FIRST
        while start < len(self.addresses):
            yield list(self.addresses[start : start + size])
            start, size = start + size, _BATCH

    @overload
    def __getitem__(self, index: int) -> G: ...
    @overload
    def __getitem__(self, index: slice) -> list[G]: ...
    def __getitem__(self, index: int | slice) -> G | list[G]:
        if isinstance(index, slice):
            return self._read(self.addresses[index])
        return self._read([self.addresses[index]])[0]

    def _read(self, addresses: Sequence[int]) -> list[G]:
        gs: list[Any] = [None] * len(addresses)
        missing = len(gs)
        ends = [address + self._reader.size for address in addresses]
        for data, low, inside in pieces(self._memory, addresses, ends):
            there = self._reader.many([addresses[index] for index in inside], data, low)
            for index, g in zip(inside, there, strict=True):
                gs[index] = g
            missing -= len(inside)
        if missing:
            gs = [g or self._reader.lost(at) for g, at in zip(gs, addresses, strict=True)]
        return gs

    def find(self, address: int) -> G | None:
        """The g at `address`, if it is one of them."""
        index = self._places.get(address)
        return None if index is None else self[index]

    @cached_property
    def _places(self) -> dict[int, int]:
        return {address: index for index, address in enumerate(self.addresses)}

    @cached_property
    def _by_place(self) -> list[int]:
        return sorted(self.addresses)

    def fields(self, *wanted: str) -> Iterator[tuple[Any, ...] | None]:
        """These fields of each g, None for one that cannot be read."""
        reader = Reader(self._reader.layout, [(path,) for path in wanted])
        for addresses in self._batches():
            found: list[tuple[Any, ...] | None] = [None] * len(addresses)
            ends = [address + reader.size for address in addresses]
            for data, low, inside in pieces(self._memory, addresses, ends):
                for index in inside:
                    found[index] = reader.read(data, addresses[index] - low)
            yield from found

    def numbered(self, goid: int) -> Iterator[G]:
        for index, fields in enumerate(self.fields("goid")):
            if fields and fields[0] == goid:
                yield self[index]

    def counts(self) -> Counter[tuple[int, int] | None]:
        """How many there are of each (atomicstatus, waitreason); None are the unreadable."""
        return Counter(self.fields("atomicstatus", "waitreason"))
