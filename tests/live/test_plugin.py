"""A goroutine in a plugin: code, tables and types of a second module, loaded while it runs."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.builds import Compile
from tests.support.parked import attach, frames_of, parked_process, stacks, traceback_frames
from tests.support.process import traceback_of
from tests.support.session import Open


@pytest.fixture
def opens(request: pytest.FixtureRequest, compiled: Compile) -> Iterator[subprocess.Popen[str]]:
    """A process that has opened the plugin; a goroutine of the plugin waits.

    The parameter: flags of both builds.
    """
    if not shutil.which("gcc"):
        pytest.skip("no gcc: apt install gcc libc6-dev")
    flags = getattr(request, "param", ())
    plugin = compiled("opened", "-buildmode=plugin", *flags)
    with parked_process(compiled("opens", *flags), plugin) as program:
        yield program


@pytest.mark.parametrize("opens", [(), ("-ldflags=-s -w",)], ids=["", "stripped"], indirect=True)
def test_agrees_with_the_traceback(opens: subprocess.Popen[str], open_gdb: Open) -> None:
    session = open_gdb(Path(f"/proc/{opens.pid}/exe").resolve())
    attach(session, opens)
    ours = stacks(session)
    listed = session.run("go-gmp g --where opened.")
    session.run("detach")
    theirs = traceback_frames(traceback_of(opens))
    waits = [goid for goid, (_, frames) in theirs.items() if frames[-2][0].startswith("opened.")]
    assert len(waits) == 1
    assert "Go runtimes" not in listed
    assert theirs.keys() == ours.keys()
    for goid in waits:
        reason, frames = theirs[goid]
        assert any(frame[0] == "opened.waits" for frame in frames)
        assert frames_of(ours[goid]) == frames
        assert ours[goid]["waitreason"] == reason
        assert f"g{goid} " in listed
        assert "opened.waits main.go:" in listed


def test_a_plugin_whose_tables_cannot_be_read_is_noted(
    opens: subprocess.Popen[str], open_gdb: Open
) -> None:
    session = open_gdb(Path(f"/proc/{opens.pid}/exe").resolve())
    attach(session, opens)
    first = "'runtime.firstmoduledata'"
    module = int(session.value(f'int(gdb.parse_and_eval("{first}.next"))'))
    session.quietly(f"set var {first}.next.minpc = 0")
    session.quietly(f"set var {first}.next.maxpc = 8")
    note = f"module at {module:#x}: its module data makes no sense"
    page = " ".join(session.run("go-stacks 1").split())
    assert note in page
    answer = json.loads(session.run("go-gmp g --json"))
    assert answer["notes"][0].startswith(note)
    assert answer["problems"] == [{"part": "functions", "why": answer["notes"][0]}]
    assert json.loads(session.run("go-gmp p --json"))["notes"] == []


def test_a_plugin_that_is_opened_after_the_first_command(open_gdb: Open, compiled: Compile) -> None:
    if not shutil.which("gcc"):
        pytest.skip("no gcc: apt install gcc libc6-dev")
    session = open_gdb(compiled("opens"))
    session.run("set breakpoint pending on")
    session.run("tbreak main.main")
    session.run("break opened.waits")
    session.run(f"run {compiled('opened', '-buildmode=plugin')}")
    assert "opened" not in session.run("go-stacks")
    session.run("continue")
    page = session.run("go-stacks")
    assert "opened.waits" in page
    assert "opened.parks" in page
