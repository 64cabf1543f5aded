"""`set gogdb stitch on`: `bt` of a thread goes on to the goroutine that it works for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gogdb.launch import paths
from gogdb.launch.tools import Gdb
from tests.support import gdb_log
from tests.support.bt import bt_frames, stack_frames
from tests.support.builds import Built
from tests.support.gdb_command import execute, quiet
from tests.support.process import NotAllowedError, core_of, waiting_program
from tests.support.session import Open, Session

ABOVE_GOEXIT = ("??", "", 0)
PLACES = [("-N -l", "core"), ("optimised", "attached"), ("cgo", "core"), ("cgo", "attached")]


@pytest.mark.parametrize(("build", "way"), PLACES, ids=[f"{b}, {w}" for b, w in PLACES])
def test_every_thread_ends_with_its_goroutine(
    gdb: Gdb, built: Built, tmp_path: Path, build: str, way: str
) -> None:
    """In C, in callbacks, on g0, in a signal handler (of the core): as go-stacks has them."""
    program = built(build)
    arguments = [] if "cgo" in build else ["stand", "20"]
    with waiting_program(program, tmp_path, "crash", arguments, core=True) as (process, _):
        target = ["-p", str(process.pid)]
        if way == "core":
            try:
                target = ["-c", str(core_of(gdb.path, process, tmp_path))]
            except NotAllowedError as error:
                pytest.skip(f"this machine forbids {error}")
        stacks, ms, bts = (tmp_path / name for name in ("stacks.json", "ms.json", "bts.json"))
        commands = [
            f"source {paths.gdbinit()}",
            "set print frame-arguments none",
            "set backtrace past-main on",
            "set gogdb stitch on",
            f"go-stacks --all --frames 1000 --json --out {stacks}",
            f"go-gmp m --json --out {ms}",
            f"python import json; ms = json.load(open('{ms}'))['ms']",
            "python bts = {m['curg']: gdb.execute(f\"thread apply {m['thread']['number']} -q bt\","
            " to_string=True) for m in ms if m['thread'] and m['curg']}",
            f"python json.dump(bts, open('{bts}', 'w'))",
        ]
        done = gdb_log.run([*quiet(gdb.path), str(program), *target, *execute(commands)])
        assert bts.exists(), done.stdout + done.stderr
    frames = {str(g["goid"]): g for g in json.loads(stacks.read_text())["goroutines"]}
    shown = {goid: bt_frames(text) for goid, text in json.loads(bts.read_text()).items()}
    assert len(shown) > 1
    for goid, found in shown.items():
        expected = stack_frames(frames[goid])
        if frames[goid]["status"] == "syscall":  # go-stacks has the place where it was announced
            expected = expected[1:]
        if found[-1] == ABOVE_GOEXIT:  # where GDB has come without another stack
            found.pop()
        assert found[-len(expected) :] == expected, goid


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
