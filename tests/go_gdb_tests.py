"""Run Go's own tests of its script for GDB, runtime-gdb.py, in a GDB with and without gogdb."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from gogdb.launch import paths
from gogdb.launch.tools import Go

__all__ = ["LOADED", "compile_tests", "failures", "run_tests"]

LOADED: Mapping[str, tuple[str, ...]] = {
    "before Go's script": ("-ix", str(paths.gdbinit())),
    # These run after GDB has read the program, which names the script
    "after Go's script, settings on": (
        *("-x", str(paths.gdbinit())),
        *("-ex", "set gogdb stitch on"),
        *("-ex", "set gogdb thread-names on"),
    ),
}
"""How gogdb is loaded: the options of GDB for each way."""

_TIMEOUT = 600  # s; the tests take a few
_OUTCOME = re.compile(r"^--- (PASS|FAIL): (\w+) ", re.M)


def compile_tests(go: Go, place: Path) -> Path:
    """Compile the tests of Go's package runtime.

    Raises `subprocess.CalledProcessError`, such as for a Go without its tests.
    """
    program = place / "runtime.test"
    subprocess.run(
        [go.path, "test", "-c", "-o", program, "runtime"],
        env=go.environment(),
        check=True,
        capture_output=True,
        timeout=_TIMEOUT,
    )
    return program


def run_tests(
    program: Path, go: Go, gdb: Path, place: Path, options: tuple[str, ...] = ()
) -> tuple[Mapping[str, str], str]:
    """Run the compiled tests of GDB, which is started with these options before its own.

    Return PASS or FAIL of each test that is not skipped, and what was printed.
    """
    command = place / "gdb"
    command.write_text(f'#!/bin/sh\nexec {shlex.join([str(gdb), *options])} "$@"\n')
    command.chmod(0o755)
    environment = go.environment()
    root = go.path.resolve().parent.parent
    done = subprocess.run(
        [program, "-test.run=^TestGdb", "-test.v"],
        cwd=root / "src/runtime",
        env=environment | {"PATH": f"{place}:{root / 'bin'}:{environment['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=_TIMEOUT,
        check=False,
    )
    return {name: outcome for outcome, name in _OUTCOME.findall(done.stdout)}, done.stdout


def failures(go: Go, gdb: Path, program: Path, place: Path) -> Mapping[str, str]:
    """Return for each way to load gogdb which tests pass without it only, "" if none."""
    alone, output = run_tests(program, go, gdb, place)
    passing = {name for name, outcome in alone.items() if outcome == "PASS"}
    if "TestGdbPython" not in passing:
        return dict.fromkeys(LOADED, f"TestGdbPython does not pass without gogdb: {output[-2000:]}")
    problems = {}
    for way, options in LOADED.items():
        outcomes, output = run_tests(program, go, gdb, place, options)
        lost = sorted(name for name in passing if outcomes.get(name) != "PASS")
        problems[way] = f"{', '.join(lost)}: {output[-2000:]}" if lost else ""
    return problems
