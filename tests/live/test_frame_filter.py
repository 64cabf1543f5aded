"""`set gogdb frame-filter on`: `bt` as Go's own traceback has it, without wrappers, with marks."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gogdb.launch import paths
from gogdb.launch.tools import Gdb, Go
from tests.support import gdb_log
from tests.support.bt import bt_frames
from tests.support.builds import DEBUG, Built, Compile
from tests.support.gdb_command import execute, quiet
from tests.support.parked import Park, attach
from tests.support.process import TIMEOUT, waiting_program
from tests.support.session import Open
from tests.support.traceback import parse, printed

MARK = re.compile(r"(?m)^(runtime stack|goroutine \d+ \[.*\]):\n")
# Go 1.19 has no debug information of this call, which is inlined in a wrapper
NOT_INLINED = "main.Exported.Parks"


@pytest.mark.parametrize("build", ["-N -l", "optimised"])
def test_functions_are_those_of_gos_own_traceback(
    gdb: Gdb, built: Built, either_go: Go, tmp_path: Path, build: str
) -> None:
    """Of GOTRACEBACK=all, which leaves out wrappers and also the runtime's own functions."""
    program, version = built(build), either_go.version
    applied, plain = tmp_path / "applied.json", tmp_path / "plain.json"
    with waiting_program(program, tmp_path, "all", ["panic", "20"]) as (process, traceback):
        commands = [
            f"source {paths.gdbinit()}",
            "set print frame-arguments none",
            "set gogdb frame-filter on",
            f"go-apply --json --out {applied} all bt",
            f"go-apply --json --out {plain} all bt -no-filters",
        ]
        target = [str(program), "-p", str(process.pid)]
        done = gdb_log.run([*quiet(gdb.path), *target, *execute(commands)])
        assert plain.exists(), done.stdout + done.stderr
        assert process.stdin is not None
        process.stdin.close()  # it panics then
        process.wait(TIMEOUT)
    theirs = {name: each for name, each in parse(traceback.read_text()).items() if each.available}
    del theirs["g1"]  # it has moved on to the panic
    ours = outputs(applied)
    assert len(theirs) > 50
    for name, goroutine in theirs.items():
        assert MARK.findall(ours[name])[:1] == [
            f"goroutine {name[1:]} [{goroutine.status.partition(',')[0]}]"
        ]
        functions = [printed(function) for function, _, _ in bt_frames(ours[name])]
        shown = [function for function in functions if is_shown(function)]
        expected = [frame.function for frame in goroutine.frames]
        if version.startswith("1.19"):
            shown, expected = (
                [function for function in each if function != NOT_INLINED]
                for each in (shown, expected)
            )
        if goroutine.elided == 0:
            assert shown == expected, name
    assert sum(fewer(outputs(plain)[name], text) for name, text in ours.items()) > 3


def outputs(file: Path) -> dict[str, str]:
    """Return what go-apply has printed for each goroutine."""
    rows = json.loads(file.read_text())["goroutines"]
    return {row["name"]: row["output"] for row in rows if row["output"]}


def is_shown(function: str) -> bool:
    """Report whether a function is the program's, or the runtime's and shown all the same."""
    exported = re.match(r"runtime\.[A-Z]|runtime\.run(Finalizers|Cleanups)$|panic$", function)
    return bool(exported) or ("." in function and not function.startswith("runtime."))


def fewer(plain: str, filtered: str) -> bool:
    """Report whether functions of the program are left out."""
    count = [
        sum(is_shown(function) for function, _, _ in bt_frames(text)) for text in (plain, filtered)
    ]
    return count[0] > count[1]


def marks(bt: str) -> list[str]:
    """Return the marks and, for each run of frames, a dash."""
    return re.sub(r"(?m)^(#.*\n)+", "-\n", bt).splitlines()


def test_the_goroutine_is_marked_where_its_frames_begin(open_gdb: Open, boot: Path) -> None:
    session = open_gdb(boot, width=0)
    session.quietly("set print frame-arguments none")
    session.quietly("set gogdb stitch on")
    session.quietly("set gogdb frame-filter on")
    session.run("tbreak runtime.main")
    session.run("run")
    assert marks(session.run("bt")) == ["goroutine 1 [running]:", "-"]
    session.run("tbreak runtime.newproc1")
    session.run("continue")
    both = ["runtime stack:", "-", "goroutine 1 [running]:", "-"]
    bt = session.run("bt")
    assert marks(bt) == both
    system, goroutine = MARK.split(bt)[2::2]
    assert bt_frames(system)[-1][0] == "runtime.systemstack"
    assert bt_frames(goroutine)[0][0] == "runtime.systemstack_switch"
    count = len(bt_frames(goroutine))
    assert marks(session.run(f"bt -{count}")) == both[2:]
    assert marks(session.run(f"bt -{count - 1}")) == ["-"]
    assert marks(session.run("bt 1"))[:2] == both[:2]
    assert marks(session.run("bt -full -frame-info short-location"))[0] == both[0]
    session.quietly("set print address off")
    assert marks(session.run("bt")) == both
    session.quietly("set print address on")
    assert not MARK.search(session.run("bt -no-filters"))
    session.quietly('disable frame-filter global "gogdb frames"')
    assert not MARK.search(session.run("bt"))
    session.quietly('enable frame-filter global "gogdb frames"')
    session.quietly("set gogdb frame-filter off")
    assert not MARK.search(session.run("bt"))
    assert "gogdb frames" not in session.run("info frame-filter")


def test_a_selected_goroutine_is_marked(open_gdb: Open, compiled: Compile, park: Park) -> None:
    program = compiled("parked", *DEBUG)
    process = park(program)
    session = open_gdb(program, width=0)
    attach(session, process)
    session.quietly("set gogdb frame-filter on")
    (g,) = json.loads(session.run("go-gmp g --json --where main.sends"))["gs"]
    bt = session.run(f"go-goroutine {g['goid']} bt")
    assert marks(bt) == [f"goroutine {g['goid']} [chan send]:", "-"]
    assert "main.sends" in bt
    assert not MARK.search(session.run("go-goroutine g0 bt"))


def test_a_stack_that_gdb_cannot_follow(open_gdb: Open, boot: Path) -> None:
    """GDB says so by itself only where it uses no filter."""
    session = open_gdb(boot, width=0)
    session.run("tbreak main.main")
    session.run("run")
    session.run("set var $rsp = 8")
    assert session.run("bt").splitlines()[-1].startswith("Backtrace stopped: Cannot access memory")
    session.quietly("set gogdb frame-filter on")
    assert session.run("bt").splitlines()[-1] == "Backtrace stopped: memory error while unwinding"
