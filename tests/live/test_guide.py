"""The guided walk: its suggestions, one screen for each card, and the quiz."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from jsonschema import Draft202012Validator

from gogdb.boot.stages import STAGES
from gogdb.launch import fixture
from gogdb.launch.tools import Go
from tests.support import gdb_log
from tests.support.builds import Builds
from tests.support.session import Open, Session
from tests.support.suggestions import pasted, suggestions
from tests.support.terminal import end

SCHEMA = Path(__file__).parents[2] / "docs/schema/go-boot-quiz.json"
BUILDS = {
    "debug": fixture.FLAGS,
    "pie": ("-gcflags", "-N -l", "-buildmode=pie"),
    "optimized": (),
    "stripped of DWARF": ("-gcflags", "-N -l", "-ldflags=-w"),
}
QUIET = "set confirm off"


def walked(session: Session) -> dict[str, list[tuple[str, str]]]:
    """Walk to the end, and paste the suggestions of every stage."""
    tried = {}
    for stage in STAGES:
        card = session.run("go-boot step")
        assert card.startswith(f"━━ {stage.number}/28 · {stage.id} ━")
        tried[stage.id] = suggestions(card)
        for command, expected in tried[stage.id]:
            assert (stage.id, command, pasted(session, command)) == (stage.id, command, expected)
    return tried


@pytest.mark.parametrize("build", BUILDS)
def test_every_suggestion_has_its_answer(
    open_gdb: Open, either_go: Go, builds: Builds, build: str
) -> None:
    tried = walked(open_gdb(builds.fixture("boot", either_go, BUILDS[build])))
    if build == "stripped of DWARF":  # only commands that need no types
        assert sum(map(len, tried.values())) > 10
        assert all("go_g" not in command for found in tried.values() for command, _ in found)
    else:
        assert [stage for stage, found in tried.items() if len(found) != 2] == []


def test_suggestions_with_cgo(open_gdb: Open, build: Callable[..., Path]) -> None:
    tried = walked(open_gdb(build("cgo")))
    assert [stage for stage, found in tried.items() if not found] == ["settls", "tls-check"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_card_fits_one_screen(open_gdb: Open, boot: Path, lang: str) -> None:
    session = open_gdb(boot)
    session.quietly(f"set gogdb lang {lang}")
    session.quietly("set height 24")
    for stage in STAGES:
        card = session.run("go-boot step")  # the pager would make this hang
        assert 10 < card.count("\n") <= 22, stage.id
    assert 10 < session.run("go-boot step").count("\n") <= 22  # the summary
    session.quietly(QUIET)
    session.run("kill")
    for name in ("save", "gogo-sp", "add"):
        card = session.run(f"go-boot until {name}")
        assert 10 < card.count("\n") <= 22
        assert name in card


def test_a_taller_terminal_shows_more(open_gdb: Open, boot: Path) -> None:
    session = open_gdb(boot, width=120)
    session.quietly("set height 40")
    tall = [session.run("go-boot step").count("\n") for _ in STAGES]
    assert max(tall) <= 38
    assert sum(tall) > 28 * 25


def test_until_lists_the_stages_it_passed(booting: Session) -> None:
    output = booting.run("go-boot until gogo-sp")
    assert re.match(r"  → on the way: 23 stages, entry to gogo; \d+ claims hold\n", output)
    assert booting.run("go-boot show") == booting.run("go-boot show gogo-sp")
    assert "◄ you are here" in booting.run("go-boot list")
    output = booting.run("go-boot until 24")
    assert output.startswith("stage 24, gogo-sp, is where we are: `go-boot step` goes on")
    output = booting.run("go-boot until 3")
    assert output.startswith("stage 3, g0-stack, is behind us: `go-boot step` goes on")


def test_failed_claim_is_written_out(booting: Session) -> None:
    booting.run("python from gogdb.boot.stages import rt0; rt0.TLS_MAGIC = 0x124")
    booting.run("go-boot until settls")
    card = booting.run("go-boot step")
    assert "✗ 0x123, written through fs" in card
    assert "claim holds" not in card
    assert "a failing claim" not in card
    booting.quietly(QUIET)
    booting.run("kill")
    assert "✗ tls-check: 0x123, written through fs" in booting.run("go-boot until m0-g0")


def check(session: Session, words: str) -> dict[str, object]:
    """Return the JSON of `go-boot quiz`."""
    answer: dict[str, object] = json.loads(session.run(f"go-boot quiz {words} --json"))
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    wrong = [error.message for error in Draft202012Validator(schema).iter_errors(answer)]
    assert (words, wrong) == (words, [])
    return answer


def test_quiz_judges_values(booting: Session) -> None:
    assert booting.run("go-boot quiz").startswith("no stage has been seen yet: ")
    booting.run("go-boot until rt0-go")
    asked = check(booting, "")
    assert (asked["id"], asked["options"], asked["right"]) == ("rt0-go", None, None)
    for answer in ("$rsp", "0", "1", "7fffffffe6c0"):
        assert check(booting, answer)["right"] is False
    for answer in (
        "$rsi",
        "$rsp + 8",
        "rt0-go $rsp+8",
        booting.value("gdb.parse_and_eval('$rsi')"),
    ):
        assert check(booting, answer)["right"] is True
    booting.run("go-boot until tls-g0")
    assert booting.run("go-boot quiz g0-s b").startswith("  ✓ Yes, the thread's own: hi is 0x")
    assert booting.run("go-boot quiz g0-s a").startswith("  ✗ No: there is no heap yet")
    assert booting.run("go-boot quiz g0 (B)").startswith("  ✓")
    assert booting.run("go-boot quiz g0 thread").startswith("  ✓")
    assert booting.run("go-boot quiz 3 b").startswith("  ✓ Yes, the thread's own: hi is 0x")
    assert check(booting, "3")["right"] is False
    assert booting.run("go-boot quiz g0 x").startswith("x is not one of the choices: ")
    assert booting.run("go-boot quiz $nothing(").startswith("$nothing(: ")
    assert booting.run("go-boot quiz add").startswith("stage 28, add, has not been seen: ")
    booting.run("go-boot until save")
    assert check(booting, '$go_g("g0").sched.sp')["right"] is True
    booting.run("go-boot step")
    assert booting.run("go-boot quiz g0").startswith("  ✗ g0 is the g in the TLS slot")


def test_every_question_can_be_asked(open_gdb: Open, either_go: Go, builds: Builds) -> None:
    booting = open_gdb(builds.fixture("boot", either_go))
    booting.run("go-boot until add")
    for stage in STAGES:
        asked = check(booting, stage.id)
        options = asked["options"]
        if isinstance(options, dict):
            answers = [f"{stage.id} {letter}" for letter in options]
            assert [check(booting, answer)["right"] for answer in answers].count(True) == 1
        assert asked["question"]


@pytest.mark.parametrize("way", ["empty", "control-c", "control-d"])
def test_a_question_at_a_terminal(booting: Session, way: str) -> None:
    booting.run("go-boot until g0-stack")
    ask = "an empty line: not now): "
    booting.send("go-boot quiz")
    assert "Whose memory" in booting.wait_for(ask)
    booting.send("c")
    assert "in .bss" in booting.wait_for(ask)
    booting.send("$(")
    assert "is not one of the choices" in booting.wait_for(ask)
    if way == "empty":
        booting.send("")
    elif way == "control-c":
        booting.child.sendintr()
    else:
        booting.child.sendeof()
    booting.ready()
    assert booting.run("p 6 * 7") == "$1 = 42\n"
    booting.send("go-boot quiz")
    booting.wait_for(ask)
    booting.send("b")
    assert "✓ Yes" in booting.ready()
    assert booting.run("") == ""  # Enter does not repeat the question
    assert booting.run("go-boot step").startswith("━━ 4/28 · settls")


def test_q_at_the_pager(open_gdb: Open, boot: Path) -> None:
    session = open_gdb(boot)
    session.run("go-boot until gogo")
    session.quietly("set height 12")
    session.send("go-boot step")
    session.wait_for("--Type <RET> for more")
    session.send("q")
    session.ready()
    session.quietly("set height 0")
    assert session.run("show width").startswith("Number of characters gdb thinks")
    assert "80" in session.run("show width")
    assert session.run("go-boot step").startswith("━━ 25/28 · gogo-jmp")
    assert session.run("info breakpoints").startswith("No breakpoints")


def test_no_question_without_a_terminal(
    batch: Callable[..., object], gdbinit: Path, boot: Path
) -> None:
    words = ("-ex", "go-boot until g0-stack", "-ex", "go-boot quiz", "-ex", "go-boot quiz b")
    done = batch("-iex", "set auto-load python-scripts off", "-x", gdbinit, *words, boot)
    output = done.stdout  # type: ignore[attr-defined]
    assert "answer: `go-boot quiz g0-stack ANSWER`" in output
    assert "✓ Yes, the thread's own: hi is" in output


def test_enter_from_the_first_card_on(gdb: object, boot: Path) -> None:
    """`gogdb demo --step` in a terminal of 24 lines: the pager never asks to continue."""
    from gogdb.launch import debugger

    command, *words = debugger.demo(gdb, boot, "en", True)  # type: ignore[arg-type]
    terminal = pexpect.spawn(
        command, words, env={**os.environ, "TERM": "dumb"}, dimensions=(24, 80), encoding="utf-8"
    )
    terminal.delaybeforesend = None
    terminal.logfile_read = gdb_log.new()
    for number in range(1, 29):
        terminal.expect_exact([f"{number}/28 · "], timeout=60)
        assert terminal.expect_exact(["(gdb) ", "--Type"], timeout=60) == 0
        terminal.sendline("go-boot step" if number == 1 else "")
    end(terminal)
