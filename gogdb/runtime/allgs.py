"""All goroutines (runtime.allgs), dead ones included, read in bulk.

There may be a million of them. Every iteration reads them anew, a batch at a time, and only the
fields that are used are decoded.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from itertools import repeat
from operator import add, sub
from typing import Any, overload

from gogdb.errors import Unreadable
from gogdb.inferior.layout import Reader, Records, Struct
from gogdb.inferior.memory import Memory, gather
from gogdb.runtime.batch import Batch
from gogdb.runtime.goversion import optional_fields
from gogdb.runtime.model import MAX_STACK, SCAN, G, GConstants
from gogdb.runtime.scheduler import Goroutines

__all__ = ["AllGs", "GReader"]

# Goroutines in the first batch, so that a short answer is quick, and in each later one: their
# memory should fit the CPU's caches.
_FIRST, _BATCH = 256, 1536

_MAX_STATUS = 15  # a g's status; the largest of any release is _Gdeadextra, 11 (runtime2.go)
_MAX_BAD = 4096  # entries in a row that are unreadable or not gs, until the rest are not tried

# The fields of a `G`, and where they are in a runtime.g
_PATHS = {
    "stack_lo": "stack.lo",
    "stack_hi": "stack.hi",
    "stackguard0": "stackguard0",
    "stackguard1": "stackguard1",
    "m": "m",
    "sched_sp": "sched.sp",
    "sched_pc": "sched.pc",
    "sched_g": "sched.g",
    "sched_ctxt": "sched.ctxt",
    "sched_ret": "sched.ret",
    "sched_lr": "sched.lr",
    "sched_bp": "sched.bp",
    "syscallsp": "syscallsp",
    "syscallpc": "syscallpc",
    "syscallbp": "syscallbp",
    "atomicstatus": "atomicstatus",
    "goid": "goid",
    "schedlink": "schedlink",
    "waitsince": "waitsince",
    "waitreason_code": "waitreason",
    "lockedm": "lockedm",
    "parent_goid": "parentGoid",
    "gopc": "gopc",
    "startpc": "startpc",
    "waiting": "waiting",
    "bubble": "bubble",
    "labels": "labels",
}
_OLDER_PATHS = {"bubble": "syncGroup"}
_OPTIONAL = {field for field, path in _PATHS.items() if path in optional_fields("runtime.g")}
_OPTIONAL.add("waiting")  # without it, only what goroutines wait for is not known


class GReader:
    """Decodes runtime.g."""

    def __init__(self, layout: Struct, constants: GConstants) -> None:
        """Raises `GogdbError` if runtime.g lacks a field that every supported release has."""
        self.layout = layout
        self.constants = constants
        self._paths = dict(_PATHS)
        for field, path in _OLDER_PATHS.items():
            if layout.find(path):
                self._paths[field] = path
        for field, path in self._paths.items():
            if field not in _OPTIONAL:
                layout.offset(path)  # raises if there is none
        self._reader = Reader(layout, list(self._paths.values()))
        self.size = self._reader.size + 7 & ~7  # bytes to read from the g's address on

    def g(self, address: int, system_name: str, data: bytes) -> G:
        """Return the g at `address`, whose memory is `data`; `system_name` as in `G`."""
        return G(address, system_name, self.constants, "", *self._reader.read(data))  # type: ignore[arg-type]

    def unreadable(self, address: int, system_name: str = "", why: str = "") -> G:
        """Return a g that says why it cannot be read, by default that its memory is unreadable."""
        nothing = [None if field in _OPTIONAL else 0 for field in _PATHS]
        why = why or str(Unreadable(address, self.size))
        return G(address, system_name, self.constants, why, *nothing)  # type: ignore[arg-type]

    def untried(self, addresses: Sequence[int]) -> Batch:
        """Return gs that say that their memory was not read."""
        why = f"not tried: no g is at any of the {_MAX_BAD} entries of allgs before it"
        like = self.unreadable(0, why=why)

        def column(field: str) -> Sequence[Any]:
            return addresses if field == "address" else [getattr(like, field)] * len(addresses)

        return Batch(len(addresses), column, lambda i: like._replace(address=addresses[i]))

    def batch(
        self,
        addresses: list[int],
        size: int,
        data: bytes,
        missing: Collection[int],
    ) -> Batch:
        """Return the gs at `addresses`; `data` has `size` bytes of each.

        `missing` are the indices of those that cannot be read.
        """
        records = Records(self.layout, size, data)
        bad = {index: self.unreadable(addresses[index]) for index in missing}

        def g(index: int) -> G:
            if index in bad:
                return bad[index]
            return self.g(addresses[index], "", data[index * size : (index + 1) * size])

        # A gobuf names its g from newproc1 on, so nearly always the two lists are equal.
        if (links := records.column("sched.g")) != addresses:
            for index, (link, address) in enumerate(zip(links, addresses, strict=True)):
                if link != address and index not in bad and (why := _why_no_g(g(index))):
                    bad[index] = self.unreadable(address, why=why)

        def column(field: str) -> Sequence[Any]:
            if field == "address":
                return addresses
            values: list[Any]
            if field in self._paths:
                values = records.column(self._paths[field])
            else:
                same = {"system_name": "", "constants": self.constants, "unreadable": ""}[field]
                values = [same] * len(addresses)
            for index, unreadable in bad.items():
                values[index] = getattr(unreadable, field)
            return values

        return Batch(len(addresses), column, g)


def _why_no_g(g: G) -> str:
    """Return why there is no g where a gobuf does not name its g; "" if there may be one.

    A g that has not been started yet has an empty gobuf, but a status and a stack (malg).
    """
    has_stack = 0 < g.stack_lo < g.stack_hi <= g.stack_lo + MAX_STACK
    if 0 < g.atomicstatus & ~SCAN <= _MAX_STATUS and (has_stack or g.stack_hi == 0 == g.stack_lo):
        return ""
    stack = f"stack {g.stack_lo:#x} to {g.stack_hi:#x}"
    return f"no g is there: sched.g is {g.sched_g:#x}, the status {g.atomicstatus}, the {stack}"


class AllGs(Goroutines):
    """The gs at `addresses`, which are distinct; each access reads memory."""

    def __init__(self, memory: Memory, reader: GReader, addresses: list[int]) -> None:
        super().__init__(())
        self._memory = memory
        self._reader = reader
        self.addresses = addresses

    def __len__(self) -> int:
        return len(self.addresses)

    def __iter__(self) -> Iterator[G]:
        for batch in self.batches():
            yield from batch

    def batches(self) -> Iterator[Batch]:
        """Yield all of them; the first batch is small.

        After `_MAX_BAD` in a row that are not gs, the rest are not tried: each attempt takes time.
        """
        start, count, bad = 0, _FIRST, 0
        while start < len(self.addresses):
            addresses = self.addresses[start : start + count]
            batch = self._read(addresses) if bad < _MAX_BAD else self._reader.untried(addresses)
            bad = bad + len(batch) if all(batch.column("unreadable")) else 0
            yield batch
            start, count = start + count, _BATCH

    @overload
    def __getitem__(self, index: int) -> G: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[G]: ...
    def __getitem__(self, index: int | slice) -> G | Sequence[G]:
        if isinstance(index, slice):
            return self._read(self.addresses[index])
        return self._read([self.addresses[index]])[0]

    def _read(self, addresses: list[int]) -> Batch:
        starts = addresses
        for size in dict.fromkeys((self._slot, self._reader.size)):
            data, missing = gather(self._memory, starts, list(map(add, starts, repeat(size))))
            if not missing:
                break
        return self._reader.batch(starts, size, data, missing)

    @cached_property
    def _slot(self) -> int:
        """The number of bytes to read of each g: up to the next g where they are adjacent.

        The heap allocates each g a slot of one size class (runtime/sizeclasses.go), a little
        larger than a g, and `gather` reads adjacent slots in one piece.
        """
        first = self.addresses[:_BATCH]
        distances = Counter(map(sub, first[1:], first))
        usual = max(distances, key=distances.__getitem__, default=0)
        least = self._reader.size
        return usual if least <= usual < 2 * least and usual % 8 == 0 else least

    def find(self, address: int) -> G | None:
        """Return the g at `address`, or None if there is none."""
        rising = self._sorted_addresses
        index = bisect_left(rising, address)
        listed = index < len(rising) and rising[index] == address
        return self._read([address])[0] if listed else None

    @cached_property
    def _sorted_addresses(self) -> list[int]:
        return sorted(self.addresses)
