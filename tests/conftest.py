"""What all tests share: a GDB, a Go, and programs built with it.

GOGDB_TEST_GDB and GOGDB_TEST_GO choose the two; otherwise it is the GDB that gogdb itself would
take, and the newest Go at hand.
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
from tests.support import gdb_log
from tests.support.builds import Builds

pytest_plugins = ("tests.support.gdb_faults", "tests.support.skips")


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
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Programs, each built once in this run of pytest."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return Builds(shared / "programs")


@pytest.fixture(scope="session")
def build(go: Go, builds: Builds) -> Callable[..., Path]:
    """Build a fixture by its name, and by flags if others than the usual."""

    def build(name: str, flags: Sequence[str] = fixture.FLAGS) -> Path:
        return builds.fixture(name, go, flags)

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
        # With TERM=dumb, GDB 18 warns when styles are switched on.
        env = {**os.environ, "TERM": "xterm"}
        return gdb_log.run([gdb.path, *quiet, *arguments], cwd=cwd, env=env)

    return batch


@pytest.fixture(scope="session")
def update() -> bool:
    """Report whether to write expected outputs anew: UPDATE_GOLDEN=1."""
    return os.environ.get("UPDATE_GOLDEN") == "1"


@pytest.fixture(scope="session")
def check_file(update: bool) -> Callable[[Path, str], None]:
    """Check that a file holds a text; with `update`, write it there first."""

    def check_file(file: Path, text: str) -> None:
        if update:
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8")

    return check_file


@pytest.fixture(scope="session")
def gdbinit() -> Path:
    """The script to source."""
    return paths.gdbinit()
