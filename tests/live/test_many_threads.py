"""Registers of many threads: read at once, and equal to those read one by one."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.builds import DEBUG, Compile
from tests.support.session import Open, Session

THREADS = 24  # at least, as main.go has it

COMPARE = """python
from gogdb.commands.session import session
target = session().stopped().target
threads = target.threads()
together = target.registers_of(threads)
alone = {thread: target.registers(thread) for thread in threads}
selected = target.selected_thread()
print("SAME", len(together), together == {t: r for t, r in alone.items() if t != selected})
end"""

COUNT = """python
import gdb
applied, _execute = [], gdb.execute
def execute(command, *more, **other):
    if command.startswith("thread apply"):
        applied.append(command)
    return _execute(command, *more, **other)
gdb.execute = execute
end"""


@pytest.fixture
def stopped(open_gdb: Open, compiled: Compile) -> Session:
    session = open_gdb(compiled("manythreads", *DEBUG))
    session.run("break main.look")
    session.run("run")
    return session


def enter(session: Session, script: str) -> str:
    *lines, end = script.split("\n")
    for line in lines:
        session.send(line)
    return session.run(end)


@pytest.mark.parametrize("language", ["go", "pascal"])
def test_registers_of_many_threads(stopped: Session, language: str) -> None:
    """Neither the language nor the selected frame matters, and both stay."""
    stopped.run("up")
    stopped.run(f"set language {language}")
    before = stopped.run("thread"), stopped.run("frame")
    same = re.search(r"SAME (\d+) True", enter(stopped, COMPARE))
    assert same
    assert int(same[1]) >= THREADS
    assert (stopped.run("thread"), stopped.run("frame")) == before


def test_system_stacks_ask_for_all_threads_at_once(stopped: Session) -> None:
    enter(stopped, COUNT)
    answer = json.loads(stopped.run("go-stacks --system --json"))
    assert sum(g["name"].endswith(".g0") for g in answer["goroutines"]) >= THREADS
    counts = stopped.run("python print(len(applied), len(set(applied)))")
    asked, different = map(int, counts.split())
    assert asked == different <= 9
