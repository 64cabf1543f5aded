"""What the tests share: a GDB, a Go, and the fixtures built with it.

GOGDB_TEST_GDB and GOGDB_TEST_GO choose the two; otherwise it is the GDB that
gogdb itself would take, and the newest Go at hand.
"""

from __future__ import annotations

import os
import subprocess
import sysconfig
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from gogdb.launch import fixture, paths
from gogdb.launch.tools import Gdb, Go, find_gdb, find_go


@pytest.fixture(scope="session")
def gdb() -> Gdb:
    """The debugger under test."""
    return find_gdb(os.environ.get("GOGDB_TEST_GDB"))


@pytest.fixture(scope="session")
def go() -> Go:
    """The compiler under test."""
    newest = Path(sysconfig.get_path("platlib")) / "go/bin/go"
    return find_go(os.environ.get("GOGDB_TEST_GO") or (str(newest) if newest.exists() else None))


@pytest.fixture(scope="session")
def build(go: Go, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Build a fixture by name (and flags, if others than the usual), once in a session."""
    place = tmp_path_factory.mktemp("fixtures")
    built: dict[tuple[str, tuple[str, ...]], Path] = {}

    def build(name: str, flags: Sequence[str] = fixture.FLAGS) -> Path:
        key = name, tuple(flags)
        if key not in built:
            built[key] = fixture.build(name, go, place / str(len(built)) / name, flags)
        return built[key]

    return build


@pytest.fixture(scope="session")
def boot(build: Callable[..., Path]) -> Path:
    """The program of the guided boot."""
    return build("boot")


@pytest.fixture
def batch(gdb: Gdb) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run GDB with these arguments, without init files and without a terminal."""

    def batch(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        quiet = ("-nx", "-q", "-batch", "-iex", "set debuginfod enabled off")
        return subprocess.run(
            [str(word) for word in (gdb.path, *quiet, *arguments)],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return batch


@pytest.fixture(scope="session")
def gdbinit() -> Path:
    """The script to source."""
    return paths.gdbinit()
