"""`gogdb demo`, as the launcher runs it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pexpect
import pytest

from gogdb.boot.stages import STAGES
from gogdb.launch.tools import Gdb, Go
from tests.support import gdb_log
from tests.support.gdb_command import execute, quiet

WRONG = "python from gogdb.boot.stages import rt0; rt0.TLS_MAGIC = 0x124"


def launch(gdb: Gdb, go: Go, *words: str) -> list[str]:
    """Return the command line of `gogdb demo`."""
    tools = ("--gdb", str(gdb.path), "--go", str(go.path))
    return [sys.executable, "-m", "gogdb", "demo", *tools, "--lang", "en", *words]


def test_whole_walk_exits_with_0(gdb: Gdb, go: Go) -> None:
    done = gdb_log.run(launch(gdb, go))
    assert done.returncode == 0
    headings = [line for line in done.stdout.splitlines() if line.startswith("━━ ")]
    assert [line.split()[1:4:2] for line in headings[:-1]] == [
        [f"{stage.number}/28", stage.id] for stage in STAGES
    ]
    assert " claims checked: every claim held" in done.stdout
    assert "✗" not in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(("wrong", "status"), [(False, 0), (True, 1)])
def test_exit_status_tells_of_a_failed_claim(
    gdb: Gdb, gdbinit: Path, boot: Path, wrong: bool, status: int
) -> None:
    commands = [*([WRONG] if wrong else []), "go-boot"]
    commands.append("python import gogdb.commands; gogdb.commands.quit_with_walk_status()")
    done = gdb_log.run([*quiet(gdb.path), "-x", gdbinit, *execute(commands), boot])
    assert done.returncode == status
    if wrong:
        assert "✗ 0x123, written through fs" in done.stdout
        assert "✗ claims that do not hold in: tls-check" in done.stdout
        claim = r"0x123, written through fs, is in m0\.tls \(0x\w+\)"
        expected = rf"^gogdb: stage 5, tls-check: this claim does not hold: {claim}$"
        assert re.search(expected, done.stderr, re.M)


def test_step_by_enter(gdb: Gdb, go: Go) -> None:
    command, *words = launch(gdb, go, "--step")
    terminal = pexpect.spawn(
        command,
        words,
        env=os.environ | {"TERM": "dumb"},
        dimensions=(500, 80),
        encoding="utf-8",
        timeout=60,
    )
    terminal.logfile_read = gdb_log.new()
    terminal.expect_exact("1/28 · entry")
    terminal.expect_exact("next: go-boot step, and Enter from then on")
    terminal.expect_exact("(gdb) ")
    terminal.sendline("go-boot step")
    terminal.expect_exact("2/28 · rt0-go")
    terminal.expect_exact("(gdb) ")
    terminal.sendline("")
    terminal.expect_exact("3/28 · g0-stack")
    terminal.expect_exact("(gdb) ")
    terminal.sendline("kill")
    terminal.expect_exact("y or n")
    terminal.sendline("y")
    terminal.expect_exact("(gdb) ")
    terminal.sendline("quit")
    terminal.expect(pexpect.EOF)
