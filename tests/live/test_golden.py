"""Whole outputs, compared with tests/golden. UPDATE_GOLDEN=1 rewrites the expected ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gogdb.launch.tools import Go
from tests.support.builds import Builds
from tests.support.normalize import normalize
from tests.support.places import GOLDEN
from tests.support.session import Open

Check = Callable[[str, str], None]

# A later stage may be on another thread, and then its page has more that changed. The card of
# gogo-sp is in docs/workshop.md, whose transcripts are compared too.
STAGES = ("entry", "g0-stack", "gostartcall", "runtime-main")
OF = (1, 27)  # the release of Go whose pages they are; others differ in details


@pytest.fixture
def check(check_file: Callable[[Path, str], None]) -> Check:
    """Compare a normalized output with the file of this name."""
    return lambda name, output: check_file(GOLDEN / f"{name}.txt", output)


@pytest.fixture
def program(go: Go, builds: Builds) -> Path:
    """The program of the guided boot, with its heap at the same place in every run."""
    if tuple(map(int, go.version.split(".")[:2])) != OF:
        pytest.skip(f"the expected pages are of Go {OF[0]}.{OF[1]}")
    return builds.fixed_heap("boot", go)


def test_cards_of_some_stages(open_gdb: Open, program: Path, check: Check) -> None:
    session = open_gdb(program)
    session.run("go-boot until runtime-main")
    for stage in STAGES:
        output = session.run(f"go-boot show {stage}")
        assert max(map(len, output.split("\n"))) <= 80
        check(stage, normalize(output))


def test_lists_and_difference(open_gdb: Open, program: Path, check: Check) -> None:
    session = open_gdb(program)
    session.run("go-boot until gogo-sp")
    check("list", normalize(session.run("go-boot list")))
    check("diff-gogo", normalize(session.run("go-boot diff execute gogo-sp")))


def test_gmp_at_schedule(open_gdb: Open, program: Path, check: Check) -> None:
    session = open_gdb(program, width=120)  # no column depends on the length of a process id
    session.run("go-boot until schedule")
    pid = int(session.value("gdb.selected_inferior().pid"))
    check("gmp-schedule", normalize(session.run("go-gmp"), pid))


def test_gobufs_before_and_at_gogo(open_gdb: Open, program: Path, check: Check) -> None:
    """A goroutine that has not run, and g0 right before gogo leaves it."""
    session = open_gdb(program, width=120)
    session.run("go-boot until runqput")
    check("gobuf-made", normalize(session.run("go-gobuf 1 --expr")))
    session.run("go-boot until gogo")
    check("gobuf-g0", normalize(session.run("go-gobuf")))
