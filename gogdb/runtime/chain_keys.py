"""Which of many goroutines have the same frame-pointer chain, without comparing each of them.

Two stacks with the same frames have the same chain, at other addresses, if it starts at the same
place and passes through the same words: nothing else decides it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import accumulate, compress
from operator import sub
from typing import NamedTuple

from gogdb.inferior.memory import gather, words_at
from gogdb.memo import Bounded
from gogdb.runtime.fp_chain import FramePointerChain, fp_chain
from gogdb.runtime.program import Program
from gogdb.runtime.trace_cache import Trace, TraceBatch

__all__ = ["ChainKeys"]

_WINDOW = 16384  # bytes of a stack, from sp on, in which a chain is looked for
_MAX_PATTERNS = 64  # compared with a stack; if none fits, its chain is followed
_MAX_KEPT = 4096  # stacks for which patterns are kept


class _Pattern(NamedTuple):
    """The key of a chain, and the words that the chain passes through.

    `read_words(data, offset)` returns them from the stack that begins at `offset` in `data`.
    `words` count from the stack's hi; 0 ends the chain.
    """

    key: int
    read_words: Callable[[bytes, int], tuple[int, ...]]
    words: Sequence[int]


class ChainKeys:
    """Numbers the frame-pointer chains of goroutines at one stop."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._memory = program.target.bulk()
        self._patterns: Bounded[Hashable, list[_Pattern]] = Bounded(_MAX_KEPT)
        self._numbers: dict[Hashable, int] = {None: 0}

    def keys(self, traces: TraceBatch) -> list[int]:
        """Return a number for each goroutine, 0 for those without frames.

        Goroutines with the same number, the same shape and as many bytes from sp to hi have the
        same chain but for its place.
        """
        shapes, sps, his = traces.shapes, traces.sps, traces.gs.column("stack_hi")
        data, offsets = self._windows(traces)
        rows = zip(shapes, sps, his, _starts(traces), offsets, strict=True)
        keys: list[int] = []
        for shape, sp, hi, (start, source), offset in rows:
            if offset is None:
                keys.append(self._follow(traces[len(keys)])[0] if shape.frames else 0)
                continue
            place = shape, hi - sp, source, start and start - hi
            for key, read_words, words in self._patterns.get(place, ()):
                if [word and word - hi for word in read_words(data, offset)] == words:
                    keys.append(key)
                    break
            else:
                stack = data[offset : offset + min(hi - sp, _WINDOW)]
                keys.append(self._learn(traces[len(keys)], place, stack))
        return keys

    def _windows(self, traces: TraceBatch) -> tuple[bytes, Iterator[int | None]]:
        """Return the innermost bytes of the stacks, and where each begins; None without any."""
        sps, his = traces.sps, traces.gs.column("stack_hi")
        ends = [min(hi, sp + _WINDOW) for sp, hi in zip(sps, his, strict=True)]
        has_bytes = [
            bool(shape.frames) and sp < end
            for shape, sp, end in zip(traces.shapes, sps, ends, strict=True)
        ]
        starts, ends = list(compress(sps, has_bytes)), list(compress(ends, has_bytes))
        data, missing = gather(self._memory, starts, ends)
        offsets: list[int | None] = list(accumulate(map(sub, ends, starts), initial=0))
        for number in missing:
            offsets[number] = None
        places = iter(offsets)
        return data, (next(places) if there else None for there in has_bytes)

    def _learn(self, trace: Trace, place: Hashable, stack: bytes) -> int:
        """Follow a chain that fits no pattern, and learn one from it; return its number."""
        key, chain = self._follow(trace)
        patterns = self._patterns.get(place)
        if patterns is None:
            patterns = self._patterns[place] = []
        if (
            chain
            and len(patterns) < _MAX_PATTERNS
            and (found := _pattern(key, chain, trace, stack))
        ):
            patterns.append(found)
        return key

    def _follow(self, trace: Trace) -> tuple[int, FramePointerChain | None]:
        chain = fp_chain(self._program, trace.g, trace.unwound)
        facts = chain and _facts(chain, trace)
        return self._numbers.setdefault(facts, len(self._numbers)), chain


def _starts(traces: TraceBatch) -> Iterator[tuple[int, str]]:
    """Yield where each chain starts, and what tells so, as `fp_chain.chain_start` does."""
    gs, fps = traces.gs, traces.fps
    for address, syscallsp, syscallbp, sched_bp in gs.rows(
        "address", "syscallsp", "syscallbp", "sched_bp"
    ):
        fp = fps.get(address)
        if fp is not None:
            yield fp, "register"
        elif syscallsp and isinstance(syscallbp, int):
            yield syscallbp, "syscallbp"
        else:
            yield sched_bp, "sched.bp"


def _facts(chain: FramePointerChain, trace: Trace) -> Hashable:
    """Return all that distinguishes a chain from others of the same shape and depth."""
    start = chain.start
    on_stack = start.value in trace.g.stack
    return (
        start.source,
        on_stack,
        start.value - trace.g.stack_hi if on_stack else start.value,
        tuple((link.linked, link.reported, link.why) for link in chain.links),
        tuple(stray.pc for stray in chain.strays),
    )


def _pattern(key: int, chain: FramePointerChain, trace: Trace, stack: bytes) -> _Pattern | None:
    """Return the pattern of a chain; None if it leaves the `stack`, which begins at sp."""
    sp, hi = trace.sp, trace.g.stack_hi
    if chain.strays or not (chain.start.value == 0 or sp <= chain.start.value < hi):
        return None
    slots = [link.slot - sp for link in chain.links if link.linked and link.slot is not None]
    words = words_at(sorted(slots))
    if words.size > len(stack):
        return None
    values = words.unpack_from(stack)
    if not all(value == 0 or sp <= value < hi for value in values):
        return None
    return _Pattern(key, words.unpack_from, [value and value - hi for value in values])
