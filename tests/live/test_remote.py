"""Everything over gdbserver, as natively."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.boot_pages import IDS, check_report, claims, stages
from tests.support.session import Open, Session


@pytest.fixture
def remote(open_gdb: Open, boot: Path, gdbserver: Path) -> Session:
    """A GDB whose program waits on a gdbserver, at its first instruction."""
    session = open_gdb(boot)
    session.run(f"target remote | env -i GOMAXPROCS=2 {gdbserver} - {boot}")
    return session


def test_whole_walk(remote: Session) -> None:
    said = remote.run("go-boot")
    assert stages(said) == IDS
    assert claims(said) > 90
    assert "every claim held" in said
    assert remote.run("info breakpoints").startswith("No breakpoints")


def test_json(remote: Session) -> None:
    check_report(json.loads(remote.run("go-boot --json")))


def test_steps(remote: Session) -> None:
    assert stages(remote.run("go-boot step")) == ["entry"]
    assert stages(remote.run("")) == ["rt0-go"]
    assert stages(remote.run("go-boot until main-main --full")) == IDS[2:27]


def test_cannot_start_anew(remote: Session) -> None:
    remote.run("go-boot until add")
    said = remote.run("go-boot")
    assert said.count("\n") == 1
    assert said.startswith("the program is past its beginning, and a remote one cannot be")


def test_commands(remote: Session) -> None:
    remote.run("go-boot until main-main")
    told = json.loads(remote.run("go-gmp --json"))
    assert told["gs"][0]["goid"] == 1
    assert len(told["ps"]) == 2
    assert all(g["unreadable"] is None for g in told["gs"])
    threads = json.loads(remote.value("[t.ptid[1] for t in gdb.selected_inferior().threads()]"))
    known = {m["procid"] for m in told["ms"]} - {0}  # one that has only just begun says 0
    assert [m["id"] for m in told["ms"]] == list(range(len(told["ms"])))
    assert told["ms"][0]["procid"] in known <= set(threads)
    assert len(threads) <= len(told["ms"])
    whole = json.loads(remote.run("go-stacks --all --json"))
    assert [g["goid"] for g in whole["goroutines"]] == [g["goid"] for g in told["gs"]]
    assert whole["goroutines"][0]["frames"][0]["function"] == "main.main"
    assert "the return address that waits at" in remote.run("go-gobuf g0 1")
    assert "main.main" in remote.run("go-stacks 1")
