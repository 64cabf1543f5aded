"""Beside Go's own script for GDB, runtime-gdb.py, loaded before gogdb and after it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gogdb.launch import paths
from gogdb.launch.tools import Go
from tests.support.bt import bt_frames
from tests.support.builds import DEBUG, Compile
from tests.support.output import error_line, printed
from tests.support.session import Open, Session

# Commands of Go's script, and values by its printers
THEIRS = (
    "p $len(main.plain)",
    "p $len(main.ints)",
    "p $cap(main.ints)",
    "p $len(main.buffered)",
    "p $dtype(main.number)",
    "iface main.number main.toPair main.plain main.nothing",
    "p main.plain",
    "p main.ints",
    "p main.words",
    "help goroutine",
    "help info goroutines",
)
SHOWN = ("main.ints", "main.plain")


@pytest.fixture(scope="module")
def script(go: Go) -> Path:
    """Go's own script."""
    return go.path.resolve().parents[1] / "src/runtime/runtime-gdb.py"


def at_stop(session: Session) -> Session:
    """Run until the program's goroutines are parked."""
    for command in ("width 0", "print frame-arguments none", "backtrace past-main on"):
        session.run(f"set {command}")
    session.run("tbreak main.stop")
    session.run("run")
    return session


@pytest.fixture(scope="module")
def alone(share_gdb: Open, compiled: Compile, script: Path) -> Session:
    """A GDB with Go's script only."""
    session = at_stop(share_gdb(compiled("values", *DEBUG), bare=True))
    assert session.run(f"source {script}") == "Loading Go Runtime support.\n"
    return session


@pytest.fixture(scope="module", params=["gogdb first", "gogdb last"])
def beside(
    request: pytest.FixtureRequest, share_gdb: Open, compiled: Compile, script: Path
) -> Session:
    """A GDB with both, everything of gogdb's on that shows nothing of its own in values."""
    first, last = [paths.gdbinit(), script][:: 1 if request.param == "gogdb first" else -1]
    session = share_gdb(compiled("values", *DEBUG), bare=True)  # the script needs a program
    session.run(f"source {first}")
    session.run(f"source {last}")
    session.quietly("set gogdb stitch on")
    session.quietly("set gogdb thread-names on")
    return at_stop(session)


@pytest.fixture
def parked(beside: Session) -> list[str]:
    """The goids of the program's own goroutines that wait."""
    gs = json.loads(beside.run("go-gmp g --json --where main."))["gs"]
    goids = [str(g["goid"]) for g in gs if g["status"] == "waiting"]
    assert len(goids) == 5
    return goids


def test_commands_and_values_of_gos_script(
    beside: Session, alone: Session, parked: list[str]
) -> None:
    """Also while gogdb has selected a goroutine."""
    expected = [without_number(alone.run(command)) for command in THEIRS]
    assert expected[:3] == ["5\n", "3\n", "4\n"]
    assert '"hello"' in expected[THEIRS.index("p main.plain")]
    assert [without_number(beside.run(command)) for command in THEIRS] == expected
    beside.run(f"go-goroutine {parked[0]}")
    assert [without_number(beside.run(command)) for command in THEIRS] == expected
    beside.run("go-goroutine off")


def without_number(text: str) -> str:
    """Return what `p` prints, without its number in the value history."""
    return re.sub(r"^\$\d+ = ", "", text)


def test_both_list_the_same_goroutines(beside: Session) -> None:
    theirs = re.findall(r"(?m)^[* ] (\d+) +(\w+)", beside.run("info goroutines"))
    gs = json.loads(beside.run("go-gmp g --json"))["gs"]
    ours = [(str(g["goid"]), g["status"]) for g in gs]
    assert sorted(theirs) == sorted(ours)


def test_both_show_the_same_frames_of_a_goroutine(beside: Session, parked: list[str]) -> None:
    registers = beside.run("info registers")
    for goid in parked:
        shown = functions(beside.run(f"go-goroutine {goid} bt"))
        assert (shown[0], shown[-1]) == ("runtime.gopark", "runtime.goexit")
        assert functions(beside.run(f"goroutine {goid} bt")) == shown
    assert beside.run("info registers") == registers


def test_theirs_does_not_move_the_thread_while_ours_shows_a_goroutine(
    beside: Session, parked: list[str]
) -> None:
    """It restores $sp and $pc as they are in the selected frame, which is not the thread's."""
    registers = beside.run("info registers")
    for goid in (parked[0], "1"):
        beside.run(f"go-goroutine {goid}")
        beside.run("up")
        frame = beside.run("frame")
        error = error_line(beside.run(f"goroutine {parked[1]} bt"))
        assert error.startswith("`goroutine` would leave thread ")
        assert beside.run("frame") == frame
        beside.run("go-goroutine off")
        assert beside.run("info registers") == registers
    assert "gopark" in beside.run(f"goroutine {parked[1]} bt")


def functions(bt: str) -> list[str]:
    """Return the functions of `bt` up to goexit; theirs has another line of the innermost one."""
    return [function for function, _, _ in bt_frames(bt) if function != "??"]


def test_printers_of_both(beside: Session, script: Path) -> None:
    """Ours come first, also after theirs are loaded again, and leave theirs when they go."""
    theirs = [printed(beside, name) for name in SHOWN]
    ours = ["[]int of length 3, capacity 4 = {1, 2, 3}", '"hello"']
    assert theirs[0] != ours[0]
    beside.quietly("set gogdb printers on")
    assert [printed(beside, name) for name in SHOWN] == ours
    beside.run(f"source {script}")
    assert [printed(beside, name) for name in SHOWN] == ours
    assert beside.run("p $len(main.ints)").endswith(" = 3\n")
    beside.quietly("set gogdb printers off")
    assert [printed(beside, name) for name in SHOWN] == theirs
