"""The goroutines that a command was asked for, with their frames, as they are found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

from gogdb.commands.progress import Progress
from gogdb.runtime.batch import Batch
from gogdb.runtime.filters import Filter, Totals, kinds_of
from gogdb.runtime.groups import Group, group
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Goroutines, Runtime
from gogdb.runtime.trace_cache import BatchUnwinder, Trace, TraceBatch
from gogdb.view.doc.json_rows import Rows

__all__ = ["Search", "searching"]


class Search:
    """One pass over goroutines, begun with those that stand on the runtime's own stacks.

    Ctrl-C is the end of what is found, and `interrupted` says so.
    """

    def __init__(
        self,
        gs: Goroutines,
        system: Sequence[G],
        wanted: Filter,
        traces: BatchUnwinder,
        progress: Progress,
    ) -> None:
        self._gs = gs
        self._system = Batch.from_gs(system)
        self._wanted = wanted
        self._traces = traces
        self._progress = progress

    def interrupted(self) -> str | None:
        """How far Ctrl-C let it come; None when it came to its end. Asked when all is found."""
        return self._progress.interrupted

    def found(self, limit: int | None = None) -> Iterator[TraceBatch]:
        """The goroutines, some at a time; no more than `limit` are looked for."""
        return self._progress.until_interrupted(self._first(limit))

    def rows(
        self,
        encode: Callable[[Iterator[TraceBatch]], Iterator[Sequence[str]]],
        limit: int | None,
    ) -> Rows:
        """The goroutines as JSON."""
        found = self._progress.until_interrupted(encode(self._first(limit)))
        return Rows(found, self._progress.stop)

    def groups(self) -> list[Group]:
        """The goroutines by their stacks, the largest group first."""
        return group(self.found(), self._progress.stop)

    def screenful(self, limit: int) -> tuple[list[Trace], Totals]:
        """`limit` goroutines, and how many of each kind there are with those not shown."""
        if not self._wanted.where:
            shown = list(chain.from_iterable(self.found(limit)))
            totals = Counter(kinds_of(self._wanted.matching(self._system)))
            try:
                totals += self._wanted.totals(self._gs)
            except KeyboardInterrupt:
                self._progress.stop()
            return shown, totals
        # which ones are in the right place is known of each only when it was walked
        shown, totals = [], Counter[tuple[str, str]]()
        try:
            for batch in self.found():
                shown += batch.first(max(limit - len(shown), 0))
                totals.update(kinds_of(batch.gs))
        except KeyboardInterrupt:
            self._progress.stop()
        return shown, totals

    def _first(self, limit: int | None) -> Iterator[TraceBatch]:
        left = limit
        for gs in self._progress.count(chain([self._system], self._gs.batches())):
            batch = self._wanted.matching_traces(self._traces.unwind(self._wanted.matching(gs)))
            if left is not None:
                batch, left = batch.first(left), max(left - len(batch), 0)
            yield batch
            if left == 0:
                return


@contextmanager
def searching(
    program: Program,
    runtime: Runtime,
    wanted: Filter,
    frames: int,
    *,
    gs: Goroutines | None = None,
    system: bool = False,
) -> Iterator[Search]:
    """Look through `gs`, or all of allgs, and with `system` the g0s and gsignals before them.

    At most `frames` frames of each are walked.
    """
    gs = runtime.gs if gs is None else gs
    of_system = runtime.system_gs if system else ()
    with Progress(len(gs) + len(of_system)) as progress:
        traces = BatchUnwinder(program, runtime, frames)
        yield Search(gs, of_system, wanted, traces, progress)
