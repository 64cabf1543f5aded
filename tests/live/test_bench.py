"""bench/goroutines.py at a small size with gogdb alone, and the program that it measures."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from bench.sidebyside import program
from gogdb.launch.tools import Gdb, Go
from tests.support.attaching import check_attached
from tests.support.process import running, traceback_of

SCRIPT = Path(__file__).parent.parent.parent / "bench/goroutines.py"
COUNT = 50
FEW = 8  # as main.go has it


def lines_of(script: Path, gdb: Gdb, go: Go, *options: str) -> list[str]:
    """Run a bench, and return what it prints."""
    tools = ("--gdb", str(gdb.path), "--go", str(go.path))
    done = subprocess.run(
        [sys.executable, script, *tools, *options],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    check_attached(done.stderr)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def measured(script: Path, gdb: Gdb, go: Go, *options: str) -> list[list[str]]:
    """Run a bench for one round, gogdb alone, and return the rows of its tables."""
    lines = lines_of(script, gdb, go, "--alone", "--pairs", "1", *options)
    return [re.split(r" *\| *", line)[1:-1] for line in lines if "| " in line]


def test_both_commands_list_every_goroutine(gdb: Gdb, go: Go) -> None:
    rows = measured(SCRIPT, gdb, go, "--size", str(COUNT))
    listed = {(row[0], row[1]): int(row[7]) for row in rows if row[2] == "1"}
    commands = ("go-gmp g --json", "go-stacks --all --json")
    assert list(listed) == [(name, on) for on in ("live", "core") for name in commands]
    # The parked ones, main and those of the runtime: the same number for every command.
    assert len(set(listed.values())) == 1
    assert COUNT + 1 < max(listed.values()) < COUNT + 20


def test_texts_are_measured(gdb: Gdb, go: Go) -> None:
    few = ("--goroutines", "40", "--threads", "20", "--no-large")
    rows = measured(SCRIPT.with_name("text.py"), gdb, go, *few)
    listed = {row[0]: int(row[6]) for row in rows if row[6].isdigit()}
    lists = ("go-gmp g --json", "go-gmp g --system --limit 0")
    stacks = ("go-stacks --all --json", "go-stacks --all --limit 0")
    assert len({listed[name] for name in (*lists, *stacks)}) == 1
    assert min(listed.values()) > 20


def test_standstill_is_measured(gdb: Gdb, go: Go) -> None:
    """For two programs, two places to load gogdb from, and three commands."""
    lines = lines_of(SCRIPT.with_name("standstill.py"), gdb, go, "--size", "40", "-n", "1")
    rows = [line.split()[-3:] for line in lines if line.startswith(" ")]
    assert len(rows) == 12
    assert all(int(number.replace(",", "")) > 0 for row in rows for number in row)


def test_selecting_is_measured(gdb: Gdb, go: Go) -> None:
    """Two commands for each goroutine and three for all, live and in a core, and Go's own."""
    lines = lines_of(SCRIPT.with_name("selecting.py"), gdb, go, "--size", "40", "--count", "5")
    rows = [line.split() for line in lines if line.startswith("  ")]
    assert [row[0] for row in rows] == ["live"] * 5 + ["core"] * 5 + ["live"]
    assert all(re.search(r"  \d+\.\d\d (ms|s), ", line) for line in lines[2:])


def test_goroutines_are_parked_as_intended(go: Go, tmp_path: Path) -> None:
    """By the traceback that Go prints when SIGQUIT ends the program."""
    env = os.environ | {"GOTRACEBACK": "all"}
    with running(program.build(go, tmp_path), str(COUNT), env=env) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        output = traceback_of(process)
    states = Counter(re.findall(r"^goroutine \d+ .*?\[([^],]+)", output, re.M))
    exactly = {"running": 1, "runnable": 2 * FEW, "syscall": FEW, "IO wait": FEW, "chan send": 2}
    assert {state: states[state] for state in exactly} == exactly, states
    functions = set(re.findall(r"^main\.(\w+)\(", output, re.M))
    parked = {"receives", "sends", "selects", "locks", "reads", "waits", "sleeps", "listens"}
    assert parked | {"descends", "odd", "even", "polls", "calls", "yields"} <= functions
