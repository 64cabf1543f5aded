"""gogdb in one zip archive, with nothing else: no packages, no environment, no home directory."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gogdb.boot.stages import STAGES
from gogdb.launch.tools import Gdb, Go
from tests.formats import is_complete
from tests.support import gdb_log
from tests.support.attaching import check_attached
from tests.support.builds import Builds
from tests.support.gdb_command import LOAD, execute, quiet

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "TERM": "dumb", "HOME": "/nonexistent"}
SHOWN = [stage.id for stage in STAGES].index("main-main") + 1
CHINESE = re.compile("[\u4e00-\u9fff]")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def place(builds: Builds, tmp_path: Path) -> Iterator[Path]:
    """A directory that has the archive alone, and after the test still."""
    place = tmp_path / "a directory"
    place.mkdir()
    archive = Path(shutil.copy(builds.bundle(), place))
    before = archive.read_bytes()
    place.chmod(0o555)
    yield place
    place.chmod(0o755)
    assert list(place.iterdir()) == [archive]
    assert archive.read_bytes() == before


@pytest.fixture
def run(gdb: Gdb, place: Path) -> Run:
    """Run GDB in the directory of the archive; `target` is what it opens."""

    def run(*commands: str, target: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        command = [*quiet(gdb.path), *execute(commands), *target]
        return gdb_log.run(command, cwd=place, env=ENVIRONMENT)

    return run


def test_walk_and_every_kind_of_page(
    run: Run, builds: Builds, go: Go, place: Path, tmp_path: Path
) -> None:
    """Modules that are needed later are found after GDB's `cd`, too."""
    files = {suffix: tmp_path / f"walk.{suffix}" for suffix in ("html", "md", "json", "cast")}
    done = run(
        LOAD,
        "cd /",
        "go-boot until main-main",
        *(f"go-boot report {file}" for file in files.values()),
        "go-boot share",
        "go-boot share off",
        "go-gobuf g0",
        "go-stacks --memory",
        "echo ----\\n",
        "set gogdb lang zh",
        "go-gmp",
        "go-boot glossary gobuf",
        "go-stacks --help",
        "kill",
        target=(str(builds.fixture("boot", go)),),
    )
    assert done.stderr == ""
    assert done.returncode == 0
    english, chinese = done.stdout.split("----\n")
    assert re.search(r"http://127\.0\.0\.1:\d+/", english)
    assert not CHINESE.search(english)
    assert len(CHINESE.findall(chinese)) > 500
    assert "✗" not in done.stdout
    assert len(json.loads(files["json"].read_text())["stages"]) == SHOWN
    first, *events = map(json.loads, files["cast"].read_text().splitlines())
    assert first["version"] == 2
    assert len([event for event in events if event[1] == "m"]) == SHOWN + 1  # and the end
    assert "</html>" in files["html"].read_text()
    assert files["md"].read_text().count("\n## ") >= SHOWN


def test_help_and_completion(run: Run) -> None:
    lines = ("complete go-boot until gogo-s", "complete go-gmp --re", "help go-stacks")
    done = run(LOAD, *lines)
    assert done.stderr == ""
    assert done.stdout.startswith("go-boot until gogo-sp\ngo-gmp --reason\n")
    assert "Usage: go-stacks" in done.stdout


def test_loaded_before_gdb_attaches(
    gdb: Gdb, place: Path, parked: subprocess.Popen[str], tmp_path: Path
) -> None:
    out = tmp_path / "gs.json"
    commands = (f"go-gmp g --json --out {out}", "go-stacks --group", "detach")
    command = [*quiet(gdb.path), "-iex", LOAD, "-p", str(parked.pid), *execute(commands)]
    done = gdb_log.run(command, cwd=place, env=ENVIRONMENT)
    check_attached(done.stderr)
    assert "Python" not in done.stderr
    functions = {g["where"]["function"] for g in json.loads(out.read_text())["gs"]}
    assert "main.receives" in functions
    assert "main.receives" in done.stdout
    assert parked.poll() is None


def test_loaded_twice(run: Run, gdbinit: Path, place: Path) -> None:
    done = run(LOAD, LOAD, f"source {gdbinit}", "help go-boot")
    assert done.stderr == ""
    first, rest = done.stdout.split("\n", 1)
    assert re.fullmatch(rf"gogdb \S+ is loaded already, from {place}/gogdb\.zip", first)
    assert "Usage: go-boot" in rest


def test_loaded_beside_a_checkout(run: Run, gdbinit: Path) -> None:
    done = run(f"source {gdbinit}", LOAD)
    assert done.stderr == ""
    checkout = gdbinit.parent
    assert re.fullmatch(rf"gogdb \S+ is loaded already, from {checkout}\n", done.stdout)


def test_python_without_zlib(run: Run) -> None:
    done = run('python import sys; sys.modules["zlib"] = None', LOAD)
    assert done.stderr == "gogdb: cannot load: can't decompress data; zlib not available\n"


def test_the_command_gogdb(gdb: Gdb, place: Path, builds: Builds, go: Go, tmp_path: Path) -> None:
    """`python3 gogdb.zip report`: GDB's Python has gogdb from the archive."""
    program, page = builds.fixture("boot", go), tmp_path / "walk.md"
    options = ("--gdb", str(gdb.path), "report", str(program), "-o", str(page))
    done = gdb_log.run(
        [sys.executable, "-I", "-S", "gogdb.zip", *options], cwd=place, env=ENVIRONMENT
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert is_complete(page)


def test_the_doctor_without_a_home(gdb: Gdb, place: Path) -> None:
    """GDB then warns that it has no place for its index cache."""
    command = [sys.executable, "-I", "-S", "gogdb.zip", "doctor", "--gdb", str(gdb.path)]
    done = gdb_log.run(command, cwd=place, env={"PATH": ENVIRONMENT["PATH"]})
    assert done.stderr == ""
    archive = re.escape(str(place / "gogdb.zip"))
    assert re.search(rf"^ok +GDB {gdb.version} with Python", done.stdout, re.M)
    assert re.search(rf"^ok +{archive} loads in it", done.stdout, re.M)
