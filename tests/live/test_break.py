"""go-break: where it stops, in which goroutines, and what the program itself says of them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gogdb.launch.tools import Go
from tests.support.builds import DEBUG, Builds, Compile
from tests.support.output import error_line, number
from tests.support.parked import Park, attach, connect
from tests.support.places import marked
from tests.support.schema import schema
from tests.support.session import Open, Session

WORKERS, STOPS = 4, 5
ADD = "main.(*counter).add"


def goids_said(program: subprocess.Popen[str]) -> dict[int, int]:
    """Return the goids of the workers of programs/turns, as they have said."""
    assert program.stderr is not None
    lines = (program.stderr.readline() for _ in range(WORKERS))
    said = (re.fullmatch(r"worker (\d+) is goroutine (\d+)\n", line) for line in lines)
    return {int(each[1]): int(each[2]) for each in said if each}


def worker_here(session: Session) -> int:
    """Return the worker whose turn it is: the first argument after the receiver, in rbx."""
    return number(session, "$rbx")


def set_break(session: Session, arguments: str) -> dict[str, Any]:
    """Set a breakpoint by go-break, and return its JSON answer."""
    answer = json.loads(session.run(f"go-break --json {arguments}"))
    assert list(schema("go-break").iter_errors(answer)) == []
    return dict(answer)


def stops(session: Session, breakpoint: int, times: int = STOPS) -> list[int]:
    """Go on to a breakpoint several times, and return which worker it was each time."""
    found = []
    for _ in range(times):
        output = session.run("continue")
        assert f"reakpoint {breakpoint}, " in output, output
        found.append(worker_here(session))
    return found


WAYS = [(way, flags) for way in ("attached", "gdbserver") for flags in (DEBUG, ())]


@pytest.mark.parametrize(("way", "flags"), WAYS, ids=lambda value: str(value))
def test_stops_only_there(
    park: Park,
    open_gdb: Open,
    builds: Builds,
    either_go: Go,
    gdbserver: Path,
    way: str,
    flags: tuple[str, ...],
) -> None:
    """The worker is the one whose own line has this goid; a label, several goids, a condition."""
    file = builds.program("turns", either_go, flags)
    program = park(file)
    session = open_gdb(file)
    connect(session, program, way, gdbserver)
    goids = goids_said(program)
    assert len(goids) == WORKERS

    made = set_break(session, f"{ADD} --goid {goids[2]}")
    assert made["condition"] == f"$go_runs({goids[2]})"
    assert (made["missing"], made["ended"], made["goids"]) == ([], [], [goids[2]])
    assert stops(session, made["number"]) == [2] * STOPS
    assert f"\tstop only if $go_runs({goids[2]})" in session.run("info breakpoints")
    session.run(f"delete {made['number']}")

    made = set_break(session, f"--label worker=3 {ADD}")
    assert stops(session, made["number"]) == [3] * STOPS
    session.run(f"delete {made['number']}")

    made = set_break(session, f"{ADD} --goid {goids[0]},{goids[1]} --temporary if $rcx % 16 == 3")
    assert made["temporary"]
    assert made["condition"].endswith(" && ($rcx % 16 == 3)")
    (worker,) = stops(session, made["number"], 1)
    assert worker in (0, 1)
    assert number(session, "$rcx") % 16 == 3
    assert session.run("info breakpoints").startswith("No breakpoints")


def test_on_a_system_stack_it_is_the_goroutine_of_the_m(
    park: Park, open_gdb: Open, compiled: Compile
) -> None:
    program = park(compiled("turns", *DEBUG))
    session = open_gdb(compiled("turns", *DEBUG))
    attach(session, program)
    wanted = goids_said(program)[1]
    made = set_break(session, f"runtime.newproc1 --goid {wanted}")
    for _ in range(STOPS):
        assert f"reakpoint {made['number']}, " in session.run("continue")
        assert number(session, "$go_goid()") == 0
        assert number(session, "$go_curg().goid") == wanted
        assert number(session, f"$go_runs({wanted})") == 1


@pytest.fixture
def turns(park: Park, open_gdb: Open, compiled: Compile) -> tuple[Session, Mapping[int, int]]:
    """A GDB attached to the workers, and their goids."""
    program = park(compiled("turns", *DEBUG))
    session = open_gdb(compiled("turns", *DEBUG), width=0)
    attach(session, program)
    return session, goids_said(program)


def test_what_cannot_be_read_stops(turns: tuple[Session, Mapping[int, int]]) -> None:
    """The program stops at the breakpoint, and GDB says why."""
    session, goids = turns
    set_break(session, f"{ADD} --goid {goids[0]} --temporary")
    session.run("continue")
    session.run("set scheduler-locking on")
    session.run("handle SIGURG nopass")  # its handler would meet the g that is written below
    session.run("python slot = int(gdb.parse_and_eval('$fs_base')) - 8")
    session.run("python g = bytes(gdb.selected_inferior().read_memory(slot, 8))")
    session.run("python gdb.selected_inferior().write_memory(slot, (16).to_bytes(8, 'little'))")
    (following,) = re.findall(r"(0x[0-9a-f]+)", session.run("x/2i $pc").splitlines()[1])[:1]
    set_break(session, f"*{following} --goid {goids[0]}")
    output = session.run("continue")
    assert re.search(r"^Error in testing (breakpoint )?condition", output, re.M)
    assert "the goroutine of this thread is not known: cannot read " in output
    assert number(session, "$pc") == int(following, 16)
    for call in (f"$go_runs({goids[0]})", '$go_has_label("worker=0")'):
        error = error_line(session.run(f"p {call}"))
        assert error.startswith("the goroutine of this thread is not known: cannot read ")
    session.run("python gdb.selected_inferior().write_memory(slot, g)")
    assert number(session, f"$go_runs({goids[0]})") == 1


def test_interrupt_in_the_condition(turns: tuple[Session, Mapping[int, int]]) -> None:
    """Ctrl-C that is typed while the condition is computed stops the program, too."""
    session, goids = turns
    session.run("python from gogdb.commands import convenience")
    session.run("python def typed(*goids): raise KeyboardInterrupt")
    session.run("python convenience._FUNCTIONS['go_runs'] = typed")
    set_break(session, f"{ADD} --goid {goids[0]}")
    output = session.run("continue")
    assert re.search(r"^Error in testing (breakpoint )?condition.*:\nQuit$", output, re.M)
    assert "main.(*counter).add (" in output


def test_it_is_an_ordinary_breakpoint(turns: tuple[Session, Mapping[int, int]]) -> None:
    """`commands`, `ignore` and `condition` work on it; the last replaces the goroutine."""
    session, goids = turns
    said = session.run(f"go-break {marked('turns', 'add')} --goid {goids[1]}")
    assert re.fullmatch(
        r"Breakpoint 1 at 0x[0-9a-f]+: file .*main\.go, line \d+\.\n"
        rf"It stops only in g{goids[1]}\.\n",
        said,
    )
    for line in ("commands 1", "silent", "echo commands of the user\\n"):
        session.send(line)
    session.run("end")
    assert session.run("continue").endswith("commands of the user\n")
    session.run("ignore 1 2")
    session.run("continue")
    assert "already hit 4 times" in session.run("info breakpoints")
    assert session.run(f"p $go_runs({goids[1]})").endswith("= 1\n")
    session.run(f"condition 1 $go_runs({goids[3]}, {goids[3]})")
    session.run("continue")
    assert number(session, f"$go_runs({goids[3]})") == 1


def test_labels_are_compared_as_the_program_has_them(
    turns: tuple[Session, Mapping[int, int]],
) -> None:
    session, goids = turns
    made = set_break(session, rf"""{ADD} --label 'kind=händler "x"' --goid {goids[2]}""")
    assert made["label"] == 'kind=händler "x"'
    assert "händler" in made["condition"]
    assert stops(session, made["number"], 2) == [2, 2]
    for label, has in (("worker", 1), ("worker=2", 1), ("worker=1", 0), ("work", 0), ("x", 0)):
        assert number(session, f'$go_has_label("{label}")') == has
    session.run("set target-charset ISO-8859-1")
    session.run(f"delete {made['number']}")
    made = set_break(session, rf"""{ADD} --label 'kind=händler "x"' --goid {goids[2]}""")
    assert made["condition"].isascii()
    assert stops(session, made["number"], 1) == [2]


def test_goroutines_that_do_not_exist(turns: tuple[Session, Mapping[int, int]]) -> None:
    session, goids = turns
    session.run(f"go-goroutine {goids[3]}")  # which a question is about then, not the thread
    assert (
        number(session, f"$go_runs({goids[3]})")
        == number(session, '$go_has_label("worker=3")')
        == 1
    )
    session.run("go-goroutine off")
    said = session.run(f"go-break main.nothing --goid {goids[0]},123456,654321")
    assert " ".join(said.split()).endswith(
        f"It stops only in g{goids[0]}, g123456, g654321. Not created yet: g123456, g654321."
    )
    dead = json.loads(session.run("go-gmp g --status dead --json"))["gs"]
    ended = next(g["goid"] for g in dead if g["goid"])
    made = set_break(session, f"main.nothing --goid {ended}")
    assert (made["ended"], made["missing"]) == ([ended], [])
    said = session.run(f"go-break main.nothing --goid {ended}")
    assert " ".join(said.split()).endswith(
        f"Already ended: g{ended}, and no other goroutine gets that goid."
    )


def test_before_the_program_runs(open_gdb: Open, compiled: Compile) -> None:
    """A goroutine that is yet to be made; a place that GDB is yet to find."""
    session = open_gdb(compiled("turns", *DEBUG))
    made = set_break(session, "main.nothing --goid 12345")
    assert (made["missing"], made["pending"]) == ([12345], False)
    (place,) = made["locations"]
    assert place["function"] == "main.nothing"
    assert Path(place["file"]).name == "main.go"
    session.send("go-break main.later --goid 7")
    session.wait_for("(y or [n]) ")
    session.send("y")
    assert re.match(r"Breakpoint 2 \(main\.later.*\) pending\.\n", session.ready())
    error = error_line(session.run("go-break main.later --goid 7 --json"))
    assert error == 'Function "main.later" not defined.'
    session.run("set breakpoint pending on")
    made = set_break(session, "main.later --goid 7")
    assert (made["pending"], made["locations"]) == (True, [])
    session.run("delete", "y")
    session.run("set input-radix 16")
    made = set_break(session, "main.nothing --goid 10")
    assert made["condition"] == "$go_runs(0xa)"
    session.run("set input-radix 10")
    session.run("delete", "y")
    set_break(session, f"{ADD} --label worker=1")
    assert "main.(*counter).add (" in session.run("run")
    assert worker_here(session) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("", "go-break: where?: for example `go-break main.work --goid 7`"),
        ("--goid 7", "go-break: where?: "),
        ("main.main", "go-break: in which goroutines?: --goid N or --label K; `break` stops in "),
        ("main.main --goid g7", "go-break: argument --goid: g7 is not a goid, or several as 7,9"),
        ("main.main --goid 0", "go-break: argument --goid: 0 is not a goid"),
        ("main.main --goid 7,", "go-break: argument --goid: 7, is not a goid"),
        ("main.main --goid", "go-break: argument --goid: expected one argument"),
        ("main.main --goids 7", "go-break: no option --goids: did you mean --goid?"),
        ("main.main --goid 7 if missing > 3", 'No symbol "missing" in current context.'),
        ("main.main --goid 7 thread 99", "Unknown thread 99."),
        ("nowhere.go:3 --goid 7 --json", "No source file named nowhere.go."),
    ],
)
def test_errors(booting: Session, arguments: str, says: str) -> None:
    assert error_line(booting.run(f"go-break {arguments}")).startswith(says)
    assert booting.run("info breakpoints").startswith("No breakpoints")


def test_completion(booting: Session) -> None:
    wanted = [f"go-{line}" for line in booting.run("complete break main.ma").splitlines()]
    assert wanted == ["go-break main.main"]
    assert booting.run("complete go-break main.ma").splitlines() == wanted
    assert "go-break --goid 7 main.main\n" in booting.run("complete go-break --goid 7 main.ma")
    assert "go-break -function main.main\n" in booting.run("complete go-break -function main.ma")
    assert booting.run("complete go-break main.main --te") == "go-break main.main --temporary\n"
    assert booting.run("complete go-break main.main --label ") == ""
