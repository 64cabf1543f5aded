"""Between two stages the person may do anything, and the walk goes on from there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.boot_pages import IDS, marks, stages
from tests.support.session import Open, Session


@pytest.fixture
def places(booting: Session) -> dict[str, str]:
    """The address of each stage's first stop."""
    told = json.loads(booting.run("go-boot list --json"))
    return {stage["id"]: next(iter(stage["stops"].values())) for stage in told["stages"]}


def skipped(session: Session) -> list[str]:
    return [stage for stage, mark in marks(session).items() if mark == "–"]


def test_own_breakpoint_at_a_later_stage(booting: Session, places: dict[str, str]) -> None:
    booting.run("go-boot until osinit")
    booting.run(f"break *{places['newproc']}")
    booting.run("continue")
    said = booting.run("go-boot step")
    assert "Missed: stages 10 to 12; the program was already past them." in said
    assert stages(said) == ["newproc"]
    assert skipped(booting) == ["schedinit", "mcommoninit", "procresize"]
    rest = booting.run("go-boot until add --full")
    assert stages(rest) == IDS[13:]
    assert "✗" not in said + rest


def test_beyond_a_stage(booting: Session, places: dict[str, str]) -> None:
    """Past the first stop of a stage with two: it counts as missed."""
    booting.run("go-boot until newproc")
    booting.run(f"tbreak *{places['gostartcall']}")
    booting.run("continue")
    booting.run("stepi")
    said = booting.run("go-boot step")
    assert "Missed: stages 14 to 15" in said
    assert stages(said) == ["runnable"]
    assert skipped(booting) == ["malg", "gostartcall"]
    assert "✗" not in said + booting.run("go-boot until add")


def test_single_steps(booting: Session) -> None:
    """`stepi` and `next` from one stage to the next: nothing is missed."""
    booting.run("go-boot until g0-stack")
    booting.run("stepi")
    booting.run("next")
    booting.run("stepi 3")
    assert stages(booting.run("go-boot step")) == ["settls"]
    booting.run("stepi")  # onto the very stop of the next stage
    assert stages(booting.run("go-boot step")) == ["tls-check"]
    said = booting.run("go-boot until add")
    assert skipped(booting) == []
    assert "✗" not in said


def test_continued_past_everything(booting: Session) -> None:
    booting.run("go-boot until runtime-main")
    booting.finish()
    assert booting.run("go-boot show runtime-main").startswith("━━ 26/28")
    assert "26/28" not in booting.run("go-boot step")


def test_continued_into_main(booting: Session) -> None:
    """Behind main.main but before add: the walk still has its last stage."""
    booting.run("go-boot until gogo")
    booting.run("break main.main")
    booting.run("continue")
    said = booting.run("go-boot step")
    assert "Missed: stages 24 to 27" in said
    assert stages(said) == ["add"]
    assert "every claim held" in booting.run("go-boot step")
    assert skipped(booting) == IDS[23:27]


def test_adopts_a_program_at_its_start(booting: Session) -> None:
    booting.run("starti")
    pid = booting.value("gdb.selected_inferior().pid")
    assert stages(booting.run("go-boot step")) == ["entry"]
    assert stages(booting.run("")) == ["rt0-go"]
    assert booting.value("gdb.selected_inferior().pid") == pid


def test_whole_walk_adopts_what_has_just_begun(booting: Session) -> None:
    booting.run("starti")
    pid = booting.value("gdb.selected_inferior().pid")
    assert stages(booting.run("go-boot")) == IDS
    assert booting.value("gdb.selected_inferior().pid") == pid


def test_adopts_in_the_midst(booting: Session, places: dict[str, str]) -> None:
    booting.run(f"break *{places['runqput']}")
    booting.run("run")
    pid = booting.value("gdb.selected_inferior().pid")
    said = booting.run("go-boot step")
    assert "Missed: stages 1 to 16" in said
    assert stages(said) == ["runqput"]
    assert skipped(booting) == IDS[:16]
    assert booting.value("gdb.selected_inferior().pid") == pid
    said += booting.run("go-boot until add")
    assert "✗" not in said


