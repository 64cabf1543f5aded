"""The frames of many goroutines: stacks that look alike are walked once.

A hundred thousand goroutines wait in a few ways only. A stack whose innermost pc, whose depth
and whose return addresses are those of one that was walked before has the same frames, at
other addresses: nothing else decides how a Go stack is walked.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, compress, pairwise
from operator import add, le, lt, sub
from typing import Any, NamedTuple

from gogdb.inferior.memory import gather
from gogdb.runtime import goroutines
from gogdb.runtime.batch import Batch
from gogdb.runtime.model import GDEAD, GDEADEXTRA, GSYSCALL, SCAN, G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame, Unwound

__all__ = ["BatchUnwinder", "Shape", "Trace", "TraceBatch"]

_WINDOW = 16384  # bytes of a stack that are read at first: nearly all that wait use less
_DEAD = {status | scan for status in (GDEAD, GDEADEXTRA) for scan in (0, SCAN)}
_SYSCALL = {GSYSCALL, GSYSCALL | SCAN}
_MOST = 64  # shapes that are tried for a stack; beyond that it is walked


@dataclass(frozen=True, eq=False)
class Shape:
    """Frames that stacks have in common; `sp`, `cfa` and `return_slot` count from the first sp.

    `ended` as in `Unwound`.
    """

    frames: tuple[Frame, ...]
    ended: str | None


class Trace(NamedTuple):
    """A goroutine with its frames: those of `shape`, moved to `sp`; `fp` as in `Unwound`."""

    g: G
    shape: Shape
    sp: int
    fp: int | None = None

    @property
    def frames(self) -> tuple[Frame, ...]:
        return tuple(_moved(frame, self.sp) for frame in self.shape.frames)

    @property
    def unwound(self) -> Unwound:
        return Unwound(self.frames, self.shape.ended, self.fp)


@dataclass(frozen=True)
class TraceBatch:
    """A `Trace` of each goroutine, in columns; `fps` by address, of those on a thread."""

    gs: Batch
    shapes: Sequence[Shape]
    sps: Sequence[int]
    fps: Mapping[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.gs)

    def __iter__(self) -> Iterator[Trace]:
        fps = map(self.fps.get, self.gs.column("address"))
        return map(Trace, self.gs, self.shapes, self.sps, fps)

    def select(self, wanted: Sequence[object]) -> TraceBatch:
        """Those in whose place `wanted` is true."""
        shapes, sps = compress(self.shapes, wanted), compress(self.sps, wanted)
        return TraceBatch(self.gs.select(wanted), list(shapes), list(sps), self.fps)

    def first(self, count: int) -> TraceBatch:
        """So many at most."""
        return self if count >= len(self) else self.select([n < count for n in range(len(self))])


class _Known(NamedTuple):
    """A shape, and what a stack must hold to have it."""

    shape: Shape
    words: Callable[[bytes, int], tuple[int, ...]]  # those in the slots of the return addresses
    values: tuple[int, ...]


class BatchUnwinder:
    """The frames of goroutines at one stop, at most `limit` of each."""

    def __init__(self, program: Program, runtime: Runtime, limit: int) -> None:
        self._program = program
        self._runtime = runtime
        self._limit = limit
        self._at_work = {at for m in runtime.ms for at in (m.curg, m.g0, m.gsignal)} - {0}
        self._memory = program.target.bulk()
        self._fps: dict[int, int] = {}
        self._known: dict[tuple[int, int] | None, list[_Known]] = {}

    def unwind(self, gs: Batch) -> TraceBatch:
        """The gs in their order, each with its frames."""
        shapes: list[Any] = [None] * len(gs)
        starts = [0] * len(gs)
        places, sps, highs, pcs = self._resting(gs)
        depths = list(map(sub, highs, sps))
        keys: list[tuple[int, int] | None] = list(zip(pcs, depths, strict=True))
        sizes = [depth if depth < _WINDOW else _WINDOW for depth in depths]
        data, missing = gather(self._memory, sps, list(map(add, sps, sizes)))
        for index in missing:
            keys[index] = None
        known, none = self._known, ()
        for place, sp, key, at in zip(
            places, sps, keys, accumulate(sizes, initial=0), strict=False
        ):
            for shape, words, values in known.get(key, none):
                if words(data, at) == values:
                    shapes[place], starts[place] = shape, sp
                    break
            else:
                trace = self._first(gs[place], key, data, at)
                shapes[place], starts[place] = trace.shape, trace.sp
        for place in [place for place, shape in enumerate(shapes) if shape is None]:
            trace, _ = self._walk(gs[place])
            shapes[place], starts[place] = trace.shape, trace.sp
        return TraceBatch(gs, shapes, starts, self._fps)

    def _resting(
        self, gs: Batch
    ) -> tuple[Sequence[int], Sequence[int], Sequence[int], Sequence[int]]:
        """The gs whose stacks are as they left them: their places; sp, hi and pc of each."""
        sps, his, pcs, los = map(gs.column, ("sched_sp", "stack_hi", "sched_pc", "stack_lo"))
        entered = gs.column("syscallsp")
        if any(entered):
            # One that has entered the kernel is told from where it said so: like one that waits.
            saved = zip(entered, gs.column("syscallpc"), pcs, strict=True)
            pcs = [its if sp else pc for sp, its, pc in saved]
            sps = [its or sp for its, sp in zip(entered, sps, strict=True)]
        found = range(len(gs)), sps, his, pcs
        at_work, (addresses, statuses) = self._at_work, map(gs.column, ("address", "atomicstatus"))
        usual = at_work.isdisjoint(addresses) and _DEAD.isdisjoint(statuses)
        if usual and all(map(le, los, sps)) and all(map(lt, sps, his)):
            return found
        # Only what is saved in a g that has left its CPU says where its stack is.
        rows = zip(addresses, statuses, los, sps, his, entered, strict=True)
        rests = [
            lo <= sp < hi
            and status not in _DEAD
            and (address not in at_work or (kernel and status in _SYSCALL))
            for address, status, lo, sp, hi, kernel in rows
        ]
        places, sps, his, pcs = (list(compress(column, rests)) for column in found)
        return places, sps, his, pcs

    def _first(self, g: G, key: tuple[int, int] | None, data: bytes, at: int) -> Trace:
        """Walk a stack of a kind that has not been seen; without a key it cannot be read."""
        trace, found = self._walk(g)
        if key and found.frames:
            among = self._known.setdefault(key, [])
            stack = data[at : at + min(key[1], _WINDOW)]
            if len(among) < _MOST and (known := self._learn(trace, found, stack)):
                among.append(known)
        return trace

    def _walk(self, g: G) -> tuple[Trace, Unwound]:
        found = goroutines.unwind(self._program, self._runtime, g, self._limit)
        if found.fp is not None:
            self._fps[g.address] = found.fp
        sp = found.frames[0].sp if found.frames else 0
        return Trace(g, Shape(tuple(_moved(f, -sp) for f in found.frames), found.ended), sp), found

    def _learn(self, trace: Trace, found: Unwound, stack: bytes) -> _Known | None:
        """How to know a shape again; None where something else than return addresses decided."""
        frames = trace.shape.frames
        if found.ended is not None and len(frames) < self._limit:
            return None
        return_slots = [frame.return_slot for frame in frames if not frame.inlined][:-1]
        slots = [slot for slot in return_slots if slot is not None]
        if len(slots) < len(return_slots):
            return None  # so did a link register
        inside = all(0 <= slot < trace.g.stack_hi - trace.sp for slot in slots)
        if not inside or any(a >= b for a, b in pairwise(slots)):
            return None  # it went over another stack
        form, end = "<", 0
        for slot in slots:
            form += f"{slot - end}xQ"
            end = slot + 8
        words = struct.Struct(form)
        if words.size > len(stack):
            return None
        return _Known(trace.shape, words.unpack_from, words.unpack_from(stack))


def _moved(frame: Frame, by: int) -> Frame:
    function, file, line, pc, sp, cfa, return_slot, fp_slot, inlined, elided = frame
    return Frame(
        function,
        file,
        line,
        pc,
        sp + by,
        cfa + by,
        None if return_slot is None else return_slot + by,
        None if fp_slot is None else fp_slot + by,
        inlined,
        elided,
    )
