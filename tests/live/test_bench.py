"""bench/goroutines.py at its smallest, gogdb alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gogdb.launch.tools import Gdb, Go

SCRIPT = Path(__file__).parent.parent.parent / "bench/goroutines.py"


def test_both_commands_list_all_live_and_in_a_core(gdb: Gdb, go: Go) -> None:
    words = ["--alone", "--size", "50", "--pairs", "1", "--gdb", gdb.path, "--go", go.path]
    done = subprocess.run(
        [sys.executable, SCRIPT, *words], capture_output=True, text=True, timeout=60, check=False
    )
    if "ptrace" in done.stderr:
        pytest.skip("this machine forbids to attach: kernel.yama.ptrace_scope")
    assert done.returncode == 0, done.stderr
    rows = [re.split(r" *\| *", line)[1:-1] for line in done.stdout.splitlines() if "| " in line]
    listed = {(row[0], row[1]): int(row[7]) for row in rows if row[2] == "1"}
    places = [(name, on) for on in ("live", "core") for name in NAMES]
    assert list(listed) == places
    # Those that were made, main, and the runtime's own: the same for each that looks.
    assert len(set(listed.values())) == 1
    assert 51 < listed[places[0]] < 70


NAMES = ("go-gmp g --json", "go-stacks --all --json")
