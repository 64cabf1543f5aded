"""What a failed test tells of a GDB that does not answer."""

from __future__ import annotations

import re

import pytest

from tests.support.session import NoAnswerError, Session


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
