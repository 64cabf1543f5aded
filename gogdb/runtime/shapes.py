"""The frames of many goroutines: stacks that look alike are walked once.

A hundred thousand goroutines wait in a few ways only. A stack whose innermost pc, whose depth
and whose return addresses are those of one that was walked before has the same frames, at
other addresses: nothing else decides how a Go stack is walked.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple

from gogdb.runtime import goroutines
from gogdb.runtime.model import GDEAD, GDEADEXTRA, GSYSCALL, SCAN, G, Runtime
from gogdb.runtime.program import Program
from gogdb.runtime.unwind import Frame, Unwound
from gogdb.target.bulk import pieces

__all__ = ["Shape", "Trace", "Traces"]

_WINDOW = 16384  # bytes of a stack that are read at first: nearly all that wait use less
_DEAD = {status | scan for status in (GDEAD, GDEADEXTRA) for scan in (0, SCAN)}
_SYSCALL = {GSYSCALL, GSYSCALL | SCAN}
_KEPT = itemgetter(
    *map(
        G._fields.index,
        (
            *("address", "atomicstatus", "stack_lo", "stack_hi", "sched_sp", "sched_pc"),
            *("syscallsp", "syscallpc"),
        ),
    )
)
_MOST = 64  # shapes that are tried for a stack; beyond that it is walked


@dataclass(frozen=True, eq=False)
class Shape:
    """Frames that stacks have in common; `sp`, `cfa` and `return_slot` count from the first sp.

    `ended` as in `Unwound`.
    """

    frames: tuple[Frame, ...]
    ended: str | None


class Trace(NamedTuple):
    """A goroutine and its frames: those of its shape, from `sp` on."""

    g: G
    shape: Shape
    sp: int

    @property
    def frames(self) -> tuple[Frame, ...]:
        return tuple(_moved(frame, self.sp) for frame in self.shape.frames)

    @property
    def unwound(self) -> Unwound:
        return Unwound(self.frames, self.shape.ended)


class _Known(NamedTuple):
    """A shape, and what a stack must hold to have it."""

    shape: Shape
    size: int  # bytes from sp on that decide
    words: Callable[[bytes, int], tuple[int, ...]]  # those in the slots of the return addresses
    values: tuple[int, ...]


class Traces:
    """The frames of goroutines at one stop, at most `limit` of each."""

    def __init__(self, program: Program, runtime: Runtime, limit: int) -> None:
        self._program = program
        self._runtime = runtime
        self._limit = limit
        self._at_work = {at for m in runtime.ms for at in (m.curg, m.g0, m.gsignal)} - {0}
        self._known: dict[tuple[int, int], list[_Known]] = {}

    def of(self, gs: Sequence[G]) -> list[Trace]:
        """The gs in their order, each with its frames."""
        # Only what is saved in a g that has left its CPU says where its stack is.
        starts, ends, resting, keys = [], [], [], []
        at_work, window = self._at_work, _WINDOW
        for place, kept in enumerate(map(_KEPT, gs)):
            address, status, lo, hi, sp, pc, syscallsp, syscallpc = kept
            if syscallsp:
                sp, pc = syscallsp, syscallpc
            # One that has entered the kernel is told from where it said so: like one that waits.
            rests = address not in at_work or (syscallsp and status in _SYSCALL)
            if rests and lo <= sp < hi and status not in _DEAD:
                starts.append(sp)
                ends.append(hi if hi - sp < window else sp + window)
                resting.append(place)
                keys.append((pc, hi - sp))
        traces: list[Any] = [None] * len(gs)
        missing = len(gs)
        known, new, none = self._known, tuple.__new__, ()
        for data, low, inside in pieces(self._program.target, starts, ends):
            high = low + len(data)
            for index in inside:
                place, sp, key = resting[index], starts[index], keys[index]
                for shape, size, words, values in known.get(key, none):
                    if sp + size <= high and words(data, sp - low) == values:
                        traces[place] = new(Trace, (gs[place], shape, sp))
                        break
                else:
                    traces[place] = self._first(gs[place], key, data, sp - low)
            missing -= len(inside)
        if missing:
            traces = [t or self._walk(g)[0] for t, g in zip(traces, gs, strict=True)]
        return traces

    def _first(self, g: G, key: tuple[int, int], data: bytes, at: int) -> Trace:
        """Walk a stack of a kind that has not been seen."""
        trace, found = self._walk(g)
        among = self._known.setdefault(key, [])
        if found.frames and len(among) < _MOST and (known := self._learn(trace, found, data, at)):
            among.append(known)
        return trace

    def _walk(self, g: G) -> tuple[Trace, Unwound]:
        found = goroutines.frames(self._program, self._runtime, g, self._limit)
        sp = found.frames[0].sp if found.frames else 0
        return Trace(g, Shape(tuple(_moved(f, -sp) for f in found.frames), found.ended), sp), found

    def _learn(self, trace: Trace, found: Unwound, data: bytes, at: int) -> _Known | None:
        """How to know a shape again; None where something else than return addresses decided."""
        frames = trace.shape.frames
        if found.ended is not None and len(frames) < self._limit:
            return None
        slots = [frame.return_slot for frame in frames if not frame.inlined][:-1]
        inside = all(0 <= slot < trace.g.stack_hi - trace.sp for slot in slots)
        if not inside or any(a >= b for a, b in pairwise(slots)):
            return None  # it went over another stack
        form, end = "<", 0
        for slot in slots:
            form += f"{slot - end}xQ"
            end = slot + 8
        words = struct.Struct(form)
        if at + words.size > len(data):
            return None
        return _Known(trace.shape, words.size, words.unpack_from, words.unpack_from(data, at))


def _moved(frame: Frame, by: int) -> Frame:
    return frame._replace(sp=frame.sp + by, cfa=frame.cfa + by, return_slot=frame.return_slot + by)
