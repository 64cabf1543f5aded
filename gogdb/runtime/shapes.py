"""The frames of many goroutines: stacks that look alike are walked once.

A hundred thousand goroutines wait in a few ways only. A stack whose innermost pc, whose depth
and whose return addresses are those of one that was walked before has the same frames, at
other addresses: nothing else decides how a Go stack is walked.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import NamedTuple

from gogdb.runtime import goroutines
from gogdb.runtime.model import G, Runtime
from gogdb.runtime.program import Program
from gogdb.runtime.unwind import Frame, Unwound
from gogdb.target.bulk import Piece, gather

__all__ = ["Shape", "Trace", "Traces"]

_BATCH = 4096  # goroutines whose stacks are held at a time
_WINDOW = 16384  # bytes of a stack that are read at first: nearly all that wait use less
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
    def ended(self) -> str | None:
        return self.shape.ended


class _Known(NamedTuple):
    """A shape, and what a stack must hold to have it."""

    shape: Shape
    words: struct.Struct  # the slots of the return addresses, from sp on
    values: tuple[int, ...]


class Traces:
    """The frames of goroutines at one stop, at most `limit` of each."""

    def __init__(self, program: Program, runtime: Runtime, limit: int) -> None:
        self._program = program
        self._runtime = runtime
        self._limit = limit
        self._at_work = {m.curg for m in runtime.ms} - {0}
        self._known: dict[tuple[int, int], list[_Known]] = {}

    def of(self, gs: Iterable[G]) -> Iterator[Trace]:
        """The gs in their order, each with its frames."""
        gs = iter(gs)
        while batch := list(islice(gs, _BATCH)):
            yield from map(self._trace, batch, gather(self._program.target, _windows(batch)))

    def _trace(self, g: G, piece: Piece | None) -> Trace:
        sp = g.syscallsp or g.sched_sp
        saved = g.stack_lo <= sp < g.stack_hi
        if piece is None or not saved or g.address in self._at_work or g.dead:
            return self._walk(g)[0]
        data, at = piece
        key = (g.syscallpc if g.syscallsp else g.sched_pc, g.stack_hi - sp)
        for shape, words, values in self._known.get(key, ()):
            if at + words.size <= len(data) and words.unpack_from(data, at) == values:
                return Trace(g, shape, sp)
        trace, unwound = self._walk(g)
        if trace.sp == sp and (known := self._learn(trace.shape, unwound, data, at, g)):
            among = self._known.setdefault(key, [])
            if len(among) < _MOST:
                among.append(known)
        return trace

    def _walk(self, g: G) -> tuple[Trace, Unwound]:
        found = goroutines.frames(self._program, self._runtime, g, self._limit)
        sp = found.frames[0].sp if found.frames else 0
        return Trace(g, Shape(tuple(_moved(f, -sp) for f in found.frames), found.ended), sp), found

    def _learn(self, shape: Shape, found: Unwound, data: bytes, at: int, g: G) -> _Known | None:
        """How to know this shape again; None where something else than return addresses decided."""
        frames = shape.frames
        if found.ended is not None and len(frames) < self._limit:
            return None
        slots = [frame.return_slot for frame in frames if not frame.inlined][:-1]
        inside = all(0 <= slot < g.stack_hi - found.frames[0].sp for slot in slots)
        if not inside or any(a >= b for a, b in pairwise(slots)):
            return None  # it went over another stack
        form, end = "<", 0
        for slot in slots:
            form += f"{slot - end}xQ"
            end = slot + 8
        words = struct.Struct(form)
        if at + words.size > len(data):
            return None
        return _Known(shape, words, words.unpack_from(data, at))


def _windows(gs: Sequence[G]) -> list[tuple[int, int]]:
    """What of each stack to read: nothing where no sp is saved."""
    places = []
    for g in gs:
        sp = g.syscallsp or g.sched_sp
        size = g.stack_hi - sp
        places.append((sp, min(size, _WINDOW)) if g.stack_lo <= sp < g.stack_hi else (0, 0))
    return places


def _moved(frame: Frame, by: int) -> Frame:
    return frame._replace(sp=frame.sp + by, cfa=frame.cfa + by, return_slot=frame.return_slot + by)
