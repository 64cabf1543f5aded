"""go-boot while GDB records the program, and after GDB has gone back in its recording."""

from __future__ import annotations

import json
import re

import pytest

from gogdb.launch.tools import Gdb
from tests.support.output import number
from tests.support.session import Session

CANNOT_RECORD = "GDB's recording does not support instruction"
SECOND_THREAD = (
    "the program is about to start its second thread, and GDB records only one: `record stop` ends "
    "the recording, and then the program can go on\n"
)
LIMIT = "warning: GDB keeps the last 200,000 instructions that it records"


def walk(session: Session, stage: str) -> str:
    """Walk on to a stage, recorded; skip the test where GDB does not know the CPU's code."""
    output = session.run(f"go-boot until {stage}")
    if CANNOT_RECORD in output:
        pytest.skip(f"on this CPU: {output.splitlines()[-1]}")
    return output


@pytest.fixture
def recorded(booting: Session) -> Session:
    """A GDB whose program is recorded from the first round of the scheduler on."""
    booting.run("go-boot until schedule")
    booting.quietly("record full")
    return booting


def current(session: Session) -> str:
    """Return the id of the stage that `go-boot list` says we are at, or have gone on from."""
    where = r"► +\d+ +(\w[\w-]*)|has gone on since stage \d+, (\w[\w-]*),"
    found = re.search(where, session.run("go-boot list"))
    return found[1] or found[2] if found else ""


def test_back_over_the_switch_of_stacks(recorded: Session) -> None:
    walk(recorded, "gogo-sp")
    after = number(recorded, "$rsp")
    recorded.run("reverse-stepi")
    before = number(recorded, "$rsp")
    g0 = json.loads(recorded.run("go-stacks g0 --json"))["goroutines"][0]["stack"]
    assert int(g0["lo"], 16) < before <= int(g0["hi"], 16)
    assert not int(g0["lo"], 16) < after <= int(g0["hi"], 16)
    assert current(recorded) == "gogo"
    assert recorded.run("go-boot until gogo").startswith("stage 23, gogo, is behind us: ")
    recorded.quietly("python from gogdb.commands.tui_page import page")
    shown = recorded.value("(lambda parts: [next(parts).text for _ in range(2)])(page())")
    back = r"gone back to \S*gogo\+\d+, gogo-sp lies ahead again"
    assert re.fullmatch(rf"\['23/28 · gogo ✓', '{back}'\]", shown), shown

    card = recorded.run("go-boot step")
    assert "24/28 · gogo-sp" in card
    assert "✗" not in card
    assert number(recorded, "$rsp") == after
    assert current(recorded) == "gogo-sp"
    assert "25/28 · gogo-jmp" in recorded.run("go-boot step")
    assert " internal " not in recorded.run("maint info breakpoints")


def test_what_the_commands_show_of_a_moment_gone_by(recorded: Session) -> None:
    walk(recorded, "runtime-main")
    assert json.loads(recorded.run("go-gobuf 1 --json"))["gobufs"][0]["sp"] in (None, "0x0")
    recorded.run("tbreak *'runtime.gogo'")
    assert "runtime.gogo" in recorded.run("reverse-continue")
    assert current(recorded) == "gogo"
    (answer,) = json.loads(recorded.run("go-gobuf 1 --json"))["gobufs"]
    hi = number(recorded, "$go_g(1).stack.hi")
    assert int(answer["sp"], 16) == hi - 40
    (goroutine,) = json.loads(recorded.run("go-gmp g --json"))["gs"]
    assert goroutine["status"] == "running"
    assert "schedule" in recorded.run("go-stacks g0")

    output = recorded.run("go-boot until runtime-main")
    assert "on the way: 2 stages, gogo-sp to gogo-jmp; 9 claims hold" in output
    assert "26/28 · runtime-main" in output
    assert "✗" not in output


def test_a_recording_that_is_ended_in_the_past(recorded: Session) -> None:
    walk(recorded, "gogo-sp")
    recorded.run("reverse-stepi")
    recorded.run("record stop")
    assert current(recorded) == "gogo"
    card = recorded.run("go-boot step")
    assert "24/28 · gogo-sp" in card
    assert "✗" not in card


def test_stages_are_seen_again_from_an_earlier_one_on(recorded: Session) -> None:
    walk(recorded, "gogo-sp")
    whole = recorded.run("go-boot show findrunnable")
    recorded.run("reverse-continue")  # to where the recording begins
    assert current(recorded) == "schedule"
    recorded.run("go-boot step")
    assert recorded.run("go-boot show") == whole
    assert recorded.run("go-boot show execute").startswith(
        "stage 22, execute, has not been reached"
    )


def test_the_second_thread_is_not_started_while_gdb_records(recorded: Session) -> None:
    """GDB would never come back, and Ctrl-C not end it."""
    walk(recorded, "runtime-main")
    assert walk(recorded, "main-main") == SECOND_THREAD
    assert recorded.run("go-boot step").endswith(SECOND_THREAD)
    recorded.run("reverse-stepi")
    assert recorded.run("go-boot step").endswith(SECOND_THREAD)
    assert recorded.run("go-boot follow 1").endswith(SECOND_THREAD)
    recorded.run("record stop")
    assert "27/28 · main-main" in recorded.run("go-boot step")


def test_recording_a_program_with_threads(booting: Session) -> None:
    booting.run("go-boot until main-main")
    count = int(booting.value("len(gdb.selected_inferior().threads())"))
    threads = f"GDB records one thread, and the program has {count}: "
    assert booting.run("record full").startswith(f"warning: {threads}`stepi` may never return")
    assert booting.run("print 1") == "$1 = 1\n"  # said once
    for command in ("go-boot step", "go-boot follow 1"):
        output = booting.run(command)
        assert output.endswith(
            f"{threads}`record stop` ends the recording, and then the program can go on\n"
        ), output
    booting.run("record stop")
    assert "28/28 · add" in booting.run("go-boot step")


def test_no_warning_when_only_the_selected_thread_runs(booting: Session) -> None:
    booting.run("go-boot until main-main")
    booting.run("set scheduler-locking on")
    booting.quietly("record full")


def test_an_instruction_that_gdb_cannot_record(booting: Session, gdb: Gdb) -> None:
    """RDTSCP, in the vDSO's clock_gettime, which schedinit calls."""
    if not gdb.version.startswith("13."):
        pytest.skip("this GDB can record RDTSCP")
    booting.run("starti")
    booting.quietly("record full")
    *_, last = booting.run("go-boot until procresize").splitlines()
    if "stage 12" in last or CANNOT_RECORD not in last:
        pytest.skip("this machine's vDSO does without RDTSCP")
    assert last.endswith("`record stop` ends the recording, and then the program can go on")
    booting.run("record stop")
    assert "/28 · procresize" in booting.run("go-boot until procresize")


def test_a_recording_that_will_lose_its_beginning(booting: Session) -> None:
    booting.run("starti")
    booting.quietly("record full")
    assert booting.run("go-boot step").startswith(LIMIT)
    assert LIMIT not in booting.run("go-boot step")
    assert "200000" in booting.run("show record full insn-number-max")


def test_a_recording_that_keeps_its_beginning(booting: Session) -> None:
    booting.run("set record full insn-number-max unlimited")
    booting.run("starti")
    booting.quietly("record full")
    assert booting.run("go-boot step").startswith("━━ 1/28 · entry ")
