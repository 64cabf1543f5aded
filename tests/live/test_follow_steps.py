"""`go-boot follow` a step at a time: one screen a card, Enter, and what may be done in between."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.process import wait_until
from tests.support.rounds import ONE_P, at, go_on_to, goid, is_running, own_breakpoints, surround
from tests.support.session import Open, Session
from tests.support.suggestions import pasted, suggestions

Build = Callable[..., Path]

PARKS = "gopark mcall mcall-sp waiting schedule next ready runqput execute gogo gogo-sp gogo-jmp"
END = re.compile(r"^  → (the end|到此结束) · ", re.M)
# The fixture, the place where it is stopped, what is followed, and its arguments and environment
ROUNDS = {
    "gopark": ("park", "send", "1 gopark", "", ONE_P),
    "goexit": ("park", "send", "{} goexit", "", ONE_P),
    "queued": ("park", "send", "{}", "", ONE_P),
    "parked": ("park", "close", "{}", "", ONE_P),
    "entersyscall": ("syscall", "write", "{} entersyscall", "", ONE_P),
    "in-syscall": ("syscall", "write", "{}", "", ONE_P),
    "gosched": ("preempt", "yield", "1 gosched", "", ("GOMAXPROCS=2",)),
    "async-preempt": ("preempt", "spin", "{} async-preempt", "", ("GOMAXPROCS=1",)),
    "morestack": ("preempt", "call", "{} morestack", "calls", ONE_P),
}


def step_of(card: str) -> str:
    heading = re.search(r"^━━ \d+ · ([a-z-]+) ━", card, re.M)
    assert heading, card
    return heading[1]


def cards(session: Session, first: str, following: str) -> Iterator[str]:
    """Run the command `first`, and `following` until the round ends; yield each card."""
    card = session.run(first)
    while not END.search(card):
        yield card
        card = session.run(following)
    yield card


@pytest.fixture
def sending(open_gdb: Open, build: Build) -> Session:
    """main is about to send to a consumer that has not run yet, with one P."""
    session = open_gdb(build("park"))
    surround(session, *ONE_P)
    at(session, "park", "send")
    return session


@pytest.fixture
def spinning(open_gdb: Open, build: Build) -> tuple[Session, int]:
    """A goroutine is in an endless loop and never parks."""
    session = open_gdb(build("preempt"))
    surround(session, *ONE_P[1:])
    at(session, "preempt", "yield")
    return session, goid(session)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_enter_goes_through_a_round(sending: Session, lang: str) -> None:
    sending.quietly(f"set gogdb lang {lang}")
    sending.quietly("set height 24")  # the pager would make this hang
    shown = list(cards(sending, "go-boot follow 1 gopark", ""))
    assert " ".join(map(step_of, shown)) == f"{PARKS} back"
    assert [card for card in shown if not 10 < card.count("\n") <= 22] == []
    assert sending.run("") == ""  # Enter does not begin another round
    assert own_breakpoints(sending) == []


@pytest.mark.parametrize("name", ROUNDS)
def test_suggestions_have_their_answers(open_gdb: Open, build: Build, name: str) -> None:
    fixture, marker, words, arguments, environment = ROUNDS[name]
    session = open_gdb(build(fixture))
    surround(session, *environment)
    session.quietly(f"set args {arguments}")
    at(session, fixture, marker)
    command = f"go-boot follow {words.format(goid(session))}"
    for card in cards(session, command, "go-boot follow"):
        assert suggestions(card), card
        for suggestion, expected in suggestions(card):
            assert (suggestion, pasted(session, suggestion)) == (suggestion, expected), card


def test_what_is_waited_for_is_said_at_once(spinning: tuple[Session, int]) -> None:
    session, spin = spinning
    pid = int(session.value("gdb.selected_inferior().pid"))
    for command in (f"go-boot follow {spin} gopark", ""):  # Enter goes on waiting
        session.send(command)
        waiting = session.wait_for("; Ctrl-C ends it\r\n")
        assert waiting == f"  → waiting for g{spin} to park"
        wait_until(lambda: is_running(pid))
        assert "  ! interrupted; seen until then: 0 steps\n" in session.interrupt()
    assert own_breakpoints(session) == []
    assert session.run("p 6 * 7").endswith("= 42\n")


def test_signal_on_the_way(spinning: tuple[Session, int]) -> None:
    session, spin = spinning
    session.run("handle SIGUSR1 stop print nopass")
    pid = int(session.value("gdb.selected_inferior().pid"))
    session.send(f"go-boot follow {spin} gopark")
    session.wait_for("Ctrl-C ends it\r\n")
    wait_until(lambda: is_running(pid))
    os.kill(pid, signal.SIGUSR1)
    assert "! the program stopped: SIGUSR1; seen until then: 0 steps" in session.ready()
    assert own_breakpoints(session) == []


def test_the_program_may_be_run_between_two_steps(sending: Session) -> None:
    assert step_of(sending.run("go-boot follow 1 gopark")) == "gopark"
    assert step_of(sending.run("go-boot follow")) == "mcall"
    sending.run("stepi")  # the instruction that loads rsp
    assert step_of(sending.run("go-boot follow 1 gopark")) == "mcall-sp"
    sending.run("stepi 3")
    sending.run("thread apply all backtrace 1")
    sending.run("go-boot list")
    assert step_of(sending.run("go-boot follow")) == "waiting"
    sending.run("break runtime.chanrecv")  # where the consumer is before it wakes main up
    assert "main.consumer" in sending.run("continue") + sending.run("bt")
    card = sending.run("go-boot follow")  # its thread runs another goroutine
    assert "━━ 5 · ready ━" in card
    assert own_breakpoints(sending) == []
    assert "runtime.chanrecv" in sending.run("info breakpoints")


def test_goroutine_that_has_gone_on(sending: Session) -> None:
    sending.run("go-boot follow 1 gopark")
    sending.run("tbreak main.go:22")
    sending.run("continue")
    card = sending.run("go-boot follow")
    assert card.startswith("  ! g1 has gone on since step 1, gopark: its next round begins here\n")
    assert "━━ 1 · gopark ━" in card


def test_end_of_the_program_between_two_steps(sending: Session) -> None:
    sending.quietly("set confirm off")
    sending.run("go-boot follow 1 gopark")
    sending.run("kill")
    assert sending.run("go-boot follow").startswith("the program is not running: ")
    at(sending, "park", "send")
    assert "━━ 1 · gopark ━" in sending.run("go-boot follow 1 gopark")
    assert sending.run("go-boot follow 1 goexit").startswith("  → waiting for g1 to end; ")


# What somebody who knows the scheduler answers before each step; "-" where nothing is asked
RIGHT = "($rsp+8) ($go_g(1).sched.sp) waiting - 6 c runnext c - b 0 -"


def test_predictions(sending: Session) -> None:
    """The second one is wrong."""
    sending.quietly("set height 24")
    sending.run("go-boot follow 1 gopark")
    shown = []
    for answer in RIGHT.split():
        shown.append(sending.run(f"go-boot predict {answer.strip('-')}".rstrip()))
        assert shown[-1].count("\n") <= 22
    assert " ".join(map(step_of, shown)) == f"{PARKS} back".partition(" ")[2]
    asked = [card for card in shown if "✓ Yes, " in card or "✗ No" in card]
    assert len(asked) == 9
    assert asked[0].endswith("  → right so far: 1 of 1\n")
    assert "✗ No: this has just been saved" in asked[1]
    assert "→ the answer is 0x" in asked[1]
    assert shown[-1].endswith("your predictions: 8 of 9 right\n")


def test_question_at_a_terminal(sending: Session) -> None:
    sending.quietly("set gogdb predict on")
    sending.run("go-boot follow 1 gopark")
    sending.send("go-boot follow")
    assert "before step 2: what will it show?" in sending.wait_for("(an empty line: none): ")
    sending.send("")
    assert "→ the answer is 0x" in sending.ready()
    sending.send("")  # Enter goes on and asks again
    sending.wait_for("(an empty line: none): ")
    sending.child.sendeof()
    sending.ready()
    assert "━━ 2 · mcall ━" in sending.run("go-boot show")


def test_try_runs_a_suggestion(sending: Session) -> None:
    card = sending.run("go-boot follow 1 gopark")
    (command, answer), _ = suggestions(card)
    assert sending.run("go-boot try 1").replace("\t", "  ") == f"(gdb) {command}\n{answer}\n"
    assert json.loads(sending.run("go-boot try --json"))["id"] == "gopark"


def test_show_and_stop(sending: Session) -> None:
    sending.run("go-boot follow 1 gopark")
    sending.run("go-boot follow")
    whole = sending.run("go-boot show")
    assert whole.startswith("━━ 2 · mcall ━")
    assert "✓ gobuf.sp, 0x" in whole  # the claims are written out
    (shown,) = json.loads(sending.run("go-boot show --json"))["stages"]
    assert (shown["id"], shown["number"]) == ("mcall", 2)
    stopped = "The round of g1 is ended after 2 steps; the program stays where it is.\n"
    assert sending.run("go-boot stop") == stopped
    assert sending.run("go-boot stop").startswith("no walk is under way: ")


def test_the_boot_is_not_begun_anew_in_a_round(sending: Session) -> None:
    sending.run("go-boot follow 1 gopark")
    goes_on = (
        "g1 is being followed, and is at step 1, gopark: `go-boot follow` goes on with it, "
        "`go-boot stop` ends that\n"
    )
    for command in ("go-boot step", "go-boot until add"):
        assert sending.run(command) == goes_on
    assert step_of(sending.run("go-boot follow")) == "mcall"


@pytest.mark.parametrize("mode", ["remote", "extended-remote"])
def test_a_round_over_gdbserver(open_gdb: Open, build: Build, gdbserver: Path, mode: str) -> None:
    park = build("park")
    session = open_gdb(park)
    session.run(f"target {mode} | env -i {' '.join(ONE_P)} {gdbserver} - {park}")
    go_on_to(session, "park", "send")
    assert len(json.loads(session.run("go-gmp m --json"))["ms"]) > 1
    shown = list(cards(session, "go-boot follow 1 gopark", ""))
    assert " ".join(map(step_of, shown)) == f"{PARKS} back"
    assert "✗" not in "".join(shown)
    assert own_breakpoints(session) == []
