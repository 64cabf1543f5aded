"""One pass over the goroutines that a command asks for, in batches, with their frames.

Ctrl-C can come at any moment of a long pass, and so can the end of the process or its connection.
Both are handled here and nowhere else: the caller hands over what it does with a batch, which
therefore runs inside the pass. They end the pass; results made so far stay, and `status` says how
far the pass came.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from gogdb.errors import TargetLostError
from gogdb.i18n import counted
from gogdb.runtime.batch import Batch
from gogdb.runtime.doubtful_gs import DoubtfulGs
from gogdb.runtime.filters import Filter, Totals, kinds_of
from gogdb.runtime.goroutines import starts_in_runtime
from gogdb.runtime.problems import Problem
from gogdb.runtime.program import Program
from gogdb.runtime.rarity import Census
from gogdb.runtime.scheduler import Goroutines, Runtime
from gogdb.runtime.trace_cache import BatchUnwinder, TraceBatch

if TYPE_CHECKING:
    from gogdb.runtime.creation_tree import CreationTree  # most listings have none
    from gogdb.runtime.groups import Group, Grouping

__all__ = ["Query", "Status", "Watch"]

T = TypeVar("T")

# Wraps the batches while they are read, for example to show progress; gets their total length too
Watch = Callable[[Iterable[Batch], int], Iterator[Batch]]


class Status(NamedTuple):
    """How a query ended: `done` of `total` goroutines were read when it was interrupted, if it was.

    `cause` says what interrupted it, "" for Ctrl-C.
    """

    done: int
    total: int
    interrupted: bool
    cause: str = ""

    @property
    def message(self) -> str | None:
        """How far an interrupted query came; None if it is complete."""
        if not self.interrupted:
            return None
        total = f"{self.total} {counted(self.total):goroutine|goroutines}"
        text = f"interrupted after {self.done} of {total}"
        return f"{text}: {self.cause}" if self.cause else text


class Query:
    """The goroutines that `filter` keeps, unwound to at most `frames` frames. It runs once.

    They come from `gs`, or else from all of allgs; with `system`, the g0s and gsignals come first.
    """

    def __init__(
        self,
        program: Program,
        runtime: Runtime,
        filter: Filter,
        frames: int,
        *,
        gs: Goroutines | None = None,
        system: bool = False,
        watch: Watch = lambda batches, _: iter(batches),
        before_use: Callable[[], object] = bool,
    ) -> None:
        self._system = Batch.from_gs(runtime.system_gs if system else ())
        self._gs = runtime.gs if gs is None else gs
        self._filter = filter
        self._program, self._runtime = program, runtime
        self._doubtful = DoubtfulGs(runtime.gs)
        self._unwinder = BatchUnwinder(program, runtime, frames, self._doubtful.add_stack)
        self._watch = watch
        self._before_use = before_use
        self._done = 0
        self._total = len(self._system) + len(self._gs)
        self.status = Status(0, self._total, False)
        """How the query ended; meaningful once the results are exhausted."""
        self.totals: Totals = Counter()
        """The number of goroutines by kind that `first` has counted."""
        self.census = Census(0)
        """The goroutines that `rarest` has counted."""

    @property
    def problems(self) -> Sequence[Problem]:
        """What was found wrong with goroutines and tables of functions since `runtime` was read."""
        damage = self._program.later_notes(self._runtime)
        return [
            *self._doubtful.problems,
            *(Problem("gs", why) for why in self._undecided()),
            *(Problem("functions", why) for why in damage),
        ]

    def _undecided(self) -> Iterator[str]:
        if count := self._filter.undecided:
            yield (
                f"the labels of {count} {counted(count):goroutine|goroutines} cannot be read: "
                f"--label {self._filter.label} leaves {counted(count):it|them} out"
            )

    def results(
        self, use: Callable[[TraceBatch], Iterable[T]], limit: int | None = None
    ) -> Iterator[T]:
        """Yield what `use` yields for each batch; no more than `limit` goroutines are read."""
        return self._used(use, self._traces(limit))

    def groups(self, grouping: Grouping | None = None) -> list[Group]:
        """Return all goroutines in groups, by default by their stacks; see `Groups.ordered`."""
        from gogdb.runtime.groups import BY_STACK, Groups
        from gogdb.runtime.wait_objects import WaitObjects

        names = self._runtime.function_names
        waited_for = WaitObjects(self._program).addresses
        groups = Groups(lambda pc: names.get(pc, ""), waited_for, grouping or BY_STACK)
        self._run(map(groups.add, self._checked(self._traces(None))))
        return groups.ordered()

    def creations(self, *, with_system: bool) -> CreationTree:
        """Return all goroutines by their creators; see `CreationTree` for `with_system`."""
        from gogdb.runtime.creation_tree import CreationTree

        tree = CreationTree(self._runtime.function_names, with_system=with_system)
        self._run(map(tree.add, self._checked(self._traces(None))))
        if not self.status.interrupted:
            self._run(map(tree.add_creators, self._creators(tree)))
        tree.is_complete = not (self.status.interrupted or self._runtime.lacks("gs"))
        return tree

    def _creators(self, tree: CreationTree) -> Iterator[TraceBatch]:
        """Yield the goroutines on allgs that have created others of the tree and are not in it."""
        from gogdb.runtime.creation_tree import creators_of

        if missing := tree.missing_creators:
            gs = creators_of(missing, self._runtime.gs)
            yield self._unwinder.unwind(Batch.from_gs(gs))

    def first(self, use: Callable[[TraceBatch], Iterable[T]], limit: int) -> Iterator[T]:
        """Yield what `use` yields for the first `limit` goroutines, and count all in `totals`."""
        return self._used(use, self._first(limit))

    def rarest(self, use: Callable[[TraceBatch], Iterable[T]], limit: int) -> Iterator[T]:
        """Yield what `use` yields for `limit` goroutines, and count all in `census`.

        They are those of the rarest kinds, the rarest first, or all in the order of allgs.
        All goroutines that started in the runtime come with them.
        """
        if limit >= self._total:
            return self._used(use, self._counted())
        self.census = Census(limit)
        self._run(map(self.census.add, self._matching_frames()))
        return self._used(use, self._kept())

    def _kept(self) -> Iterator[TraceBatch]:
        yield self._unwinder.unwind(Batch.from_gs(self.census.rarest(self._starts_in_runtime)))

    def _counted(self) -> Iterator[TraceBatch]:
        for traces in self._traces(None):
            self.census.add(traces.gs)
            yield traces

    def _matching_frames(self) -> Iterator[Batch]:
        matching = self._matching()
        return (self._located(gs).gs for gs in matching) if self._filter.where else matching

    def _starts_in_runtime(self, startpc: int) -> bool:
        return starts_in_runtime(self._runtime.function_names.get(startpc, ""))

    def _first(self, limit: int) -> Iterator[TraceBatch]:
        left = limit
        for gs in self._matching():
            if self._filter.where:
                located = self._located(gs)
                gs, traces = located.gs, located.first(left)
            else:
                traces = self._unwinder.unwind(gs.first(left))
            left -= len(traces)
            if len(traces):
                yield traces
            self.totals.update(kinds_of(gs))

    def _traces(self, limit: int | None) -> Iterator[TraceBatch]:
        """Yield batches with their frames, until `limit` goroutines were yielded."""
        left = limit
        for gs in self._matching():
            traces = self._located(gs)
            if left is not None:
                traces = traces.first(left)
                left -= len(traces)
            yield traces
            if left == 0:
                return

    def _located(self, gs: Batch) -> TraceBatch:
        return self._filter.matching_traces(self._unwinder.unwind(gs))

    def _matching(self) -> Iterator[Batch]:
        """Yield the goroutines whose status, reason and labels match; count all that were read."""
        for gs in self._watch(chain([self._system], self._gs.batches()), self._total):
            yield self._filter.matching_labels(self._filter.matching(gs), self._runtime.labels)
            self._done += len(gs)

    def _used(
        self, use: Callable[[TraceBatch], Iterable[T]], batches: Iterable[TraceBatch]
    ) -> Iterator[T]:
        def each() -> Iterator[Iterable[T]]:
            for traces in self._checked(batches):
                self._before_use()
                yield use(traces)

        return self._until_interrupted(chain.from_iterable(each()))

    def _checked(self, batches: Iterable[TraceBatch]) -> Iterator[TraceBatch]:
        """Yield the batches, and look for goids that several of their goroutines have."""
        for traces in batches:
            self._doubtful.add_goids(traces.gs.column("goid"))
            yield traces
        self._doubtful.find_repeated()

    def _run(self, steps: Iterable[None]) -> None:
        deque(self._until_interrupted(steps), maxlen=0)

    def _until_interrupted(self, results: Iterable[T]) -> Iterator[T]:
        try:
            yield from results
        except KeyboardInterrupt:
            self.status = Status(self._done, self._total, True)
        except TargetLostError as error:
            self.status = Status(self._done, self._total, True, error.message)
