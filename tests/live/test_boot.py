"""go-boot and its subcommands, in a real GDB with a real program."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gogdb.render import cells
from tests.support.boot_pages import _HEADING, IDS, check_report, claims, marks, stages
from tests.support.session import Open, Session, plain


@pytest.mark.parametrize("width", [80, 120])
def test_whole_walk(open_gdb: Open, boot: Path, width: int) -> None:
    session = open_gdb(boot, width=width)
    output = session.run("go-boot")
    assert stages(output) == IDS
    assert [int(number) for number, _ in _HEADING.findall(output)] == list(range(1, 29))
    found = re.search(r"✓ 28 of 28 stages seen, (\d+) claims checked: every claim held", output)
    assert found
    assert claims(output) == int(found[1]) > 90
    assert "the walk in one picture" in output
    widest = max(map(cells.width, output.split("\n")))
    assert widest == width  # headings take the whole line
    assert "\x1b" not in output
    assert set(marks(session).values()) == {"✓"}


def test_enter_repeats_step(booting: Session) -> None:
    seen = stages(booting.run("go-boot step"))
    while len(seen) < len(IDS) + 2 and seen[-1] != "add":
        output = booting.run("")
        assert len(stages(output)) == 1, output
        seen += stages(output)
    assert seen == IDS
    assert "the whole walk: go-boot step" in output
    assert "every claim held" in booting.run("")
    assert booting.run("go-boot step --json").startswith("the walk is over: ")


@pytest.mark.parametrize(("name", "stage"), [("gogo-sp", 24), ("12", 12), ("gost", 15)])
def test_until_a_stage(booting: Session, name: str, stage: int) -> None:
    output = booting.run(f"go-boot until {name} --full")
    assert stages(output) == IDS[:stage]
    assert booting.run(f"go-boot until {name}").startswith(
        f"stage {stage}, {IDS[stage - 1]}, is where we are: "
    )


def test_enter_after_until_steps(booting: Session) -> None:
    output = booting.run("go-boot until gogo")
    assert "next: go-boot step, Enter" in output
    for stage in ("gogo-sp", "gogo-jmp"):
        assert stages(booting.run("")) == [stage]
    assert booting.run("go-boot until gogo").startswith("stage 23, gogo, is behind us: ")
    assert booting.run("go-boot until gogo-jmp").startswith("stage 25, gogo-jmp, is where we are: ")
    assert stages(booting.run("")) == ["runtime-main"]


def test_until_twice_in_a_script_does_not_step(booting: Session, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("go-boot until gogo\ngo-boot until gogo\n", encoding="ascii")
    assert "stage 23, gogo, is where we are: " in booting.run(f"source {script}")


def test_list_marks_where_the_walk_is(booting: Session) -> None:
    before = marks(booting)
    assert before == dict.fromkeys(IDS, "")
    booting.run("go-boot until malg")
    during = marks(booting)
    assert list(during.values()) == ["✓"] * 13 + ["►"] + [""] * 14
    booting.run("go-boot until add")
    booting.run("kill", "y")
    assert list(marks(booting).values()) == ["✓"] * 28


def test_list_has_the_addresses_of_the_stops(booting: Session) -> None:
    """The addresses in the list are where the walk stops."""
    answer = json.loads(booting.run("go-boot list --json"))
    placed = {stage["id"]: stage["stops"] for stage in answer["stages"]}
    walked = json.loads(booting.run("go-boot --json"))
    for stage in walked["stages"]:
        for stop in stage["stops"]:
            known = placed[stage["id"]][stop["label"]]
            assert known == stop["rip"] or (stop["label"] == "returned" and known is None)


def test_show_repeats_the_card(booting: Session) -> None:
    first = booting.run("go-boot until gogo --full")
    cards = re.split(r"\n(?=━━ \d+/28)", first)
    again = [booting.run(f"go-boot show {name}") for name in IDS[:23]]
    assert [card.strip("\n") for card in cards] == [card.strip("\n") for card in again]
    booting.run("kill", "y")
    assert booting.run("go-boot show gogo") == again[-1]
    assert booting.run("go-boot show add").startswith("stage 28, add, has not been reached: ")


def test_diff_of_two_stages(booting: Session) -> None:
    booting.run("go-boot until gogo-sp")
    output = booting.run("go-boot diff entry tls-g0")
    assert re.search(r"^ +TLS slot +- +g0$", output, re.M), output
    changes = json.loads(booting.run("go-boot diff gogo gogo-sp --json"))["changes"]
    rsp = next(change for change in changes if change["what"] == "rsp")
    assert rsp["after"] == booting.value("hex(gdb.newest_frame().read_register('rsp'))")
    assert booting.run("go-boot diff gogo gogo") != output
    assert booting.run("go-boot diff entry add").startswith("stage 28, add, has not been reached")


def test_stop_and_start_again(booting: Session) -> None:
    booting.run("go-boot until schedinit")
    pc = booting.value("gdb.newest_frame().pc()")
    assert booting.run("go-boot stop").startswith("The walk is ended, 10 of 28 stages seen; ")
    assert booting.value("gdb.newest_frame().pc()") == pc
    assert set(marks(booting).values()) == {""}
    assert booting.run("go-boot stop").startswith("no walk is under way: ")
    booting.quietly("set confirm off")
    assert stages(booting.run("go-boot")) == IDS


def test_json_output_and_report_files(booting: Session, tmp_path: Path) -> None:
    answer = json.loads(booting.run("go-boot --json"))
    check_report(answer)
    output = booting.run(f"go-boot report {tmp_path}/walk.json")
    assert output == f"28 stages written to {tmp_path}/walk.json\n"
    written = json.loads((tmp_path / "walk.json").read_text())
    assert written.pop("runtime").keys() == {"layouts", "constants", "functions"}
    cards = written.pop("cards")
    assert len(cards["stages"]) == len(cards["screens"]["screens"]) == 28
    assert written == answer
    shown = booting.run("go-boot show gogo-sp")
    booting.quietly(f"go-boot show gogo-sp --out {tmp_path}/card.txt")
    assert (tmp_path / "card.txt").read_text() == shown
    booting.quietly(f"go-boot show gogo-sp --json --out {tmp_path}/card.json")
    card = json.loads((tmp_path / "card.json").read_text())
    assert card["stages"] == [answer["stages"][23]]


def test_json_of_every_stop_is_one_document(booting: Session) -> None:
    for number, stage in enumerate(IDS[:6]):
        answer = json.loads(booting.run("go-boot step --json"))
        assert [found["id"] for found in answer["stages"]] == [stage]
        assert answer["summary"]["complete"] is False, number


def test_colour_adds_nothing_but_colour(open_gdb: Open, boot: Path, tmp_path: Path) -> None:
    session = open_gdb(boot, color=True)
    session.run("go-boot until gogo-sp")
    colored = session.run("go-boot show gogo-sp")
    assert colored.count("\x1b[") > 20
    assert set(re.findall(r"\x1b\[[0-9;]*(.)", colored)) == {"m"}
    session.run(f"go-boot show gogo-sp --out {tmp_path}/card.txt")
    session.quietly("set style enabled off")
    black = session.run("go-boot show gogo-sp")
    assert black == plain(colored)
    assert black == (tmp_path / "card.txt").read_text()
    assert "\x1b" not in black + session.run("go-boot list") + session.run("go-gmp")
    session.quietly("set style enabled on")
    assert "\x1b" not in session.run("go-boot show gogo-sp --json")


def test_without_a_terminal(
    batch: Callable[..., subprocess.CompletedProcess[str]], gdbinit: Path, boot: Path
) -> None:
    walk = ("-ex", "set style enabled on", "-ex", "set width 80", "-ex", "go-boot")
    done = batch("-iex", "set auto-load python-scripts off", "-x", gdbinit, *walk, boot)
    assert stages(done.stdout) == IDS
    assert "every claim held" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert done.stderr == ""


@pytest.mark.parametrize(
    "flags",
    [
        ("-gcflags", "all=-N -l"),
        (),
        ("-gcflags", "-N -l", "-buildmode=pie"),
        ("-gcflags", "-N -l", "-ldflags=-w"),
    ],
    ids=" ".join,
)
def test_other_builds(open_gdb: Open, build: Callable[..., Path], flags: tuple[str, ...]) -> None:
    check_report(json.loads(open_gdb(build("boot", flags)).run("go-boot --json")))


@pytest.mark.parametrize("name", ["cgo", "net"])
def test_cgo_skips_two_stages(open_gdb: Open, build: Callable[..., Path], name: str) -> None:
    session = open_gdb(build(name))
    output = session.run("go-boot")
    assert stages(output) == IDS
    assert "26 of 28 stages seen" in output
    assert claims(output) > 80
    rows = marks(session)
    assert [stage for stage, mark in rows.items() if mark != "✓"] == ["settls", "tls-check"]
    assert "cgo" in session.run("go-boot show settls")
