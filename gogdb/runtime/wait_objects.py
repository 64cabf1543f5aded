"""What goroutines wait for, as far as it is certain: a channel, a lock, a WaitGroup.

A blocked goroutine is on a queue by its sudog (runtime2.go), which names the channel, or the
semaphore of the lock. g.waiting leads to it, for semaphores since go1.26 only: before, the frame of
semacquire1 (sema.go) has its address. A sudog counts if it leads back to its goroutine. A select
waits for several channels: it counts as waiting for none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from gogdb.inferior.layout import Records, Struct
from gogdb.inferior.memory import gather
from gogdb.runtime.goversion import SUDOG_CHANNEL, SUDOG_ELEM
from gogdb.runtime.model import is_waiting
from gogdb.runtime.program import Program
from gogdb.runtime.trace_cache import Shape, TraceBatch
from gogdb.runtime.unwind import Frame

__all__ = ["WaitObject", "WaitObjects", "wait_object"]

_ACQUIRES = "runtime.semacquire1"
_SPILLED = 64  # bytes above its frame, where it may keep its arguments
_HIGHEST = 1 << 63  # no address of the program lies above

# By the method of package sync that waits: its type, and the bytes from such a struct to the
# semaphore or the notifyList (mutex.go, rwmutex.go, waitgroup.go, cond.go)
_SYNC = {
    "(*Mutex).Lock": ("sync.Mutex", 4),
    "(*Mutex).lockSlow": ("sync.Mutex", 4),
    "(*RWMutex).RLock": ("sync.RWMutex", 12),
    "(*RWMutex).Lock": ("sync.RWMutex", 8),
    "(*WaitGroup).Wait": ("sync.WaitGroup", 8),
    "(*Cond).Wait": ("sync.Cond", 16),
}


class WaitObject(NamedTuple):
    """What a goroutine waits for: a "chan", a "sync.Mutex", ..., or just a "semaphore"."""

    kind: str
    address: int


def wait_object(frames: Sequence[Frame], address: int) -> WaitObject:
    """Return the object of a goroutine with these frames, given what its sudog names."""
    for frame in frames:
        package, _, method = frame.function.partition(".")
        if package == "runtime" and method.startswith("chan"):
            return WaitObject("chan", address)
        if package in ("sync", "internal/sync") and method in _SYNC:
            kind, offset = _SYNC[method]
            return WaitObject(kind, address - offset)
    return WaitObject("semaphore", address)


class WaitObjects:
    """Finds what the goroutines of a program at one stop wait for."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._memory = program.target.bulk()
        self._slots: dict[Shape, Sequence[int]] = {}

    def addresses(self, traces: TraceBatch) -> Sequence[int]:
        """Return what the sudog of each goroutine names; 0 if it is not known, or there is none."""
        objects = [0] * len(traces)
        statuses = traces.gs.column("atomicstatus")
        blocked = set(filter(is_waiting, set(statuses)))
        waits = [status in blocked for status in statuses]
        candidates = [*_waiting(traces, waits), *self._queued(traces, waits)]
        if not candidates or self._paths is None:
            return objects
        layout, channel, elem = self._paths
        starts = [start for _, start in candidates]
        data, _ = gather(self._memory, starts, [start + layout.size for start in starts])
        records = Records(layout, layout.size, data)
        columns = map(records.column, ("g", "isSelect", channel, elem))
        gs = traces.gs.column("address")
        for (index, _), g, in_select, c, at in zip(candidates, *columns, strict=True):
            if g == gs[index] and not in_select:
                objects[index] = c or at or 0
        return objects

    @cached_property
    def _paths(self) -> tuple[Struct, str, str] | None:
        """The layout of runtime.sudog, and where in it the channel and the semaphore are."""
        layout = self._program.reader.find_layout("runtime.sudog")
        if layout is None or not layout.find("isSelect") or not layout.find("g"):
            return None
        channel, elem = (
            next((path for path in paths if layout.find(path)), "")
            for paths in (SUDOG_CHANNEL, SUDOG_ELEM)
        )
        return (layout, channel, elem) if channel and elem else None

    def _queued(self, traces: TraceBatch, waits: Sequence[bool]) -> Iterator[tuple[int, int]]:
        """Yield the index of each goroutine that is in semacquire1, and what may be its sudog."""
        columns = map(traces.gs.column, ("waiting", "address"))
        rows = zip(waits, *columns, traces.shapes, traces.sps, strict=True)
        slots = [
            (index, sp + slot)
            for index, (is_blocked, waiting, g, shape, sp) in enumerate(rows)
            if is_blocked and not waiting
            for slot in self._slots_of(shape, g, sp)
        ]
        words = self._words([slot for _, slot in slots])
        for (index, _), word in zip(slots, words, strict=True):
            if 0 < word < _HIGHEST:
                yield index, word

    def _slots_of(self, shape: Shape, g: int, sp: int) -> Sequence[int]:
        """Return where stacks of a shape may have the address of the sudog, in bytes from sp.

        One goroutine that has the shape is g, with that sp. Empty if it waits for no semaphore.
        """
        slots = self._slots.get(shape)
        if slots is None:
            frame = next((f for f in shape.frames if f.function == _ACQUIRES), None)
            slots = self._slots[shape] = list(self._find_slots(g, frame, sp)) if frame else ()
        return slots

    def _find_slots(self, g: int, frame: Frame, sp: int) -> Iterator[int]:
        """Yield the slots in a frame of semacquire1 that hold the address of the sudog of g.

        The frame's addresses are relative to `sp`. The semaphore that the sudog names must be in
        the frame too. A slot may hold the sudog by chance, so all of them are tried.
        """
        if self._paths is None:
            return
        layout, channel, elem = self._paths
        words = self._words(range(sp + frame.sp, sp + frame.cfa + _SPILLED, 8))
        for slot, word in zip(range(frame.sp, frame.cfa, 8), words, strict=False):
            if 0 < word < _HIGHEST:
                data, missing = gather(self._memory, [word], [word + layout.size])
                sudog = layout.view(data)
                if not missing and sudog["g"] == g and not sudog[channel] and sudog[elem] in words:
                    yield slot

    def _words(self, addresses: Sequence[int]) -> list[int]:
        """Return the words at these addresses, 0 for one that cannot be read."""
        data, _ = gather(self._memory, addresses, [address + 8 for address in addresses])
        return list(memoryview(data).cast("Q"))


def _waiting(traces: TraceBatch, waits: Sequence[bool]) -> list[tuple[int, int]]:
    """Return the index of each blocked goroutine that has a g.waiting, and that."""
    rows = enumerate(zip(waits, traces.gs.column("waiting"), strict=True))
    return [(i, sudog) for i, (blocked, sudog) in rows if blocked and sudog and sudog < _HIGHEST]
