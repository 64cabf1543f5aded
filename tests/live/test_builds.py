"""Builds whose boot or whose stacks differ: -race, musl, c-archive."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gogdb.errors import GogdbError
from gogdb.launch.tools import Go
from tests.support.builds import Builds
from tests.support.session import Open, Session
from tests.support.special_builds import SPECIAL_BUILDS

Built = Callable[[str], Path]


@pytest.fixture(scope="module")
def built(either_go: Go, builds: Builds) -> Built:
    """Build one of `SPECIAL_BUILDS`."""

    def built(name: str) -> Path:
        try:
            return builds.special(name, either_go)
        except GogdbError as error:
            pytest.skip(str(error))

    return built


@pytest.mark.parametrize("name", SPECIAL_BUILDS)
def test_every_claim_of_the_boot_holds(open_gdb: Open, built: Built, name: str) -> None:
    """The C program of c-archive does not end by itself: the walk must not wait for main.main."""
    answer = json.loads(open_gdb(built(name)).run("go-boot --json"))
    failed = [
        f"{stage['id']}: {claim['text']}"
        for stage in answer["stages"]
        for claim in stage.get("claims", ())
        if not claim["holds"]
    ]
    assert failed == []
    assert answer["summary"]["complete"]
    assert answer["summary"]["ended"] is None
    assert answer["summary"]["skipped"] == list(SPECIAL_BUILDS[name].skipped)


def test_main_main_of_a_library_is_never_called(open_gdb: Open, built: Built) -> None:
    session = open_gdb(built("c-archive"))
    output = " ".join(session.run("go-boot until main-main").split())
    assert "Go is a library in it" in output
    assert "without a call of main.main" in output


@pytest.mark.parametrize("name", ["musl", "musl static"])
def test_goroutine_of_a_program_with_musl(open_gdb: Open, built: Built, name: str) -> None:
    session = open_gdb(built(name))
    session.run("break main.main")
    session.run("run")
    (here,) = json.loads(session.run("go-stacks --json"))["goroutines"]
    functions = [frame["function"] for frame in here["frames"]]
    assert (here["name"], here["status"]) == ("g1", "running")
    assert functions == ["main.main", "runtime.main", "runtime.goexit"]
    page = session.run("go-gobuf 1")
    assert "g1's stack, " in page
    assert "return to main+" in page
    assert "g0's stack" not in page
    assert_system_stacks(session)


def assert_system_stacks(session: Session) -> None:
    """Check that g0's bounds are used where they are known, and else shown as not known."""
    lo, hi = (int(session.run(f"output/x 'runtime.g0'.stack.{end}"), 16) for end in ("lo", "hi"))
    (g0,) = json.loads(session.run("go-stacks g0 --json"))["goroutines"]
    assert g0["stack"]["lo"] == f"{lo:#x}"
    absurd = lo < 4096  # since Go 1.23
    assert g0["stack"]["size"] == (None if absurd else hi - lo)
    assert 0 < g0["stack"]["used"] < 4096
    assert [frame["function"] for frame in g0["frames"]] == ["runtime.mstart0", "runtime.mstart"]
    assert ("where the stack ends is not known" in session.run("go-stacks g0")) is absurd


def test_goroutine_in_the_race_detector(open_gdb: Open, built: Built) -> None:
    """racecall leaves the goroutine's stack and saves nothing; its frames are those after it."""
    session = open_gdb(built("race"))
    session.run("tbreak main.main")  # a thread preempted on the way over it would stop again
    session.run("run")
    session.run("tbreak __tsan_func_enter")  # C code
    session.run("continue")
    name = session.run("output $go_curg().goid")
    called = frames_of(session, name)
    functions = [function for function, _ in called]
    assert functions[0] == "racecall"
    assert functions[-3:] == ["main.main", "runtime.main", "runtime.goexit"]
    session.run("finish")
    assert frames_of(session, name) == called


def frames_of(session: Session, name: str) -> list[tuple[str, str]]:
    """Return the functions on a goroutine's stack, with the sp of each."""
    (g,) = json.loads(session.run(f"go-stacks {name} --json"))["goroutines"]
    assert g["ended"] is None
    return [(frame["function"], frame["sp"]) for frame in g["frames"]]
