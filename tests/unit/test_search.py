"""A search that is interrupted ends with what it has."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from gogdb.commands.search import Search, searching
from gogdb.render.json import dump
from gogdb.runtime.batch import Batch
from gogdb.runtime.filters import Filter
from gogdb.runtime.scheduler import Goroutines
from gogdb.view.doc.json_rows import Rows
from gogdb.view.json import gmp as gmp_json
from tests.support import factories
from tests.support.recorded_memory import Image

GS = [factories.g(n, "dead") for n in range(1, 9)]
RUNTIME = factories.runtime(gs=GS, constants=GS[0].constants)
NOBODY: Any = SimpleNamespace(target=Image({}))  # nothing is read of the dead
SEARCHED = NOBODY, RUNTIME
DEAD = Filter(status="dead")  # their frames take no program to tell


class Interrupted(Goroutines):
    """Ctrl-C comes while the second half is read."""

    def batches(self) -> Iterator[Batch]:
        yield Batch.from_gs(self[:4])
        raise KeyboardInterrupt


def search(gs: Goroutines, **other: Any) -> Any:
    return searching(*SEARCHED, DEAD, 8, gs=gs, **other)


def as_json(found: Search, limit: int | None = None) -> Any:
    text: list[str] = []
    rows = found.rows(partial(gmp_json.goroutines, RUNTIME), limit)
    dump({"gs": rows, "interrupted": found.interrupted}, text.append)
    return json.loads("".join(text))


def test_json_is_whole() -> None:
    with search(Interrupted(RUNTIME.gs)) as found:
        told = as_json(found)
    assert [g["goid"] for g in told["gs"]] == [1, 2, 3, 4]
    assert told["interrupted"] == "interrupted after 4 of 8 goroutines"


def test_a_screenful_says_so() -> None:
    with search(Interrupted(RUNTIME.gs)) as found:
        shown, _ = found.screenful(100)
        assert [trace.g.goid for trace in shown] == [1, 2, 3, 4]
        assert found.interrupted() == "interrupted after 4 of 8 goroutines"


def interrupted(*_: object) -> Any:
    raise KeyboardInterrupt


def test_ctrl_c_where_the_goroutines_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may come at any moment, and not only while they are looked for."""
    monkeypatch.setattr("gogdb.commands.search.kinds_of", interrupted)
    monkeypatch.setattr("gogdb.runtime.groups.kinds_of", interrupted)
    with searching(*SEARCHED, Filter("dead", where="main."), 8, gs=RUNTIME.gs) as found:
        assert found.screenful(3)[0] == []
        assert found.interrupted() is not None
    with search(RUNTIME.gs) as found:
        assert found.groups() == []
        assert found.interrupted() is not None


def test_ctrl_c_where_json_is_written() -> None:
    def batches() -> Iterator[list[str]]:
        yield ["1", "2"]
        yield ["3"]
        raise KeyboardInterrupt

    stopped: list[bool] = []
    for given in (batches(), iter(interrupted, None)):
        text: list[str] = []
        rows = Rows(given, lambda: stopped.append(True))
        dump({"rows": rows, "stopped": lambda: len(stopped)}, text.append)
        told = json.loads("".join(text))
        assert told["rows"] in ([1, 2, 3], [])
        assert told["stopped"] == len(stopped) > 0


def test_a_limit_reads_no_more_than_it_must() -> None:
    with search(Interrupted(RUNTIME.gs)) as found:
        assert [g["goid"] for g in as_json(found, 3)["gs"]] == [1, 2, 3]
        assert found.interrupted() is None


def test_to_the_end() -> None:
    with search(RUNTIME.gs) as found:
        shown, totals = found.screenful(3)
        assert [trace.g.goid for trace in shown] == [1, 2, 3]
        assert totals == {("dead", ""): 8}
        assert found.interrupted() is None


def test_garbage_is_collected_again() -> None:
    assert gc.isenabled()
    with search(RUNTIME.gs):
        assert not gc.isenabled()
    assert gc.isenabled()
