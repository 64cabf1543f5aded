"""Threads of an ended program that the debugger does not know."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from gogdb.gdbhost.lost_threads import lost_threads, reap_lost_threads
from tests.support.process import wait_until


@pytest.mark.parametrize(
    ("states", "known", "lost"),
    [
        ({10: "Z", 11: "Z", 12: "Z"}, {10, 11}, [12]),
        ({10: "Z", 12: "Z", 11: "Z"}, {10}, [11, 12]),
        ({10: "Z", 11: "Z"}, {10, 11}, []),
        ({10: "Z", 11: "R"}, {10}, None),
        ({10: "t", 11: "Z"}, {10}, []),
        ({}, {10}, []),
    ],
)
def test_lost_threads(
    tmp_path: Path, states: Mapping[int, str], known: set[int], lost: list[int] | None
) -> None:
    for thread, state in states.items():
        (tmp_path / str(thread)).mkdir()
        (tmp_path / str(thread) / "stat").write_bytes(
            b"%d (a\xff) Z) %s 1 1" % (thread, state.encode())
        )
    assert lost_threads(str(tmp_path), 10, known) == lost
    assert lost_threads(str(tmp_path / "gone"), 10, known) == []


def test_process_that_runs_is_left_alone() -> None:
    child = os.fork()
    if child == 0:
        os.read(os.pipe()[0], 1)  # for ever
        os._exit(0)
    reap_lost_threads(child, ())
    os.kill(child, 9)
    assert os.waitpid(child, 0)[0] == child


def test_first_thread_stays() -> None:
    """The debugger waits for it, and learns how the program ended."""
    child = os.fork()
    if child == 0:
        os._exit(7)
    wait_until(lambda: ") Z" in Path(f"/proc/{child}/stat").read_text())
    reap_lost_threads(child, ())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
