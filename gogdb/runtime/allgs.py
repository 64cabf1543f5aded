"""runtime.allgs: every goroutine that ever was, dead ones included, read in bulk.

There may be a million of them. They are read a batch at a time, whenever they are gone
through, and not kept; what asks for a few fields of all of them reads only those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, overload

from gogdb.runtime.model import G, Goroutines, Names
from gogdb.target.bulk import gather
from gogdb.target.layout import Reader, Struct
from gogdb.target.protocol import Memory

__all__ = ["AllGs", "GReader"]

_BATCH = 4096  # gs whose memory is held at a time

# The fields of a G from goid on, in its order
_FIELDS = (
    *(("goid",), ("atomicstatus",), ("stack.lo",), ("stack.hi",)),
    *(("stackguard0",), ("stackguard1",), ("m",), ("waitreason",), ("waitsince",)),
    *(("gopc",), ("startpc",), ("parentGoid",), ("lockedm",), ("schedlink",)),
    *(("syscallsp",), ("syscallpc",), ("syscallbp",)),
    *(("sched.sp",), ("sched.pc",), ("sched.g",), ("sched.ctxt",), ("sched.lr",), ("sched.bp",)),
    ("sched.ret",),
)
_OPTIONAL = {"waitsince", "parentGoid", "syscallbp", "sched.ret"}


class GReader:
    """Makes a `G` of bytes."""

    def __init__(self, layout: Struct, names: Names) -> None:
        """Raises `GogdbError` when this release has no such g."""
        self.layout = layout
        self.names = names
        for path in _FIELDS:
            if path[0] not in _OPTIONAL:
                layout.offset(*path)
        self._reader = Reader(layout, _FIELDS)
        self.size = self._reader.size  # bytes from the g's address on

    def g(self, address: int, called: str, data: bytes, at: int) -> G:
        # As G._make does, but for the check of the length
        values = (address, called, self.names, "") + self._reader.read(data, at)  # noqa: RUF005
        return tuple.__new__(G, values)

    def lost(self, address: int, called: str = "") -> G:
        """A g whose memory cannot be read."""
        why = f"cannot read {self.size} bytes at {address:#x}"
        nothing = [None if path[0] in _OPTIONAL else 0 for path in _FIELDS]
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
        for start in range(0, len(self.addresses), _BATCH):
            yield from self._read(self.addresses[start : start + _BATCH])

    @overload
    def __getitem__(self, index: int) -> G: ...
    @overload
    def __getitem__(self, index: slice) -> list[G]: ...
    def __getitem__(self, index: int | slice) -> G | list[G]:
        if isinstance(index, slice):
            return self._read(self.addresses[index])
        return self._read([self.addresses[index]])[0]

    def _read(self, addresses: Sequence[int]) -> list[G]:
        size, g, lost = self._reader.size, self._reader.g, self._reader.lost
        pieces = gather(self._memory, [(address, size) for address in addresses])
        return [
            g(address, "", *piece) if piece else lost(address)
            for address, piece in zip(addresses, pieces, strict=True)
        ]

    def find(self, address: int) -> G | None:
        """The g at `address`, if it is one of them."""
        index = self._places.get(address)
        return None if index is None else self[index]

    @cached_property
    def _places(self) -> dict[int, int]:
        return {address: index for index, address in enumerate(self.addresses)}

    def fields(self, *wanted: str) -> Iterator[tuple[Any, ...] | None]:
        """These fields of each g, None for one that cannot be read."""
        reader = Reader(self._reader.layout, [(path,) for path in wanted])
        for start in range(0, len(self.addresses), _BATCH):
            batch = self.addresses[start : start + _BATCH]
            pieces = gather(self._memory, [(address, reader.size) for address in batch])
            for piece in pieces:
                yield reader.read(*piece) if piece else None

    def numbered(self, goid: int) -> Iterator[G]:
        for index, fields in enumerate(self.fields("goid")):
            if fields and fields[0] == goid:
                yield self[index]

    def counts(self) -> Counter[tuple[int, int] | None]:
        """How many there are of each (atomicstatus, waitreason); None are the unreadable."""
        return Counter(self.fields("atomicstatus", "waitreason"))
