"""Headings of go-stacks and rows of go-gmp, compared with the header lines of Go's traceback."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gogdb.launch import paths
from gogdb.launch.tools import Gdb
from gogdb.runtime.goversion import GoVersion
from tests.support import gdb_log, traceback
from tests.support.attaching import check_attached
from tests.support.builds import Compile
from tests.support.gdb_command import execute, quiet
from tests.support.process import TIMEOUT, waiting_program
from tests.support.schema import schema

LABELS = [
    {"route": "/a/b.c_d", "user": "42"},
    {"": "", "text": 'a "b"\n\t\\ ü\ufffd\U0001f600'},
    {"in": "bubble"},
    {"in": "bubble"},
]


@pytest.fixture
def program(compiled: Compile, go_release: GoVersion) -> Path:
    """The program `headers`, which needs testing/synctest."""
    if go_release < GoVersion(1, 25):
        pytest.skip("testing/synctest came with Go 1.25")
    return compiled("headers")


def answers(gdb: Path, work: Path, pid: int, commands: Sequence[str]) -> list[str]:
    """Return what commands answer, of a process."""
    files = [work / f"answer{number}" for number in range(len(commands))]
    each = [f"{command} --out {file}" for command, file in zip(commands, files, strict=True)]
    attached = [*quiet(gdb), "-x", str(paths.gdbinit()), "-p", str(pid)]
    output = gdb_log.run([*attached, *execute(["set width 200", *each])])
    check_attached(output.stderr)
    return [file.read_text(encoding="utf-8") for file in files]


def rows(text: str, key: str, command: str) -> dict[int, dict[str, Any]]:
    """Return the goroutines of a JSON answer by goid."""
    answer = json.loads(text)
    assert list(schema(command).iter_errors(answer)) == []
    return {g["goid"]: g for g in answer[key] if g["goid"]}


def test_a_traceback_says_the_same(
    gdb: Gdb, program: Path, go_release: GoVersion, tmp_path: Path
) -> None:
    commands = (
        "go-stacks --all --limit 0 --frames 1",
        "go-stacks --all --limit 0 --json",
        "go-gmp g --limit 0 --json",
        "go-gmp g --limit 0",
    )
    waiting = waiting_program(program, tmp_path, "system", godebug="tracebacklabels=1")
    with waiting as (process, file):
        page, stacks, gs, table = answers(gdb.path, tmp_path, process.pid, commands)
        process.send_signal(signal.SIGQUIT)
        process.wait(TIMEOUT)
    printed = {int(n[1:]): g for n, g in traceback.parse(file.read_text()).items() if n[0] == "g"}
    printed.pop(0, None)
    # "goroutine 9  waiting, sleep (durable), synctest bubble 1", and perhaps "labels: {…}" below
    heads = re.findall(r"^goroutine (\d+)  waiting, (.*)\n(?:labels: \{(.*)\}\n)?", page, re.M)
    ours = {int(goid): (re.sub(r"to m\d+", "to thread", s), labels) for goid, s, labels in heads}
    labelled = go_release >= GoVersion(1, 27)  # printed in another form by go1.26
    theirs = {
        goid: (re.sub(r" labels:\{.*\}", "", g.status), g.labels if labelled else ours[goid][1])
        for goid, g in printed.items()
    }
    assert ours == theirs
    assert len({status for status, _ in theirs.values()}) > 20
    for each in (rows(stacks, "goroutines", "go-stacks"), rows(gs, "gs", "go-gmp")):
        assert {goid: (g["bubble"], g["durable"]) for goid, g in each.items()} == {
            goid: (bubble_of(status), "(durable)" in status) for goid, (status, _) in ours.items()
        }
        # goids do not rise in the order of the go statements: each P hands out its own
        labels = [g["labels"] for g in each.values() if g["labels"]]
        assert sorted(labels, key=repr) == sorted(LABELS, key=repr)
        locked = {goid for goid, g in each.items() if g["lockedm"] is not None}
        assert locked == {goid for goid, (status, _) in ours.items() if "locked" in status}
    assert "bubble 2" in table
    assert "sleep (durable)" in table
    assert "{in: bubble}" in table


def bubble_of(status: str) -> int | None:
    bubble = re.search(r"synctest bubble (\d+)$", status)
    return int(bubble[1]) if bubble else None
