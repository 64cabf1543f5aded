"""`set gogdb stitch on`: `bt` of a thread goes on to the goroutine that it works for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gogdb.launch.tools import Gdb
from tests.support.bt import bt_frames, stack_frames
from tests.support.builds import Built
from tests.support.goroutine_frames import arguments, ask, stitched_bt, target
from tests.support.process import NotAllowedError, waiting_program
from tests.support.session import Open, Session

PLACES = [("-N -l", "core"), ("optimised", "attached"), ("cgo", "core"), ("cgo", "attached")]


@pytest.mark.parametrize(("build", "way"), PLACES, ids=[f"{b}, {w}" for b, w in PLACES])
def test_every_thread_ends_with_its_goroutine(
    gdb: Gdb, built: Built, tmp_path: Path, gdbserver: Path, build: str, way: str
) -> None:
    """In C, in callbacks, on g0, in a signal handler (of the core): as go-stacks has them."""
    program = built(build)
    waiting = waiting_program(program, tmp_path, "crash", arguments(build), core=True)
    with waiting as (process, _):
        try:
            with target(way, gdb.path, process, tmp_path, gdbserver) as options:
                answers = ask(gdb.path, program, options, tmp_path)
        except NotAllowedError as error:
            pytest.skip(f"this machine forbids {error}")
    assert len(answers.threads) > 1
    assert stitched_bt(answers) == []


def stitched(session: Session) -> None:
    """Compare `bt` with go-stacks: the system stack that the thread is on, then its goroutine."""
    shown = bt_frames(session.run("bt"))
    (system,) = json.loads(session.run("go-stacks --json"))["goroutines"]
    assert system["name"].endswith("g0")
    m = "m0" if system["name"] == "g0" else system["name"].removesuffix(".g0")
    (own,) = json.loads(session.run(f"go-stacks {m}.curg --json"))["goroutines"]
    assert shown == stack_frames(system) + stack_frames(own)


def test_where_gdb_alone_shows_what_was_left_on_the_stack(open_gdb: Open, boot: Path) -> None:
    booting = open_gdb(boot, width=0)
    booting.run("set print frame-arguments none")
    booting.run("set backtrace past-main on")
    booting.run("break runtime.newproc1")
    booting.run("run")
    booting.run("continue")
    alone = booting.run("bt")
    assert " runtime.rt0_go (" in alone  # long ago
    assert booting.run("set gogdb stitch on") == ""
    stitched(booting)
    assert " runtime.rt0_go (" not in booting.run("bt")
    assert "gogdb stitch" in booting.run("info unwinder")
    booting.run("delete 1")
    booting.run("tbreak runtime.park_m")
    booting.run("continue")
    stitched(booting)
    booting.run("set gogdb stitch off")
    assert STOPPED not in booting.run("bt")
    assert "gogdb stitch" not in booting.run("info unwinder")
    assert "gogdb stitch" not in booting.run("info frame-filter")


STOPPED = "\nBacktrace stopped: "
LEFT = "the thread has left the goroutine that called mcall"


def test_where_the_goroutine_is_not_known_the_stack_says_so(open_gdb: Open, boot: Path) -> None:
    """After dropg the M works for no goroutine; execute then gives it one, often another."""
    session = open_gdb(boot, width=0)
    session.quietly(
        "set exec-wrapper env -i GOMAXPROCS=1"
    )  # or the other M may take what is to run
    for setting in ("print frame-arguments none", "backtrace past-main on", "gogdb stitch on"):
        session.run(f"set {setting}")
    session.run("tbreak runtime.main")
    session.run("run")
    assert STOPPED not in session.run("bt")
    session.run("tbreak runtime.park_m")
    assert "runtime.park_m (" in session.run("continue")
    assert STOPPED not in session.run("bt")
    thread = session.value("gdb.selected_thread().num")
    session.run(f"tbreak runtime.schedule thread {thread}")
    assert "runtime.schedule (" in session.run("continue")
    assert ended(session) == LEFT
    assert f"{STOPPED}{LEFT}\n" in session.run("bt -full")
    assert STOPPED not in session.run("bt 1") + session.run("bt -no-filters")
    session.run("break runtime.gogo")
    while "runtime.gogo (" in session.run("continue"):
        if why := ended(session):
            break
    about_to_run = session.value("gdb.parse_and_eval('$go_curg().goid')")
    assert why == f"{LEFT}, and is about to run g{about_to_run}"
    session.quietly('disable frame-filter global "gogdb stitch"')
    assert STOPPED not in session.run("bt")


def ended(session: Session) -> str:
    """Return why the stack ends with mcall, "" if it does not end there."""
    frames, stopped, why = session.run("bt").rstrip("\n").partition(STOPPED)
    last, _, _ = bt_frames(frames)[-1]
    assert (last == "runtime.mcall") == bool(stopped)
    return why