@pytest.mark.parametrize("command", ["go-boot", "go-boot step", "go-boot until malg"])
def test_asks_before_it_restarts(booting: Session, command: str) -> None:
    """As GDB's own `run`: the program is past its boot."""
    booting.run("break main.main")
    booting.run("run")
    pid = booting.value("gdb.selected_inferior().pid")
    asked = booting.run(command, "n")
    assert "The program being debugged has been started already." in asked
    assert asked.lower().endswith("program not restarted\n")
    assert booting.value("gdb.selected_inferior().pid") == pid
    said = booting.run(command, "y")
    assert stages(said)[0] == ("malg" if "malg" in command else "entry")
    assert booting.value("gdb.selected_inferior().pid") != pid
    assert "✗" not in said
    assert re.search(r"^1 +breakpoint +keep y ", booting.run("info breakpoints"), re.M)


def test_does_not_ask_without_confirm(booting: Session) -> None:
    booting.run("start")
    booting.quietly("set confirm off")
    assert stages(booting.run("go-boot")) == IDS


def test_users_run_begins_a_new_walk(booting: Session) -> None:
    """A process of the user's making is not the one that the walk was of."""
    booting.run("go-boot until schedinit")
    booting.quietly("set confirm off")
    booting.run("starti")
    assert stages(booting.run("go-boot step")) == ["entry"]


def test_many_walks(booting: Session) -> None:
    booting.quietly("set confirm off")
    seen = [stages(booting.run("go-boot")) for _ in range(3)]
    assert seen == [IDS] * 3


def test_adopts_at_any_stage(booting: Session, places: dict[str, str]) -> None:
    """From every stage on, with nothing known of those before."""
    booting.quietly("set confirm off")
    for number, stage in enumerate(IDS[1:26], 2):
        booting.run("starti")
        booting.run(f"tbreak *{places[stage]}")
        booting.run("continue")
        said = booting.run("go-boot until add --full")
        assert stages(said) == IDS[number - 1 :], said
        assert "✗" not in said, said


def test_runs_ahead_to_any_stage(booting: Session, places: dict[str, str]) -> None:
    """From the first stage to any other by the user's own breakpoint."""
    booting.quietly("set confirm off")
    for number, stage in enumerate(IDS[2:], 3):
        booting.run("go-boot stop")
        booting.run("starti")
        assert stages(booting.run("go-boot step")) == ["entry"]
        booting.run(f"tbreak *{places[stage]}")
        booting.run("continue")
        said = booting.run("go-boot until add --full")
        assert stages(said) == IDS[number - 1 :], said
        assert "✗" not in said, said


def test_a_later_round_of_the_scheduler_is_not_the_boot(
    booting: Session, places: dict[str, str]
) -> None:
    """Standing at a stage's address counts only while the boot still goes on."""
    booting.run("go-boot until g0-stack")
    for place in ("runtime-main", "schedule"):  # runtime.main itself parks, in gcenable
        booting.run(f"tbreak *{places[place]}")
        booting.run("continue")
    assert stages(booting.run("go-boot step"))[-1] == "main-main"


def test_nothing_of_the_loader_is_kept(open_gdb: Open, build: Callable[..., Path]) -> None:
    """A PIE in ld.so is not relocated: what would be looked up then would be wrong later."""
    session = open_gdb(build("cgo", ("-gcflags", "-N -l", "-buildmode=pie")))
    session.run("starti")
    said = session.run("go-gmp")
    assert said.startswith("the dynamic loader has not handed over to the program yet: ")
    assert said.count("\n") == 1
    assert "✗" not in session.run("go-boot")
    assert "main.main" in session.run("go-stacks 1")
