"""The line of progress on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from types import SimpleNamespace

import pytest

from gogdb.commands import progress
from gogdb.commands.progress import Progress
from gogdb.runtime.batch import Batch
from tests.support import factories

GS = [factories.g(n) for n in range(1, 5)]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what is written to a terminal, on which each batch takes two seconds."""
    written: list[str] = []
    times = count(0, 2)
    system = SimpleNamespace(
        environ={"TERM": "xterm"},
        isatty=lambda _: True,
        write=lambda _, data: written.append(data.decode()),
    )
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: next(times)))
    monkeypatch.setattr(progress, "os", system)
    return written


def batches() -> Iterator[Batch]:
    yield Batch.from_gs(GS[:2])
    yield Batch.from_gs(GS[2:3])
    yield Batch.from_gs(GS[3:])


def test_line_of_progress_is_removed_at_the_end(terminal: list[str]) -> None:
    assert [len(batch) for batch in Progress().watch(batches(), 4)] == [2, 1, 1]
    assert terminal == [
        "\r\x1b[K2 of 4 goroutines",
        "\r\x1b[K3 of 4 goroutines",
        "\r\x1b[K",
    ]


def test_no_line_for_one_batch(terminal: list[str]) -> None:
    """It would be removed at once."""
    assert len(list(Progress().watch(iter([Batch.from_gs(GS)]), 4))) == 1
    assert terminal == []


def test_line_of_progress_is_removed_before_other_output(terminal: list[str]) -> None:
    line = Progress()
    for _ in line.watch(batches(), 4):
        line.clear()
        terminal.append("a row\n")
    assert "".join(terminal) == (
        "a row\n\r\x1b[K2 of 4 goroutines\r\x1b[Ka row\n\r\x1b[K3 of 4 goroutines\r\x1b[Ka row\n"
    )


def test_no_line_without_a_terminal(terminal: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gogdb.commands.progress.os.environ", {"TERM": "dumb"})
    assert len(list(Progress().watch(batches(), 4))) == 3
    assert terminal == []
