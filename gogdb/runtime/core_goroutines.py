"""Which goroutines become threads of a core, what their threads are called, and their ids.

Debuggers are slow with very many threads: of goroutines whose stacks are equal, some will do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from gogdb.errors import GogdbError
from gogdb.runtime.goroutine_registers import KnownRegisters, known_registers
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.trace_cache import Shape, Trace, TraceBatch

__all__ = ["CoreGoroutine", "Sample", "thread_base", "thread_ids"]

# Threads have ids below 4,194,304 (PID_MAX_LIMIT in linux/threads.h), and an id has 31 bits
_BASES = (1_000_000, 10_000_000)
_GOIDS = 1_000_000_000


class CoreGoroutine(NamedTuple):
    """A goroutine as a thread: `name` is that of the thread, "g7 main.work"."""

    goid: int
    name: str
    registers: KnownRegisters


class Sample:
    """Of goroutines with equal stacks, the first `most`. Counts what it leaves out.

    `total` counts all, and `unknown` those that are left out because their registers are not known,
    by the reason.
    """

    def __init__(self, program: Program, runtime: Runtime, most: int) -> None:
        self._program, self._runtime, self._most = program, runtime, most
        self._counts: Counter[int] = Counter()  # by the number of the group
        self._groups: dict[object, int] = {}
        self._group_of: dict[Shape, int] = {}
        self.total = 0
        self.unknown: Counter[str] = Counter()

    def chosen(self, batch: TraceBatch) -> Iterator[CoreGoroutine]:
        """Yield those of a batch that are chosen, with their registers."""
        for index, shape in enumerate(batch.shapes):
            self.total += 1
            group = self._group(shape)
            if self._counts[group] < self._most:
                try:
                    goroutine = self._goroutine(batch[index])
                except GogdbError as error:
                    self.unknown[error.message] += 1
                else:
                    self._counts[group] += 1
                    yield goroutine

    def _goroutine(self, trace: Trace) -> CoreGoroutine:
        g = trace.g
        registers = known_registers(self._program, self._runtime, g)
        return CoreGoroutine(g.goid, f"{g.label} {self._function(g, trace.shape)}", registers)

    def _function(self, g: G, shape: Shape) -> str:
        """Return the innermost function outside the standard library, or the one it started in."""
        if shape.user is not None:
            return shape.frames[shape.user].function
        return self._runtime.function_names.get(g.startpc, "") or "?"

    def _group(self, shape: Shape) -> int:
        """Return the number of the shapes with the same functions, files and lines as this one."""
        group = self._group_of.get(shape)
        if group is None:
            calls = tuple((frame.function, frame.file, frame.line) for frame in shape.frames)
            group = self._groups.setdefault((calls, shape.ended), len(self._groups))
            self._group_of[shape] = group
        return group


def thread_base(taken: Collection[int]) -> int:
    """Return the number to add to goids for thread ids apart from those that are `taken`."""
    return next((base for base in _BASES if max(taken, default=0) < base), _BASES[-1])


def thread_ids(goids: Sequence[int], base: int) -> list[int]:
    """Return a thread id for each goroutine: `base` + goid.

    Of a goid beyond 1,000,000,000 the last nine digits are added, or the next number that is free.
    """
    used: set[int] = set()
    ids = []
    for goid in goids:
        number = goid % _GOIDS
        while number in used:
            number = (number + 1) % _GOIDS
        used.add(number)
        ids.append(base + number)
    return ids
