"""Beside another extension of GDB: one that does what pwndbg and GEF do, or a real one.

GOGDB_TEST_EXTENSION names the script of a real one, such as pwndbg's gdbinit.py, which the GDB of
GOGDB_TEST_GDB can run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from gogdb.launch import paths
from tests.support.builds import DEBUG, Compile
from tests.support.session import PROMPT, Open, Session
from tests.support.steps import run_to_system_stack

# A prompt, a context at each stop, an unwinder, a filter, hooks and a command of its own
STAND_IN = """
import gdb
from gdb.unwinder import Unwinder, register_unwinder
prompts = stops = unwound = filtered = 0

def prompt(current):
    global prompts
    prompts += 1

def stop(event):
    global stops
    stops += 1

class Looks(Unwinder):
    def __call__(self, frame):
        global unwound
        unwound += 1

class Filter:
    name, priority, enabled = "extension", 100, True
    def filter(self, frames):
        global filtered
        filtered += 1
        return frames

gdb.prompt_hook = prompt
gdb.events.stop.connect(stop)
register_unwinder(None, Looks("extension"))
gdb.frame_filters["extension"] = Filter()
gdb.execute("define hook-next\\necho before next\\\\n\\nend")
"""
# Keeps the hook of an extension, and the prompt that the tests wait for
KEEP_PROMPT = (
    "python gdb.prompt_hook = (lambda own: "
    f"lambda text: (own and own(text), '{PROMPT}' + chr(10))[1])(gdb.prompt_hook)"
)
REAL = os.environ.get("GOGDB_TEST_EXTENSION")
QUIET = ("set context-output /dev/null", "set disable-colors on") if REAL else ()
COUNTS = "prompts, stops, unwound, filtered"

COMMANDS = (
    *("bt", "go-stacks", "go-gobuf", "go-goroutine 1", "bt", "info locals"),
    *("go-goroutine g0", "next", "bt", "go-goroutine off", "go-apply all bt 1", "p $go_goid()"),
    *("next", "stepi", "finish", "bt 3", "tbreak main.round", "continue"),
    *("go-stacks 1", "go-gobuf 1", "bt"),
)


def run_all(session: Session, scripts: Sequence[Path]) -> list[tuple[str, str]]:
    """Source the scripts, and return each command with what it prints that is equal in each run."""
    for script in scripts:
        session.send(f"source {script}")
        session.send(KEEP_PROMPT)
        session.send("echo <<sourced>>")
        session.wait_for("<<sourced>>")
        session.ready()
    settings = ("width 0", "pagination off", "backtrace past-main on", "print frame-arguments none")
    for command in (*QUIET, *(f"set {setting}" for setting in settings)):
        session.run(command)
    for setting in ("color off", "stitch on", "frame-filter on", "thread-names on"):
        session.run(f"set gogdb {setting}")
    run_to_system_stack(session)
    return [(command, plain(session.run(command))) for command in COMMANDS]


def plain(text: str) -> str:
    """Return a text without addresses, threads that come and go, and the width of columns."""
    text = re.sub(r"(?m)^\[(New|Switching) .*\n|^\[.* exited\]\n", "", text)
    text = re.sub(r"0x[0-9a-f]+|…[0-9a-f]+|\b\d{3,}\b|before next\n", "", text)
    return re.sub(r"[ ─]+", " ", text)


@pytest.fixture
def extension(tmp_path: Path) -> Path:
    """The script of an extension."""
    if REAL:
        return Path(REAL)
    script = tmp_path / "extension.py"
    script.write_text(STAND_IN)
    return script


@pytest.mark.parametrize("first", ["gogdb", "the extension"])
def test_both_work_as_they_do_alone(
    open_gdb: Open, compiled: Compile, extension: Path, first: str
) -> None:
    program = compiled("steps", *DEBUG)
    alone = run_all(open_gdb(program, bare=True, width=160), [paths.gdbinit()])
    scripts = [paths.gdbinit(), extension][:: 1 if first == "gogdb" else -1]
    session = open_gdb(program, bare=True, width=160)
    assert run_all(session, scripts) == alone
    if REAL:
        return
    before = counts(session)
    session.run("stepi")
    session.run("bt")
    after = counts(session)
    assert after[1] == before[1] + 1  # stops
    assert all(b < a for b, a in zip(before, after, strict=True))
    assert "echo before next" in session.run("show user hook-next")
    assert "before next\n" in session.run("next")
    assert "extension" in session.run("info frame-filter")


def counts(session: Session) -> list[int]:
    """Return how often each part of the stand-in has been called."""
    return [int(count) for count in re.findall(r"\d+", session.value(COUNTS))]
