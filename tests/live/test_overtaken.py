"""The user may do anything between two stages, and the walk continues from there."""

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
    """Return the address of each stage's first stop."""
    answer = json.loads(booting.run("go-boot list --json"))
    return {stage["id"]: next(iter(stage["stops"].values())) for stage in answer["stages"]}


def skipped(session: Session) -> list[str]:
    return [stage for stage, mark in marks(session).items() if mark == "–"]


def test_own_breakpoint_at_a_later_stage(booting: Session, places: dict[str, str]) -> None:
    booting.run("go-boot until osinit")
    booting.run(f"break *{places['newproc']}")
    booting.run("continue")
    output = booting.run("go-boot step")
    assert "Missed: stages 10 to 12; the program was already past them." in output
    assert stages(output) == ["newproc"]
    assert skipped(booting) == ["schedinit", "mcommoninit", "procresize"]
    rest = booting.run("go-boot until add --full")
    assert stages(rest) == IDS[13:]
    assert "✗" not in output + rest


def test_past_the_first_stop_of_a_stage(booting: Session, places: dict[str, str]) -> None:
    """A stage with two stops is missed when its first stop is passed."""
    booting.run("go-boot until newproc")
    booting.run(f"tbreak *{places['gostartcall']}")
    booting.run("continue")
    booting.run("stepi")
    output = booting.run("go-boot step")
    assert "Missed: stages 14 to 15" in output
    assert stages(output) == ["runnable"]
    assert skipped(booting) == ["malg", "gostartcall"]
    assert "✗" not in output + booting.run("go-boot until add")


def test_single_steps(booting: Session) -> None:
    """`stepi` and `next` between stages miss nothing."""
    booting.run("go-boot until g0-stack")
    booting.run("stepi")
    booting.run("next")
    booting.run("stepi 3")
    assert stages(booting.run("go-boot step")) == ["settls"]
    booting.run("stepi")  # to the stop of the next stage
    assert stages(booting.run("go-boot step")) == ["tls-check"]
    output = booting.run("go-boot until add")
    assert skipped(booting) == []
    assert "✗" not in output


def test_continued_past_everything(booting: Session) -> None:
    booting.run("go-boot until runtime-main")
    booting.finish()
    assert booting.run("go-boot show runtime-main").startswith("━━ 26/28")
    assert "26/28" not in booting.run("go-boot step")


def test_continued_into_main(booting: Session) -> None:
    """Between main.main and add the last stage is still to come."""
    booting.run("go-boot until gogo")
    booting.run("break main.main")
    booting.run("continue")
    output = booting.run("go-boot step")
    assert "Missed: stages 24 to 27" in output
    assert stages(output) == ["add"]
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


def test_adopts_a_program_at_a_later_stage(booting: Session, places: dict[str, str]) -> None:
    booting.run(f"break *{places['runqput']}")
    booting.run("run")
    pid = booting.value("gdb.selected_inferior().pid")
    output = booting.run("go-boot step")
    assert "Missed: stages 1 to 16" in output
    assert stages(output) == ["runqput"]
    assert skipped(booting) == IDS[:16]
    assert booting.value("gdb.selected_inferior().pid") == pid
    output += booting.run("go-boot until add")
    assert "✗" not in output


@pytest.mark.parametrize("command", ["go-boot", "go-boot step", "go-boot until malg"])
def test_asks_before_it_restarts(booting: Session, command: str) -> None:
    """A program past its boot is restarted only after a question, as by GDB's `run`."""
    booting.run("break main.main")
    booting.run("run")
    pid = booting.value("gdb.selected_inferior().pid")
    asked = booting.run(command, "n")
    assert "The program being debugged has been started already." in asked
    assert asked.lower().endswith("program not restarted\n")
    assert booting.value("gdb.selected_inferior().pid") == pid
    output = booting.run(command, "y")
    assert stages(output)[0] == ("malg" if "malg" in command else "entry")
    assert booting.value("gdb.selected_inferior().pid") != pid
    assert "✗" not in output
    assert re.search(r"^1 +breakpoint +keep y ", booting.run("info breakpoints"), re.M)


def test_does_not_ask_without_confirm(booting: Session) -> None:
    booting.run("start")
    booting.quietly("set confirm off")
    assert stages(booting.run("go-boot")) == IDS


def test_users_run_begins_a_new_walk(booting: Session) -> None:
    """A walk does not continue in another process."""
    booting.run("go-boot until schedinit")
    booting.quietly("set confirm off")
    booting.run("starti")
    assert stages(booting.run("go-boot step")) == ["entry"]


def test_many_walks(booting: Session) -> None:
    booting.quietly("set confirm off")
    seen = [stages(booting.run("go-boot")) for _ in range(3)]
    assert seen == [IDS] * 3


def test_adopts_at_any_stage(booting: Session, places: dict[str, str]) -> None:
    """The walk can begin at any stage, with nothing known of those before."""
    booting.quietly("set confirm off")
    for number, stage in enumerate(IDS[1:26], 2):
        booting.run("starti")
        booting.run(f"tbreak *{places[stage]}")
        booting.run("continue")
        output = booting.run("go-boot until add --full")
        assert stages(output) == IDS[number - 1 :], output
        assert "✗" not in output, output


def test_runs_ahead_to_any_stage(booting: Session, places: dict[str, str]) -> None:
    """A user's breakpoint may run from the first stage to any other."""
    booting.quietly("set confirm off")
    for number, stage in enumerate(IDS[2:], 3):
        booting.run("go-boot stop")
        booting.run("starti")
        assert stages(booting.run("go-boot step")) == ["entry"]
        booting.run(f"tbreak *{places[stage]}")
        booting.run("continue")
        output = booting.run("go-boot until add --full")
        assert stages(output) == IDS[number - 1 :], output
        assert "✗" not in output, output


def test_a_later_round_of_the_scheduler_is_not_the_boot(
    booting: Session, places: dict[str, str]
) -> None:
    """A stop at a stage's address counts only during the boot."""
    booting.run("go-boot until g0-stack")
    for place in ("runtime-main", "schedule"):  # runtime.main itself parks, in gcenable
        booting.run(f"tbreak *{places[place]}")
        booting.run("continue")
    assert stages(booting.run("go-boot step"))[-1] == "main-main"


def test_stopped_in_the_dynamic_loader(open_gdb: Open, build: Callable[..., Path]) -> None:
    """In ld.so a PIE is not relocated yet, so addresses read there would be wrong later."""
    session = open_gdb(build("cgo", ("-gcflags", "-N -l", "-buildmode=pie")))
    session.run("starti")
    output = session.run("go-gmp")
    assert output.startswith("the dynamic loader has not handed over to the program yet: ")
    assert output.count("\n") == 1
    assert "✗" not in session.run("go-boot")
    assert "main.main" in session.run("go-stacks 1")
