"""What a failed test reports about a GDB that does not answer; a test ends what it has started."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from itertools import chain, repeat
from pathlib import Path

import pytest

from tests.support.builds import DEBUG, Compile
from tests.support.parked import attach, parked_process
from tests.support.process import end
from tests.support.proxy import proxy
from tests.support.session import NoAnswerError, Open, Session


def test_no_answer(booting: Session) -> None:
    booting.run("break main.main")
    booting.run("run")
    program = booting.value("gdb.selected_inferior().pid")
    booting.send("python print('one line'); import signal; signal.pause()")
    booting.wait_for("one line")
    booting.child.timeout = 1  # s
    with pytest.raises(NoAnswerError) as error:
        booting.ready()
    said = str(error.value)
    assert "one line\n" in said
    processes = dict(re.findall(r"^process (\d+): .*\n((?:  .*\n)+)", said, re.M))
    assert "State S (sleeping)" in processes[str(booting.child.pid)]
    assert processes[program].count("State t (tracing stop)") > 1
    assert re.search(r"GDB's own backtrace:\n(?:.*\n)*#0 .*\n", said)
    assert "* 1" in said[said.index("after Ctrl-C:") :]


def test_a_gdbserver_that_starts_late(open_gdb: Open, gdbserver: Path) -> None:
    """Without SETTINGS, GDB asks twice in these 5 s, and takes the second reply for another one."""
    session = open_gdb(None)
    answer = session.run(f"target remote | sh -c 'sleep 5; exec {gdbserver} - /bin/true'")
    assert "Remote replied unexpectedly" not in answer
    assert session.run("print $pc").startswith("$1 = ")


def test_end_of_a_process_that_gdb_holds(open_gdb: Open, compiled: Compile) -> None:
    program = compiled("parked", *DEBUG)
    session = open_gdb(program)
    with parked_process(program) as process:
        attach(session, process)
    assert process.returncode is not None


def test_end_of_a_proxy_with_both_sides_open() -> None:
    with socket.create_server(("localhost", 0)) as server, socket.socket() as client:
        with proxy(server.getsockname()[1]) as connection:
            client.connect(("localhost", connection.port))
            served, _ = server.accept()
        with served:
            assert served.recv(1) == client.recv(1) == b""


def test_a_process_that_ends_while_it_is_to_be_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    process = subprocess.Popen("true")
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    answers = chain([lambda: None], repeat(process.poll))  # `end` still sees it run
    monkeypatch.setattr(process, "poll", lambda: next(answers)())
    end(process)
    assert process.returncode == 0
