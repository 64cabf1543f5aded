"""The frames of many goroutines: of stacks that look alike, one is unwound.

A hundred thousand goroutines wait in a few ways only. A stack with the innermost pc, the depth and
the return addresses of one that has been unwound has the same frames at other addresses: nothing
else decides how a Go stack is unwound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, compress, pairwise
from operator import add, le, lt, sub
from typing import NamedTuple

from gogdb.inferior.memory import gather, words_at
from gogdb.memo import Bounded
from gogdb.runtime import goroutines
from gogdb.runtime.batch import Batch
from gogdb.runtime.model import GDEAD, GDEADEXTRA, GSYSCALL, SCAN, G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame, Unwound

__all__ = ["BatchUnwinder", "Shape", "Trace", "TraceBatch"]

_WINDOW = 16384  # bytes read of each stack at first; nearly all that wait use less
_DEAD = {status | scan for status in (GDEAD, GDEADEXTRA) for scan in (0, SCAN)}
_SYSCALL = {GSYSCALL, GSYSCALL | SCAN}
_MAX_SHAPES = 64  # compared with a stack; if none fits, it is unwound
_MAX_KEPT = 4096  # shapes, so that stacks that are unwound one by one share them


class Shape:
    """Frames that stacks have in common: addresses on the stack count from the innermost sp.

    `ended` as in `Unwound`, `user` as in `StandardLibrary.user_frame`.
    """

    __slots__ = ("ended", "frames", "user")

    def __init__(
        self, frames: tuple[Frame, ...], ended: str | None, user: int | None = None
    ) -> None:
        self.frames = frames
        self.ended = ended
        self.user = user


class Trace(NamedTuple):
    """A goroutine with its frames: those of `shape`, from `sp` on; `fp` as in `Unwound`."""

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


class TraceBatch:
    """A `Trace` of each goroutine, in columns; `fps` are by g address, of those on a thread."""

    def __init__(
        self,
        gs: Batch,
        shapes: Sequence[Shape],
        sps: Sequence[int],
        fps: Mapping[int, int] | None = None,
    ) -> None:
        self.gs = gs
        self.shapes = shapes
        self.sps = sps
        self.fps = fps or {}

    def __len__(self) -> int:
        return len(self.gs)

    def __iter__(self) -> Iterator[Trace]:
        fps = map(self.fps.get, self.gs.column("address"))
        return map(Trace, self.gs, self.shapes, self.sps, fps)

    def __getitem__(self, index: int) -> Trace:
        g = self.gs[index]
        return Trace(g, self.shapes[index], self.sps[index], self.fps.get(g.address))

    def select(self, flags: Sequence[object]) -> TraceBatch:
        """Return the traces whose flag is true."""
        shapes, sps = compress(self.shapes, flags), compress(self.sps, flags)
        return TraceBatch(self.gs.select(flags), list(shapes), list(sps), self.fps)

    def first(self, count: int) -> TraceBatch:
        """Return the first `count` traces, or all if there are fewer."""
        if count >= len(self):
            return self
        return TraceBatch(self.gs.first(count), self.shapes[:count], self.sps[:count], self.fps)


class _Pattern(NamedTuple):
    """A shape, and the return addresses that a stack of this shape holds.

    `read_slots(data, offset)` returns the words at the return slots of the stack that begins at
    `offset` in `data`.
    """

    shape: Shape
    read_slots: Callable[[bytes, int], tuple[int, ...]]
    return_addresses: tuple[int, ...]


class _Resting(NamedTuple):
    """Goroutines whose stacks are as they left them, in columns; `indices` are in their batch."""

    indices: Sequence[int]
    sps: Sequence[int]
    his: Sequence[int]
    pcs: Sequence[int]


class BatchUnwinder:
    """Unwinds goroutines at one stop, to at most `limit` frames each.

    `check` gets each g whose sp is not within the bounds of its stack, and some others.
    """

    def __init__(
        self,
        program: Program,
        runtime: Runtime,
        limit: int,
        check: Callable[[G], object] = bool,
    ) -> None:
        self._program = program
        self._runtime = runtime
        self._limit = limit
        self._check = check
        self._on_thread = {at for m in runtime.ms for at in (m.curg, m.g0, m.gsignal)} - {0}
        self._memory = program.target.bulk()
        self._fps: dict[int, int] = {}
        self._unreadable: dict[str, Shape] = {}  # by why
        self._patterns: dict[tuple[int, int] | None, list[_Pattern]] = {}  # by pc and depth
        self._shapes: Bounded[tuple[tuple[Frame, ...], str | None], Shape] = Bounded(_MAX_KEPT)

    def unwind(self, gs: Batch) -> TraceBatch:
        """Return the gs in their order, each with its frames."""
        indices, sps, his, pcs = self._resting(gs)
        depths = list(map(sub, his, sps))
        sizes, ends = depths, his
        if max(depths, default=0) > _WINDOW:
            sizes = [min(depth, _WINDOW) for depth in depths]
            ends = list(map(add, sps, sizes))
        data, missing = gather(self._memory, sps, ends)
        keys: Iterable[tuple[int, int] | None] = zip(pcs, depths, strict=True)
        if missing:
            holes = frozenset(missing)
            keys = [None if place in holes else key for place, key in enumerate(keys)]
        shapes: list[Shape] = []
        starts = list(sps)
        patterns, none = self._patterns, ()
        for key, offset in zip(keys, accumulate(sizes, initial=0), strict=False):
            for shape, read_slots, return_addresses in patterns.get(key, none):
                if read_slots(data, offset) == return_addresses:
                    shapes.append(shape)
                    break
            else:
                place = len(shapes)
                trace = self._unwind_new(gs[indices[place]], key, data, offset)
                shapes.append(trace.shape)
                starts[place] = trace.sp
        if len(indices) < len(gs):
            resting = dict(zip(indices, zip(shapes, starts, strict=True), strict=True))
            shapes, starts = [], []
            for index in range(len(gs)):
                shape, sp = resting.get(index) or self._unwind_one(gs[index])[1:3]
                shapes.append(shape)
                starts.append(sp)
        return TraceBatch(gs, shapes, starts, self._fps)

    def _resting(self, gs: Batch) -> _Resting:
        """Return the gs that are on no thread, with the pc and sp that they were left with."""
        sps, his, pcs, los = map(gs.column, ("sched_sp", "stack_hi", "sched_pc", "stack_lo"))
        syscall_sps = gs.column("syscallsp")
        if any(syscall_sps):
            # In a system call a goroutine is where it entered it, as in Go's own traceback.
            entered = zip(syscall_sps, gs.column("syscallpc"), pcs, strict=True)
            pcs = [syscall_pc if sp else pc for sp, syscall_pc, pc in entered]
            sps = [syscall_sp or sp for syscall_sp, sp in zip(syscall_sps, sps, strict=True)]
        every = _Resting(range(len(gs)), sps, his, pcs)
        on_thread = self._on_thread
        addresses, statuses = map(gs.column, ("address", "atomicstatus"))
        usual = on_thread.isdisjoint(addresses) and _DEAD.isdisjoint(statuses)
        if usual and all(map(le, los, sps)) and all(map(lt, sps, his)):
            return every
        rows = zip(addresses, statuses, los, sps, his, syscall_sps, strict=True)
        resting = [
            lo <= sp < hi
            and status not in _DEAD
            and (address not in on_thread or (in_syscall and status in _SYSCALL))
            for address, status, lo, sp, hi, in_syscall in rows
        ]
        return _Resting(*(list(compress(column, resting)) for column in every))

    def _unwind_new(self, g: G, key: tuple[int, int] | None, data: bytes, offset: int) -> Trace:
        """Unwind a stack that fits no pattern, and learn one from it if `key` is not None.

        The stack begins at `offset` in `data`; a stack that cannot be read has no key.
        """
        trace = self._unwind_one(g)
        if key and trace.shape.frames:
            patterns = self._patterns.setdefault(key, [])
            stack = data[offset : offset + min(key[1], _WINDOW)]
            if len(patterns) < _MAX_SHAPES and (pattern := self._learn(trace, stack)):
                patterns.append(pattern)
        return trace

    def _unwind_one(self, g: G) -> Trace:
        self._check(g)
        if g.unreadable:
            shape = self._unreadable.get(g.unreadable)
            if shape is None:
                shape = self._unreadable[g.unreadable] = Shape((), g.unreadable)
            return Trace(g, shape, 0)
        unwound = goroutines.unwind(self._program, self._runtime, g, self._limit)
        if unwound.fp is not None:
            self._fps[g.address] = unwound.fp
        sp = unwound.frames[0].sp if unwound.frames else 0
        frames = tuple(_moved(frame, -sp) for frame in unwound.frames)
        return Trace(g, self._shape(frames, unwound.ended), sp)

    def _shape(self, frames: tuple[Frame, ...], ended: str | None) -> Shape:
        """Return the one shape with these frames."""
        shape = self._shapes.get((frames, ended))
        if shape is None:
            user = self._program.standard_library.user_frame(frames) if frames else None
            shape = self._shapes[frames, ended] = Shape(frames, ended, user)
        return shape

    def _learn(self, trace: Trace, stack: bytes) -> _Pattern | None:
        """Return the pattern of a stack; None if more than return addresses decided its frames."""
        frames = trace.shape.frames
        if trace.shape.ended is not None and len(frames) < self._limit:
            return None
        return_slots = [frame.return_slot for frame in frames if not frame.inlined][:-1]
        slots = [slot for slot in return_slots if slot is not None]
        if len(slots) < len(return_slots):
            return None  # a link register decided too
        inside = all(0 <= slot < trace.g.stack_hi - trace.sp for slot in slots)
        if not inside or any(a >= b for a, b in pairwise(slots)):
            return None  # its frames are on more than one stack
        words = words_at(slots)
        if words.size > len(stack):
            return None
        return _Pattern(trace.shape, words.unpack_from, words.unpack_from(stack))


def _moved(frame: Frame, by: int) -> Frame:
    """Return the frame with its stack addresses moved by so many bytes."""
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
