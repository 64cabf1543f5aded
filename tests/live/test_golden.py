"""Whole outputs as people see them. UPDATE_GOLDEN=1 writes the expected ones anew."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gogdb.launch.tools import Go
from tests.support.normalize import normal
from tests.support.places import GOLDEN
from tests.support.session import Open, Session

STAGES = ("entry", "g0-stack", "gostartcall", "gogo-sp", "runtime-main", "add")
OF = (1, 27)  # the release of Go whose pages they are; an older one differs in details
TRIES = 40  # a heap at an address with fewer digits comes up in one boot of four


def boot_high(session: Session) -> None:
    """Boot until the heap lies where addresses have all their twelve digits.

    Since Go 1.26 its place is random, and how pages are wrapped depends on the lengths.
    """
    session.quietly("set confirm off")
    for _ in range(TRIES):
        session.run("kill")
        session.run("go-boot until malg")
        (g,) = json.loads(session.run("go-gmp g --json --status dead"))["gs"]
        if len(g["address"]) == len("0x") + 12:
            return
    raise AssertionError(f"no heap high enough in {TRIES} boots")


def check(name: str, said: str) -> None:
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        GOLDEN.mkdir(exist_ok=True)
        file.write_text(said, encoding="utf-8")
    assert said == file.read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def not_older(go: Go) -> None:
    major, minor = map(int, go.version.split(".")[:2])
    if (major, minor) < OF:
        pytest.skip(f"the expected pages are of Go {OF[0]}.{OF[1]}")


@pytest.fixture
def booted(booting: Session) -> Session:
    boot_high(booting)
    return booting


def test_cards(booted: Session) -> None:
    booted.run("go-boot until add")
    for stage in STAGES:
        said = booted.run(f"go-boot show {stage}")
        assert max(map(len, said.split("\n"))) <= 80
        check(stage, normal(said, alone=stage != "add"))


def test_lists_and_difference(booted: Session) -> None:
    booted.run("go-boot until gogo-sp")
    check("list", normal(booted.run("go-boot list")))
    check("diff-gogo", normal(booted.run("go-boot diff execute gogo-sp")))


def test_gmp_at_schedule(open_gdb: Open, boot: Path) -> None:
    session = open_gdb(boot, width=120)  # where no column depends on the length of a process id
    boot_high(session)
    session.run("go-boot until schedule")
    pid = int(session.value("gdb.selected_inferior().pid"))
    check("gmp-schedule", normal(session.run("go-gmp"), pid))


def test_gobufs(open_gdb: Open, boot: Path) -> None:
    """A goroutine that has not run, and g0 while gogo is about to leave it."""
    session = open_gdb(boot, width=120)
    session.run("go-boot until runqput")
    check("gobuf-made", normal(session.run("go-gobuf 1 --expr")))
    session.run("go-boot until gogo")
    check("gobuf-g0", normal(session.run("go-gobuf")))
