"""What the filters keep, one by one and counted."""

from __future__ import annotations

import pytest

from gogdb.errors import GogdbError
from gogdb.runtime.filters import Filter, told
from gogdb.runtime.model import Goroutines, Names
from gogdb.runtime.shapes import Shape, Trace
from gogdb.runtime.unwind import Frame
from tests.unit import made

NAMES = Names(made.STATUSES, ("", "select", "chan receive"))
GS = [
    made.g(1, "running", names=NAMES),
    made.g(2, "waiting", names=NAMES, reason=1),
    made.g(3, "waiting", names=NAMES, reason=2),
    made.g(4, "runnable", names=NAMES, reason=2),  # left over from its last wait
    made.g(5, "dead", names=NAMES),
    made.g(6, names=NAMES, unreadable="cannot read 400 bytes at 0x6"),
]


@pytest.mark.parametrize(
    ("wanted", "goids"),
    [
        (Filter(), [1, 2, 3, 4, 6]),
        (Filter(dead=True), [1, 2, 3, 4, 5, 6]),
        (Filter(status="dead"), [5]),
        (Filter(status="run"), [1, 4]),
        (Filter(reason="chan"), [3]),
        (Filter(status="waiting", reason="select"), [2]),
    ],
)
def test_of(wanted: Filter, goids: list[int]) -> None:
    gs = wanted.of(GS)
    assert [g.goid for g in gs] == goids
    counted = wanted.totals(Goroutines(GS), NAMES)
    assert counted.total() == len(gs)
    assert counted == {kind: [told(g) for g in gs].count(kind) for kind in map(told, gs)}


def test_where_looks_at_the_whole_stack() -> None:
    frames = tuple(
        Frame(function, file, 1, 0x1000, 0, 8, 0, False, False)
        for function, file in (("runtime.gopark", "/go/proc.go"), ("main.work", "/src/work.go"))
    )
    traces = [Trace(GS[1], Shape(frames, None), 0), Trace(GS[2], Shape(frames[:1], None), 0)]
    assert Filter(where="main.w").traced(traces) == traces[:1]
    assert Filter(where="work.go").traced(traces) == traces[:1]
    assert Filter(where="proc.go").traced(traces) == traces
    assert Filter().traced(traces) == traces


@pytest.mark.parametrize("asked", [Filter(status="sleeping"), Filter(reason="tea")])
def test_what_nobody_can_be_is_said(asked: Filter) -> None:
    with pytest.raises(GogdbError, match=r"no (status|wait reason) contains '(sleeping|tea)'"):
        asked.check(NAMES)


def test_what_nobody_is_now_is_no_error() -> None:
    Filter(status="moribund", reason="select").check(NAMES)
