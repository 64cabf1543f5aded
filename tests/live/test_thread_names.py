"""`set gogdb thread-names on`: GDB shows what each thread runs, and the user's own names stay."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.builds import Compile
from tests.support.parked import Park, attach
from tests.support.process import reads_input, wait_until
from tests.support.session import Open, Session


def names(session: Session) -> dict[int, str | None]:
    """Return GDB's name of each thread, by its number."""
    threads = "{t.num: t.name for t in gdb.selected_inferior().threads()}"
    found = session.value(f"__import__('json').dumps({threads})")
    return {int(number): name for number, name in json.loads(found).items()}


def expected(session: Session) -> dict[int, str]:
    """Return how the name of each thread begins, as go-gmp has the Ms."""
    ms = json.loads(session.run("go-gmp m --json"))["ms"]
    return {
        m["thread"]["number"]: f"m{m['id']}" if m["curg"] is None else f"g{m['curg']}"
        for m in ms
        if m["thread"]
    }


@pytest.fixture
def stopped(open_gdb: Open, compiled: Compile) -> Session:
    session = open_gdb(compiled("created"))
    session.run("break main.works")
    session.run("run")
    return session


def test_names_are_renewed_at_each_stop(stopped: Session) -> None:
    before = names(stopped)
    stopped.quietly("set gogdb thread-names on")
    for _ in range(3):
        shown = names(stopped)
        begin = expected(stopped)
        assert {number: str(shown[number]).split()[0] for number in begin} == begin
        current = int(stopped.value("gdb.selected_thread().num"))
        assert shown[current] == f"{begin[current]} main.works"
        assert f'"{shown[current]}"' in stopped.run("info threads")
        hit = stopped.run("continue")
        # GDB writes this before it reports the stop: not what the thread ran before
        assert re.search(r'^Thread \d+ "created" hit Breakpoint', hit, re.M), hit
    stopped.quietly("set gogdb thread-names off")
    after = names(stopped)
    assert {number: after[number] for number in before} == before
    stopped.run("continue")
    assert {names(stopped)[number] for number in before} == {"created"}


def test_names_that_the_user_gave_stay(stopped: Session) -> None:
    stopped.run("thread name one of mine")
    current = int(stopped.value("gdb.selected_thread().num"))
    stopped.quietly("set gogdb thread-names on")
    assert names(stopped)[current] == "one of mine"
    other = next(number for number in names(stopped) if number != current)
    stopped.run(f"thread {other}")
    stopped.run("thread name another of mine")
    stopped.run("continue")
    assert names(stopped)[current] == "one of mine"
    assert names(stopped)[other] == "another of mine"
    stopped.quietly("set gogdb thread-names off")
    assert names(stopped)[current] == "one of mine"
    assert names(stopped)[other] == "another of mine"


def test_it_can_be_on_before_there_is_a_program(
    park: Park, open_gdb: Open, compiled: Compile
) -> None:
    program = park(compiled("created"))
    session = open_gdb()
    session.quietly("set gogdb thread-names on")
    assert session.run("info threads") == "No threads.\n"
    wait_until(lambda: reads_input(program.pid))
    attach(session, program)
    assert "g1 main.main" in names(session).values()
