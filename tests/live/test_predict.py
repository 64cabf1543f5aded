"""`go-boot predict` and `go-boot try`: a question before each stage, suggestions run by number."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pexpect
import pytest
from jsonschema import Draft202012Validator

from gogdb.boot.find import find_stage
from gogdb.boot.stages import STAGES
from gogdb.i18n import texts
from gogdb.launch import debugger
from gogdb.launch.tools import Gdb, Go
from gogdb.render.cells import width
from tests.support import gdb_log
from tests.support.builds import Builds
from tests.support.schema import SCHEMAS
from tests.support.session import Open, Session
from tests.support.terminal import end

ASK = "(an empty line: none): "
BUILDS = {
    "optimized": (),
    "pie": ("-gcflags", "-N -l", "-buildmode=pie"),
}
# What somebody who knows Go's runtime answers before each stage; GOMAXPROCS is 2
RIGHT = {
    "entry": "argc",
    "rt0-go": "$rsp + 8",
    "g0-stack": "B",
    "settls": "fs",
    "tls-check": "b)",
    "tls-g0": "0",
    "m0-g0": "g0",
    "args": "&'runtime.g0'",
    "osinit": str(len(os.sched_getaffinity(0))),
    "schedinit": "0x0",
    "mcommoninit": "1",
    "procresize": " 1 ",
    "newproc": "(c)",
    "malg": "dead",
    "gostartcall": "0x28",
    "runnable": "Runnable",
    "runqput": "runnext",
    "mstart": "above",
    "save": "$rsp",
    "schedule": "none",
    "findrunnable": "c",
    "execute": "g0",
    "gogo": "$go_g(1).stack.hi - 40",
    "gogo-sp": "g0",
    "gogo-jmp": "0",
    "runtime-main": "goexit",
    "main-main": "g1",
    "add": "24 bytes",
}
# Typical misunderstandings, each of which has an explanation of its own: the trap or the option
WRONG = {
    "entry": ("return", "a"),
    "rt0-go": ("argc", "$rsp"),
    "g0-stack": ("bss", "bss"),
    "settls": ("r14", "r14"),
    "tls-check": ("trusts", "c"),
    "tls-g0": ("main", "1"),
    "m0-g0": ("curg", "curg"),
    "args": ("m0", "&'runtime.m0'"),
    "osinit": ("none", "0"),
    "schedinit": ("m0", "1"),
    "mcommoninit": ("max", "10,000"),
    "procresize": ("count", "2"),
    "newproc": ("code", "code"),
    "malg": ("idle", "idle"),
    "gostartcall": ("up", "24"),
    "runnable": ("running", "running"),
    "runqput": ("runq", "runq"),
    "mstart": ("lo", "lo"),
    "save": ("pushed", "$rsp - 8"),
    "schedule": ("g0", "g0"),
    "findrunnable": ("running", "running"),
    "execute": ("g1", "g1"),
    "gogo": ("hi", "$go_g(1).stack.hi"),
    "gogo-sp": ("g1", "g1"),
    "gogo-jmp": ("rsp", "$rsp"),
    "runtime-main": ("gogo", "b"),
    "main-main": ("new", "new"),
    "add": ("fp", "0x10"),
}


def predict(session: Session, answer: str = "") -> dict[str, Any]:
    """Return the JSON of `go-boot predict`."""
    given: dict[str, Any] = json.loads(session.run(f"go-boot predict {answer} --json"))
    schema = json.loads((SCHEMAS / "go-boot-predict.json").read_text(encoding="utf-8"))
    wrong = [error.message for error in Draft202012Validator(schema).iter_errors(given)]
    assert (answer, wrong) == (answer, [])
    return given


def all_right(session: Session, absent: tuple[str, ...] = ()) -> None:
    """Walk to the end with the right prediction at every stage."""
    count = 0
    for stage in STAGES:
        if stage.id in absent:
            session.run("go-boot step")
            continue
        given, count = predict(session, RIGHT[stage.id]), count + 1
        assert (given["id"], given["right"], given["why"] is None) == (stage.id, True, False)
        assert given["explanation"] == f"Yes, {given['why']}"
        assert given["score"] == {"right": count, "count": count}
    assert session.run("go-boot step").endswith(f"  ✓ your predictions: {count} of {count} right\n")


def test_right_predictions(open_gdb: Open, either_go: Go, builds: Builds) -> None:
    all_right(open_gdb(builds.fixture("boot", either_go)))


@pytest.mark.parametrize("build", BUILDS)
def test_right_predictions_in_other_builds(
    open_gdb: Open, go: Go, builds: Builds, build: str
) -> None:
    all_right(open_gdb(builds.fixture("boot", go, BUILDS[build])))


def test_right_predictions_with_cgo(open_gdb: Open, build: Callable[..., Path]) -> None:
    all_right(open_gdb(build("cgo")), absent=("settls", "tls-check"))


def test_wrong_predictions(open_gdb: Open, either_go: Go, builds: Builds) -> None:
    """Each has its own explanation; a question does not show what its stage will."""
    session = open_gdb(builds.fixture("boot", either_go))
    catalogue = texts("en", "questions")
    for stage in STAGES:
        asked = predict(session)
        assert (asked["id"], asked["right"], asked["why"]) == (stage.id, None, None)
        name, answer = WRONG[stage.id]
        given = predict(session, answer)
        assert (given["id"], given["right"]) == (stage.id, False)
        pattern = re.sub(r"\\\{.*?\}", ".*", re.escape(catalogue[stage.id]["wrong"][name]))
        assert re.fullmatch(pattern, given["explanation"]), stage.id
        assert (given["question"], given["answer"]) == (asked["question"], answer)
    assert given["score"] == {"right": 0, "count": len(STAGES)}
    assert session.run("go-boot step").endswith("  → your predictions: 0 of 28 right\n")


def test_predictions_at_a_terminal(booting: Session) -> None:
    booting.run("go-boot until osinit")
    booting.send("go-boot predict")
    asked = booting.wait_for(ASK)
    assert asked.startswith("before stage 10, schedinit: what will it show?\nThis thread is m0's.")
    booting.send("$(")
    assert "Ctrl-D or q leaves the question" in booting.wait_for(ASK)
    booting.send("$rsp - $rsp + 1")
    shown = booting.ready()
    assert shown.startswith("━━ 10/28 · schedinit ━")
    assert "next: go-boot predict, Enter · all: go-boot show\n\n" in shown
    assert "→ your prediction: $rsp - $rsp + 1 = 0x1\n  ✗ Not yet: m0 exists, but" in shown
    assert "→ the answer is 0: allm is nil." in shown
    assert shown.endswith("  → right so far: 0 of 1\n")
    booting.send("")  # Enter asks about the next stage
    assert "before stage 11, mcommoninit" in booting.wait_for(ASK)
    booting.send("")
    shown = booting.ready()
    assert shown.startswith("━━ 11/28 · mcommoninit ━")
    assert shown.endswith("\n\n  → the answer is 1: m0 took 0, and sched.mnext moved on.\n")


@pytest.mark.parametrize("way", ["control-c", "control-d"])
def test_leaving_a_question(booting: Session, way: str) -> None:
    booting.run("go-boot until runtime-main")
    booting.quietly("set gogdb predict on")
    booting.send("go-boot step")
    assert "before stage 27, main-main" in booting.wait_for(ASK)
    if way == "control-c":
        booting.child.sendintr()
    else:
        booting.child.sendeof()
    booting.ready()
    assert booting.run("p 6 * 7") == "$1 = 42\n"
    assert booting.run("go-boot show").startswith("━━ 26/28 · runtime-main")
    step = json.loads(booting.run("go-boot step --json"))  # nothing is asked
    assert [stage["id"] for stage in step["stages"]] == ["main-main"]
    booting.send("go-boot step")
    booting.wait_for(ASK)
    booting.send("24")
    shown = booting.ready()
    assert "next: go-boot" not in shown
    assert shown.endswith("  ✓ your predictions: 1 of 1 right\n")
    booting.quietly("set gogdb predict off")
    assert booting.run("go-boot step").endswith("  ✓ your predictions: 1 of 1 right\n")
    assert booting.run("go-boot predict").endswith("  ✓ your predictions: 1 of 1 right\n")


def test_answer_that_is_none(booting: Session) -> None:
    booting.run("go-boot until rt0-go")
    assert booting.run("go-boot predict x").startswith("x is not one of the choices: answer with")
    assert predict(booting)["id"] == "g0-stack"  # the program stays where it is
    booting.run("go-boot predict thread")
    booting.run("go-boot predict rsp")
    answer = booting.run("go-boot predict rsp --json")
    assert answer.startswith("rsp is not one of the choices")


def test_prediction_about_a_stage_that_is_missed(booting: Session) -> None:
    booting.run("go-boot until schedule")
    booting.run("tbreak runtime.gogo")
    booting.run("continue")
    booting.run("stepi")
    shown = booting.run("go-boot predict runnable")
    assert "Missed: stages 21 to 23" in shown
    assert "━━ 24/28 · gogo-sp" in shown
    assert "→ no answer to it in this run: findrunnable does not count" in shown
    assert "right so far" not in shown


def test_predictions_without_a_terminal(
    batch: Callable[..., Any], gdbinit: Path, boot: Path
) -> None:
    words = ["set gogdb predict on", "go-boot step", "go-boot predict", "go-boot predict '$rsp+8'"]
    words[-1] = "go-boot predict $rsp+8"
    execute = [word for command in words for word in ("-ex", command)]
    output = batch("-iex", "set auto-load python-scripts off", "-x", gdbinit, *execute, boot).stdout
    assert output.count("1/28 · entry") == 1
    assert "  → predict: `go-boot predict ANSWER`; `go-boot step` goes on without\n" in output
    assert re.search(r"→ your prediction: \$rsp\+8 = 0x\w+\n  ✓ Yes, 0x", output)
    assert output.count("2/28 · rt0-go") == 1


def test_try_runs_a_suggestion(booting: Session) -> None:
    assert booting.run("go-boot try 1").startswith("no stage has been seen yet: ")
    card = booting.run("go-boot until tls-g0")
    first = booting.run("go-boot try 1")
    assert first == "(gdb) x/gx $fs_base - 8\n" + booting.run("x/gx $fs_base - 8")
    assert "try 1  x/gx $fs_base - 8   " in card
    both = booting.run("go-boot try")
    assert both.startswith(first + "(gdb) p/x &'runtime.g0'\n$1 = 0x")
    assert both.count("\n") == 4
    tries = json.loads(booting.run("go-boot try 2 --json"))
    assert (tries["id"], tries["number"]) == ("tls-g0", 6)
    (answer,) = tries["tries"]
    assert answer["output"] == f"$2 = {answer['answer']}"
    for number in ("0", "3", "x"):
        error = f"no suggestion {number} on the card of tls-g0: there are 2\n"
        assert booting.run(f"go-boot try {number}") == error
    booting.run("stepi")
    note = "  ! the program has gone on: the card has the answers at tls-g0\n"
    assert booting.run("go-boot try 2").endswith(note)
    booting.quietly("set confirm off")
    booting.run("kill")
    assert booting.run("go-boot try 1").startswith("the program is not running any more: ")


def test_answers_to_suggestions_are_those_on_the_card(booting: Session) -> None:
    for stage in ("g0-stack", "malg", "save", "gogo-sp", "add"):
        booting.run(f"go-boot until {stage}")
        for suggestion in json.loads(booting.run("go-boot try --json"))["tries"]:
            output = re.sub(r"^\$\d+ = ", "", suggestion["output"])
            assert (stage, output) == (stage, suggestion["answer"])


def test_a_command_is_no_answer(booting: Session) -> None:
    """Of the questions, one is for a number and one for an option."""
    hints = {"schedinit": "a number or a GDB expression", "malg": "one of a, b, c"}
    for stage, hint in hints.items():
        booting.run(f"go-boot until {STAGES[find_stage(stage).number - 2].id}")
        booting.send("go-boot predict")
        booting.wait_for(ASK)
        lines = {"go-bot step": "go-boot", "stp": "step", "p 1": "p", "go-gmp --help": "go-gmp"}
        for line, command in lines.items():
            booting.send(line)
            refused = " ".join(booting.wait_for(ASK).split())
            assert f"! {line} looks like a command, {command}: answer with {hint}" in refused
        booting.send(RIGHT[stage])
        assert "right so far: " in booting.ready()
    assert predict(booting)["score"] == {"right": 2, "count": 2}


def test_a_letter_is_no_answer_and_q_leaves_the_question(booting: Session) -> None:
    booting.run("go-boot until osinit")
    for leaving in ("q", "quit"):
        booting.send("go-boot predict")
        booting.wait_for(ASK)
        for line in ("x", "b", "c"):
            booting.send(line)
            refused = " ".join(booting.wait_for(ASK).split())
            assert f"! {line} is no answer: answer with a number or a GDB expression" in refused
            assert "→ Ctrl-D or q leaves the question" in refused
        booting.send("foo")
        assert "looks like a command" not in booting.wait_for(ASK)
        booting.send(leaving)
        assert "━━" not in booting.ready()


def test_errors_at_a_question_are_whole_and_in_the_language(booting: Session) -> None:
    booting.quietly("set gogdb lang zh")
    booting.run("go-boot until osinit")
    booting.send("go-boot predict")
    booting.wait_for("（空行表示不预测）：")
    booting.send("$rsp + nosuchvariable - 'runtime.g0'.stack.hi + 'runtime.g0'.stack.lo")
    shown = booting.wait_for("（空行表示不预测）：")
    assert "in current context" in " ".join(shown.split())
    assert "请用一个数或GDB表达式回答" in "".join(shown.split())
    assert max(map(width, shown.splitlines())) <= 80
    assert "按 Ctrl-D 或输入 q 离开提问" in shown


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_question_and_its_card_never_meet_the_pager(gdb: Gdb, boot: Path, lang: str) -> None:
    """`gogdb demo --step --predict` in a terminal of 24 lines, with something to refuse."""
    command, *words = debugger.demo(gdb, boot, lang, step=True, predict=True)
    terminal = pexpect.spawn(
        command,
        words,
        env={**os.environ, "TERM": "dumb", "LC_ALL": "C.UTF-8"},
        dimensions=(24, 80),
        encoding="utf-8",
    )
    terminal.delaybeforesend = None
    terminal.logfile_read = gdb_log.new()
    asks = {"en": ASK, "zh": "（空行表示不预测）："}[lang]
    for stage in STAGES:
        for line in ("nosuchvariable", "go-bot step"):
            terminal.expect_exact(asks, timeout=60)
            terminal.sendline(line)
        terminal.expect_exact(asks, timeout=60)
        terminal.sendline(WRONG[stage.id][1])
        terminal.expect_exact(f"{stage.number}/28 · {stage.id}", timeout=60)
        assert terminal.expect_exact(["(gdb) ", "--Type"], timeout=60) == 0
        terminal.sendline("go-boot step" if stage.number == 1 else "")
    end(terminal)


@pytest.mark.parametrize(
    "answer",
    ["'runtime.g0'.goid = 5", "$rsp=0", "'runtime.g0'.goid++", "$rsp <<= 1", "'runtime.abort'()"],
)
def test_answers_only_read(booting: Session, answer: str) -> None:
    booting.run("go-boot until tls-check")
    rsp = booting.value("int(gdb.selected_frame().read_register('rsp'))")
    booting.send("go-boot predict")
    booting.wait_for(ASK)
    booting.send(answer)
    refused = " ".join(booting.wait_for(ASK).split())
    assert f"{answer} changes a value" in refused or "may-call-functions is off" in refused
    same = f"$rsp == {rsp} && 'runtime.g0'.goid <= 0"
    booting.send(same)
    assert f"your prediction: {same} = 0x1" in " ".join(booting.ready().split())
    assert booting.value("gdb.parameter('may-call-functions')") == "True"
