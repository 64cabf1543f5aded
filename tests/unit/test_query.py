"""Queries over goroutines: limits, totals, groups, and Ctrl-C at any moment."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator
from functools import partial
from types import FrameType, SimpleNamespace
from typing import Any

import pytest

from gogdb.commands.progress import Progress
from gogdb.errors import TargetLostError
from gogdb.render import row_encoder
from gogdb.render.json import EncodedRows, dump_object
from gogdb.render.row_encoder import RowEncoder
from gogdb.runtime import batch, filters, trace_cache
from gogdb.runtime import query as query_module
from gogdb.runtime.batch import Batch
from gogdb.runtime.filters import Filter
from gogdb.runtime.query import Query
from gogdb.runtime.scheduler import Goroutines
from gogdb.runtime.trace_cache import Trace, TraceBatch
from gogdb.view.json import gmp as gmp_json
from tests.support import factories
from tests.support.recorded_memory import Image

GS = [factories.g(n, "dead") for n in range(1, 9)]
RUNTIME = factories.runtime(gs=GS, constants=GS[0].constants)
PROGRAM: Any = SimpleNamespace(target=Image({}))  # nothing is read to unwind dead goroutines


# Run before the first row is made, or after the last
OUTSIDE = ("__init__", "results", "message")


class Interrupted(Goroutines):
    """Ctrl-C comes when the first half has been read."""

    def batches(self) -> Iterator[Batch]:
        yield Batch.from_gs(self[:4])
        raise KeyboardInterrupt


class Halves(Goroutines):
    """Goroutines in two batches."""

    def batches(self) -> Iterator[Batch]:
        yield Batch.from_gs(self[:4])
        yield Batch.from_gs(self[4:])


def query(gs: Goroutines = RUNTIME.gs, where: str = "", **other: Any) -> Query:
    return Query(PROGRAM, RUNTIME, Filter("dead", where=where), 8, gs=gs, **other)


def written(query: Query, limit: int | None = None) -> str:
    """Return the JSON text of a query as go-gmp writes it."""
    text: list[str] = []
    encoder = RowEncoder(partial(gmp_json.goroutine_form, RUNTIME))

    def entries() -> Iterator[tuple[str, object]]:
        rows = query.results(
            lambda batch: encoder.encode(gmp_json.goroutines(RUNTIME, batch)), limit
        )
        yield "gs", EncodedRows(rows)
        yield "interrupted", query.status.message

    dump_object(entries(), text.append)
    return "".join(text)


def shown(query: Query, limit: int) -> list[Trace]:
    return list(query.first(iter, limit))


def as_json(query: Query, limit: int | None = None) -> Any:
    return json.loads(written(query, limit))


def test_json_of_a_complete_query() -> None:
    answer = as_json(query(Halves(GS)))
    assert [g["goid"] for g in answer["gs"]] == list(range(1, 9))
    assert answer["interrupted"] is None


def test_json_of_an_interrupted_query_is_whole() -> None:
    answer = as_json(query(Interrupted(GS)))
    assert [g["goid"] for g in answer["gs"]] == [1, 2, 3, 4]
    assert answer["interrupted"] == "interrupted after 4 of 8 goroutines"


def test_the_page_of_an_interrupted_query_has_what_was_read() -> None:
    interrupted = query(Interrupted(GS))
    assert [trace.g.goid for trace in shown(interrupted, 100)] == [1, 2, 3, 4]
    assert interrupted.totals == {("dead", ""): 4}
    assert interrupted.status == (4, 8, True, "")


def test_groups_of_an_interrupted_query_have_what_was_read() -> None:
    interrupted = query(Interrupted(GS))
    (group,) = interrupted.groups()
    assert group.goids == [1, 2, 3, 4]
    assert interrupted.status.message == "interrupted after 4 of 8 goroutines"


@pytest.mark.parametrize("done", [0, 4])
def test_lost_process_ends_a_query_with_what_was_read(done: int) -> None:
    class Lost(Goroutines):
        def batches(self) -> Iterator[Batch]:
            if done:
                yield Batch.from_gs(self[:done])
            raise TargetLostError("the connection is lost", "connect again")

    answer = as_json(query(Lost(GS)))
    assert [g["goid"] for g in answer["gs"]] == list(range(1, done + 1))
    message = f"interrupted after {done} of 8 goroutines: the connection is lost"
    assert answer["interrupted"] == message
    lost = query(Lost(GS))
    assert (len(shown(lost, 100)), lost.status.message) == (done, message)


def test_ctrl_c_in_what_is_done_with_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("gogdb.runtime.query.kinds_of", interrupt)
    monkeypatch.setattr("gogdb.runtime.groups.kinds_of", interrupt)
    for where in ("", "main."):
        page = query(where=where)
        shown(page, 3)
        assert page.totals == {}
        assert page.status.interrupted
    groups = query()
    assert groups.groups() == []
    assert groups.status.interrupted


def test_ctrl_c_keeps_the_pages_before_it() -> None:
    def pages(traces: TraceBatch) -> Iterator[str]:
        for trace in traces:
            if trace.g.goid == 6:
                raise KeyboardInterrupt
            yield trace.g.label

    halves = query(Halves(GS))
    assert list(halves.first(pages, 100)) == ["g1", "g2", "g3", "g4", "g5"]
    assert halves.status.message == "interrupted after 4 of 8 goroutines"


def test_what_comes_before_each_use_is_not_done_while_goroutines_are_counted() -> None:
    done: list[str] = []

    def use(traces: TraceBatch) -> list[int]:
        done.append(f"use {len(traces)}")
        return [trace.g.goid for trace in traces]

    halves = query(Halves(GS), before_use=lambda: done.append("before"))
    assert list(halves.first(use, 3)) == [1, 2, 3]
    assert done == ["before", "use 3"]
    assert halves.totals == {("dead", ""): 8}


def test_ctrl_c_at_any_line_leaves_json_whole() -> None:
    """Wherever Python code runs while rows are made: in the query, the view, the encoder."""
    modules = (query_module, batch, filters, trace_cache, gmp_json, row_encoder)
    files = {module.__file__ for module in modules}
    lines = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal lines
        code = frame.f_code
        if code.co_filename not in files or code.co_name in OUTSIDE:
            return None
        if event == "line" and code.co_name != "_until_interrupted":
            lines -= 1
            if lines == 0:
                raise KeyboardInterrupt
        return trace

    def interrupted_at(line: int) -> str:
        nonlocal lines
        lines = line
        halves = query(Halves(GS))
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            return written(halves)
        finally:
            sys.settrace(before)

    whole, line, counts = written(query(Halves(GS))), 0, set()
    while True:
        line += 5  # not every line, to save time
        text = interrupted_at(line)
        if lines > 0:  # the query ended before that line
            assert text == whole
            break
        answer = json.loads(text)
        assert answer["interrupted"].endswith(" of 8 goroutines"), line
        assert answer["gs"] == json.loads(whole)["gs"][: len(answer["gs"])]
        counts.add(len(answer["gs"]))
    assert counts == {0, 4, 8}
    assert line > 1000


def test_a_limit_reads_no_more_than_it_must() -> None:
    limited = query(Interrupted(GS))
    assert [g["goid"] for g in as_json(limited, 3)["gs"]] == [1, 2, 3]
    assert not limited.status.interrupted


def test_a_page_counts_all() -> None:
    for where in ("", "none of the dead has frames"):
        complete = query(Halves(GS), where)
        goids = [trace.g.goid for trace in shown(complete, 5)]
        assert goids == ([] if where else [1, 2, 3, 4, 5])
        assert complete.totals == ({} if where else {("dead", ""): 8})
        assert not complete.status.interrupted


def test_system_stacks_come_first() -> None:
    system = [factories.g(0, "dead", system_name="g0")]
    runtime = factories.runtime(gs=GS, system_gs=system, constants=GS[0].constants)
    both = Query(PROGRAM, runtime, Filter("dead"), 8, system=True)
    assert [trace.g.label for trace in shown(both, 2)] == ["g0", "g1"]


def test_no_garbage_is_collected_meanwhile() -> None:
    assert gc.isenabled()
    states = query(Halves(GS), watch=Progress().watch).results(lambda _: [gc.isenabled()])
    assert list(states) == [False, False, False]  # the first batch is for system stacks
    assert gc.isenabled()
    interrupted = query(Interrupted(GS), watch=Progress().watch)
    assert len(shown(interrupted, 100)) == 4
    assert gc.isenabled()
