"""Fixtures of the live tests: every GDB at hand, and sessions in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from gogdb.errors import GogdbError
from gogdb.launch.tools import Gdb, Go, find_gdb, probe_gdb, probe_go
from gogdb.runtime.goversion import GoVersion, parse
from tests.support.builds import DEBUG, Builds, Built, Compile
from tests.support.parked import Park, attach, parked_process
from tests.support.session import Open, Session
from tests.support.until import Rounds, goids_said

_ROOT = Path(__file__).parent.parent.parent
OLDEST = Path("/usr/lib/go-1.19/bin/go")  # Debian's golang-1.19-go


@cache
def _gdbs() -> list[Gdb]:
    """Return the GDB of GOGDB_TEST_GDB, or the one that gogdb would take and the newest at hand."""
    if wanted := os.environ.get("GOGDB_TEST_GDB"):
        return [find_gdb(wanted)]
    first = find_gdb()
    scripts = Path(sysconfig.get_path("scripts"))
    others = [scripts / "gdb", *_ROOT.glob(".toolchains/gdb-*/bin/gdb")]
    found = [_probed(path) for path in others if path.exists()]
    newest = max([first, *filter(None, found)], key=lambda gdb: _number(gdb.version))
    return [first] if newest.version == first.version else [first, newest]


def _probed(path: Path) -> Gdb | None:
    try:
        return probe_gdb(path)
    except GogdbError:  # one that is being installed, or does not run here
        return None


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "gdb" in metafunc.fixturenames:
        found = _gdbs()
        names = [f"gdb-{gdb.version}" for gdb in found]
        metafunc.parametrize("gdb", found, ids=names, scope="session")


@pytest.fixture(scope="session")
def go_release(go: Go) -> GoVersion:
    """The Go release that is tested."""
    release = parse(f"go{go.version}")
    assert release is not None
    return release


@pytest.fixture(scope="module", params=["newest", "oldest"])
def either_go(request: pytest.FixtureRequest, go: Go) -> Go:
    """The newest Go at hand, then the oldest supported one."""
    if request.param == "newest":
        return go
    if os.environ.get("GOGDB_TEST_GO"):
        pytest.skip("GOGDB_TEST_GO chose one")
    if not OLDEST.exists():
        pytest.skip("no Go 1.19: apt install golang-1.19-go")
    return probe_go(OLDEST)


@pytest.fixture
def open_gdb(gdb: Gdb) -> Iterator[Open]:
    """Start a GDB on a terminal; it ends with the test."""
    opened: list[Session] = []

    def open_gdb(program: Path | None = None, **how: Any) -> Session:
        opened.append(Session(gdb.path, program, **how))
        return opened[-1]

    yield open_gdb
    for session in opened:
        session.close()


@pytest.fixture(scope="module")
def share_gdb(gdb: Gdb) -> Iterator[Open]:
    """Start a GDB that ends with the module: for tests that leave it as it is."""
    with ExitStack() as opened:

        def share_gdb(program: Path | None = None, **how: Any) -> Session:
            return opened.enter_context(Session(gdb.path, program, **how))

        yield share_gdb


@pytest.fixture
def booting(open_gdb: Open, boot: Path) -> Session:
    """A GDB with the program of the guided boot, which does not run yet."""
    return open_gdb(boot)


@pytest.fixture(scope="session")
def compiled(go: Go, builds: Builds) -> Compile:
    """Build a program of `programs/` by its name and flags."""

    def compiled(name: str, *flags: str) -> Path:
        return builds.program(name, go, flags)

    return compiled


@pytest.fixture(scope="module")
def built(either_go: Go, builds: Builds) -> Built:
    """Build one of `traceback_oracle.BUILDS`."""

    def built(name: str) -> Path:
        if "cgo" in name and not shutil.which("gcc"):
            pytest.skip("no gcc: apt install gcc libc6-dev")
        if "strip" in name and not shutil.which("strip"):
            pytest.skip("no strip: apt install binutils")
        return builds.states(name, either_go)

    return built


@pytest.fixture
def parked(compiled: Compile) -> Iterator[subprocess.Popen[str]]:
    """A process whose goroutines are all parked.

    A test names it before `open_gdb`: a GDB that is still attached must end first, or the
    process cannot be waited for.
    """
    with parked_process(compiled("parked", *DEBUG)) as program:
        yield program


@pytest.fixture(scope="session")
def gdbserver() -> Path:
    """The gdbserver of the machine or of an installed GDB."""
    places = [
        shutil.which("gdbserver"),
        str(Path(sysconfig.get_path("scripts")) / "gdbserver"),
        *map(str, sorted(_ROOT.glob(".toolchains/gdb-*/bin/gdbserver"))),
    ]
    path = next((Path(place) for place in places if place and Path(place).exists()), None)
    if path is None:
        pytest.skip("no gdbserver: apt install gdbserver")
    return path


@pytest.fixture
def park() -> Iterator[Park]:
    """Start a program that prints "parked"; it ends with the test.

    A test names it before `open_gdb`: a GDB that is still attached must end first.
    """
    with ExitStack() as started:

        def park(*command: Path) -> subprocess.Popen[str]:
            return started.enter_context(parked_process(*command))

        yield park


@pytest.fixture
def rounds(park: Park, open_gdb: Open, compiled: Compile) -> Rounds:
    """A GDB attached to a process, and the goids of its goroutines."""
    program = park(compiled("rounds", *DEBUG))
    session = open_gdb(compiled("rounds", *DEBUG), width=0)
    attach(session, program)
    return session, program, goids_said(program)
