"""What the commands of a walk say when the program has gone on without it, or has ended."""

from __future__ import annotations

import json
import re

from gogdb.launch.tools import Go
from tests.support.builds import Builds
from tests.support.places import ROOT
from tests.support.session import Open, Session

PARK = ROOT / "fixtures/park/main.go"


def into_main(session: Session, line: int) -> None:
    """Go to the first stage, and then to a line of main.main by GDB's own commands."""
    session.run("go-boot step")
    session.run(f"tbreak main.go:{line}")
    session.run("continue")


def test_list_says_where_the_program_has_gone(booting: Session) -> None:
    booting.run("go-boot step")
    assert re.search(r"^  ►   1  entry .*  ◄ you are here$", booting.run("go-boot list"), re.M)
    booting.run("tbreak main.main")
    booting.run("continue")
    page = booting.run("go-boot list")
    assert "you are here" not in page
    assert "►" not in page
    gone = "  ! the program has gone on since stage 1, entry, and is in main.main"
    assert gone in page
    assert booting.run("go-boot until entry").startswith("stage 1, entry, is behind us: ")
    booting.quietly("set gogdb lang zh")
    assert "第 1 阶段 entry 之后程序已经前进，现在在 main.main" in booting.run("go-boot list")


def test_stop_counts_the_stages_that_were_seen(booting: Session) -> None:
    into_main(booting, 13)
    card = booting.run("go-boot step")
    assert card.startswith("  → waiting for stage 28, add; Ctrl-C ends that\n")
    assert "━━ 28/28 · add ━" in card
    stopped = "The walk is ended, 2 of 28 stages seen; the program stays where it is.\n"
    assert booting.run("go-boot stop") == stopped


def test_stop_after_the_end_of_the_program(booting: Session) -> None:
    for lang, text in {
        "en": "The walk is ended, 1 of 28 stages seen; the program has ended.\n",
        "zh": "这一趟结束，共 28 个阶段，看到 1 个；程序已经结束。\n",
    }.items():
        booting.quietly(f"set gogdb lang {lang}")
        booting.run("go-boot step")
        booting.finish()
        assert booting.run("go-boot stop") == text


def test_no_stage_is_waited_for_that_is_behind(
    open_gdb: Open, either_go: Go, builds: Builds
) -> None:
    session = open_gdb(builds.fixture("park", either_go))
    lines = PARK.read_text(encoding="utf-8").split("\n")
    (line,) = (number for number, text in enumerate(lines, 1) if "// marker: send" in text)
    into_main(session, line)
    pc = session.value("gdb.newest_frame().pc()")
    for command in ("go-boot step", "go-boot until add", "go-boot predict 3"):
        refused = " ".join(session.run(command).split())
        assert re.match(
            r"the program is in main\.main\+\d+ main\.go:\d+, and all stages that are left are "
            "behind it: `run` or `go-boot` begins anew",
            refused,
        )
        assert session.value("gdb.newest_frame().pc()") == pc
    assert len(json.loads(session.run("go-boot show --json"))["stages"]) == 1


def test_hints_in_a_round_without_a_walk(booting: Session) -> None:
    booting.run("break main.main")
    booting.run("run")
    booting.run("go-boot follow 1")
    assert (
        booting.run("go-boot quiz")
        .replace("\n", " ")
        .startswith(
            "no stage has been seen yet: `go-boot follow` goes on with g1, `go-boot predict` asks"
        )
    )
