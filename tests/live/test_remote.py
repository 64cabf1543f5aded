"""The commands over gdbserver."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.boot_pages import IDS, check_report, claims, stages
from tests.support.session import Open, Session


@pytest.fixture
def remote(open_gdb: Open, boot: Path, gdbserver: Path) -> Session:
    """A GDB connected to a gdbserver, whose program is at its first instruction."""
    session = open_gdb(boot)
    session.run(f"target remote | env -i GOMAXPROCS=2 {gdbserver} - {boot}")
    return session


def test_whole_walk(remote: Session) -> None:
    output = remote.run("go-boot")
    assert stages(output) == IDS
    assert claims(output) > 90
    assert "every claim held" in output
    assert remote.run("info breakpoints").startswith("No breakpoints")


def test_json_of_a_remote_walk(remote: Session) -> None:
    check_report(json.loads(remote.run("go-boot --json")))


def test_steps_of_a_remote_walk(remote: Session) -> None:
    assert stages(remote.run("go-boot step")) == ["entry"]
    assert stages(remote.run("")) == ["rt0-go"]
    assert stages(remote.run("go-boot until main-main --full")) == IDS[2:27]


def test_remote_program_cannot_be_restarted(remote: Session) -> None:
    remote.run("go-boot until add")
    output = remote.run("go-boot")
    assert output.count("\n") == 1
    assert output.startswith("the program is past its beginning, and a remote one cannot be")


def test_other_commands_on_a_remote_program(remote: Session) -> None:
    remote.run("go-boot until main-main")
    answer = json.loads(remote.run("go-gmp --json"))
    assert answer["gs"][0]["goid"] == 1
    assert len(answer["ps"]) == 2
    assert all(g["unreadable"] is None for g in answer["gs"])
    threads = json.loads(remote.value("[t.ptid[1] for t in gdb.selected_inferior().threads()]"))
    known = {m["procid"] for m in answer["ms"]} - {0}  # 0 until the thread has begun (minit)
    assert [m["id"] for m in answer["ms"]] == list(range(len(answer["ms"])))
    assert answer["ms"][0]["procid"] in known <= set(threads)
    assert len(threads) <= len(answer["ms"])
    whole = json.loads(remote.run("go-stacks --all --json"))
    assert [g["goid"] for g in whole["goroutines"]] == [g["goid"] for g in answer["gs"]]
    assert whole["goroutines"][0]["frames"][0]["function"] == "main.main"
    assert "the return address that waits at" in remote.run("go-gobuf g0 1")
    assert "main.main" in remote.run("go-stacks 1")


def test_memory_is_read_whatever_size_of_values_the_user_allows(remote: Session) -> None:
    remote.run("go-boot until main-main")
    expected = remote.run("go-stacks --all --json")
    remote.quietly("set max-value-size 16")
    assert remote.run("go-stacks --all --json") == expected
    assert remote.value("gdb.parameter('max-value-size')") == "16"
