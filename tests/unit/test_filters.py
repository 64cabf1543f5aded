"""Which goroutines the filters keep."""

from __future__ import annotations

import pytest

from gogdb.errors import GogdbError
from gogdb.runtime.batch import Batch
from gogdb.runtime.filters import Filter, kinds_of
from gogdb.runtime.labels import LabelSets
from gogdb.runtime.model import GConstants, LabelSet
from gogdb.runtime.trace_cache import Shape, TraceBatch
from gogdb.runtime.unwind import Frame
from tests.support import factories

NAMES = GConstants(factories.STATUSES, ("", "select", "chan receive"))
GS = [
    factories.g(1, "running", constants=NAMES),
    factories.g(2, "waiting", constants=NAMES, waitreason_code=1),
    factories.g(3, "waiting", constants=NAMES, waitreason_code=2),
    factories.g(4, "runnable", constants=NAMES, waitreason_code=2),  # the reason of an earlier wait
    factories.g(5, "dead", constants=NAMES),
    factories.g(6, constants=NAMES, unreadable="cannot read 400 bytes at 0x6"),
]


@pytest.mark.parametrize(
    ("filter", "goids"),
    [
        (Filter(), [1, 2, 3, 4, 6]),
        (Filter(dead=True), [1, 2, 3, 4, 5, 6]),
        (Filter(status="dead"), [5]),
        (Filter(status="run"), [1, 4]),
        (Filter(reason="chan"), [3]),
        (Filter(status="waiting", reason="select"), [2]),
    ],
)
def test_status_and_reason(filter: Filter, goids: list[int]) -> None:
    gs = filter.matching(Batch.from_gs(GS))
    assert [g.goid for g in gs] == goids


def test_kinds_of_goroutines() -> None:
    assert list(kinds_of(Batch.from_gs(GS))) == [
        ("running", ""),
        ("waiting", "select"),
        ("waiting", "chan receive"),
        ("runnable", ""),
        ("dead", ""),
        ("unreadable", ""),
    ]


def test_where_looks_at_functions_and_files_of_the_whole_stack() -> None:
    frames = tuple(
        Frame(function, file, 1, 0x1000, 0, 8, 0, None, False, False)
        for function, file in (("runtime.gopark", "/go/proc.go"), ("main.work", "/src/work.go"))
    )
    shapes = [Shape(frames, None), Shape(frames[:1], None)]
    traces = TraceBatch(Batch.from_gs(GS[1:3]), shapes, [0, 0])
    for where, goids in (("main.w", [2]), ("work.go", [2]), ("proc.go", [2, 3]), ("", [2, 3])):
        assert [trace.g.goid for trace in Filter(where=where).matching_traces(traces)] == goids


def test_where_takes_a_line_of_a_file() -> None:
    frame = Frame("main.work", "/src/app/main.go", 36, 0x1000, 0, 8, 0, None, False, False)
    traces = TraceBatch(Batch.from_gs(GS[1:2]), [Shape((frame,), None)], [0])
    for where in ("main.go:36", "app/main.go:36", "/src/app/main.go:36"):
        assert len(Filter(where=where).matching_traces(traces)) == 1, where
    for where in ("main.go:3", "main.go:360", "ain.go:36", ":36", "main.go:", "other.go:36"):
        assert len(Filter(where=where).matching_traces(traces)) == 0, where


def test_where_takes_every_spelling_of_a_function() -> None:
    frame = Frame("a/v%2e2.Do[int]", "/src/do.go", 1, 0x1000, 0, 8, 0, None, False, False)
    traces = TraceBatch(Batch.from_gs(GS[1:2]), [Shape((frame,), None)], [0])
    for where in ("v%2e2.Do[int]", "v.2.Do[int]", "v%2e2.Do[...]", "v.2.Do[...]", "v.2·Do"):
        assert len(Filter(where=where).matching_traces(traces)) == 1, where
    assert len(Filter(where="v.2.Do[string]").matching_traces(traces)) == 0


def test_where_looks_at_some_frames_only() -> None:
    outer = Frame("main.work", "/src/work.go", 1, 0x1000, 0, 8, 0, None, False, False)
    inner = outer._replace(function="runtime.gopark", file="/go/proc.go")
    traces = TraceBatch(Batch.from_gs(GS[1:2]), [Shape((inner, outer), None)], [0])
    for depth, kept in ((1, 0), (2, 1), (None, 1)):
        assert len(Filter(where="main.", depth=depth).matching_traces(traces)) == kept


def test_label_by_key_and_by_value() -> None:
    """Goroutines whose labels cannot be read are left out, and counted."""

    class Sets(LabelSets):
        def __getitem__(self, address: int) -> LabelSet:
            return {1: LabelSet((("user", "42"),)), 2: LabelSet((("user", "4"), ("a=b", "")))}.get(
                address, LabelSet(unreadable="cannot read")
            )

    gs = Batch.from_gs([GS[1]._replace(goid=at, labels=at) for at in (0, 1, 2, 3, 3)])
    for label, goids in (
        ("user", [1, 2]),
        ("user=42", [1]),
        ("user=4", [2]),
        ("user=", []),
        ("use", []),
        ("a=b", [2]),
        ("a=b=", [2]),
        ("", [0, 1, 2, 3, 3]),
    ):
        filter = Filter(label=label)
        assert [g.goid for g in filter.matching_labels(gs, Sets())] == goids, label
        assert filter.undecided == (2 if label else 0)
        assert filter.asks == bool(label)


@pytest.mark.parametrize("impossible", [Filter(status="sleeping"), Filter(reason="tea")])
def test_impossible_filters_are_errors(impossible: Filter) -> None:
    with pytest.raises(GogdbError, match=r"no (status|wait reason) contains '(sleeping|tea)'"):
        impossible.check(NAMES)


def test_filters_that_match_nothing_now_are_no_errors() -> None:
    Filter(status="moribund", reason="select").check(NAMES)
