"""Registers of many threads: equal to those of GDB's frames, read at once or one by one."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.builds import DEBUG, Compile
from tests.support.session import Open, Session

THREADS = 24  # at least, as main.go has it

COMPARE = """python
from gogdb.commands.session import session
from gogdb.inferior.arch import Registers
framed = {}
target = session().stopped().target
threads = target.threads()
together = target.registers_of(threads)
alone = {thread: target.registers(thread) for thread in threads}
was, frame = gdb.selected_thread(), gdb.selected_frame()
for thread in threads:
    next(t for t in gdb.selected_inferior().threads() if t.num == thread.number).switch()
    read = gdb.newest_frame().read_register
    values = {name: int(read(name)) % 2**64 for name in target.arch.registers}
    framed[thread] = Registers(target.arch, values)
was.switch()
frame.select()
print("SAME", len(together), together == alone == framed)
end"""

COUNT = """python
from gogdb.gdbhost import target
asked, read_one, read_many = [], target.read_registers, target.read_registers_of
def read_registers(arch, thread):
    asked.append(thread and thread.number)
    return read_one(arch, thread)
def read_registers_of(arch, threads):
    asked.extend(thread.number for thread in threads)
    return read_many(arch, threads)
target.read_registers, target.read_registers_of = read_registers, read_registers_of
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


def test_system_stacks_ask_each_thread_once(stopped: Session) -> None:
    enter(stopped, COUNT)
    answer = json.loads(stopped.run("go-stacks --system --json"))
    assert sum(g["name"].endswith(".g0") for g in answer["goroutines"]) >= THREADS
    asked = json.loads(stopped.value("asked"))
    assert len(set(asked)) >= THREADS
    assert len(asked) <= len(set(asked)) + 1  # the selected thread also by itself
