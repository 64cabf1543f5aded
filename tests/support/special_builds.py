"""Go programs whose boot differs: the race detector, musl, Go as a library in a C program."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from gogdb.errors import GogdbError
from gogdb.launch import paths
from gogdb.launch.tools import Go
from tests.support.places import PROGRAMS

__all__ = ["SPECIAL_BUILDS", "build_special"]


class SpecialBuild(NamedTuple):
    """How to build a program, and the stages of the boot that it does not have."""

    source: Path
    flags: Sequence[str]
    skipped: Sequence[str]
    compiler: str = "gcc"
    package: str = "gcc"  # of Debian, which has the compiler
    c_main: str = ""  # C's main, if Go is a library; the program's source in `source`


_FIXTURES = paths.fixtures()
_DEBUG = ("-gcflags", "-N -l")
_STATIC = ("-ldflags", "-linkmode external -extldflags -static")
_CGO = ("settls", "tls-check")
_MUSL = ("musl-gcc", "musl-tools")

SPECIAL_BUILDS: Mapping[str, SpecialBuild] = {
    "race": SpecialBuild(_FIXTURES / "boot", ("-race", *_DEBUG), _CGO),
    "musl": SpecialBuild(_FIXTURES / "cgo", _DEBUG, _CGO, *_MUSL),
    "musl static": SpecialBuild(_FIXTURES / "cgo", _STATIC, _CGO, *_MUSL),
    "c-archive": SpecialBuild(
        PROGRAMS / "archive",
        (*_DEBUG, "-buildmode=c-archive"),
        (*_CGO, "main-main", "add"),
        c_main="c/main.c",
    ),
}


def build_special(name: str, go: Go, place: Path) -> Path:
    """Build one of `SPECIAL_BUILDS` in a directory.

    Raises `GogdbError` without its C compiler, and `CalledProcessError` with the compiler's output.
    """
    build = SPECIAL_BUILDS[name]
    if shutil.which(build.compiler) is None:
        raise GogdbError(f"no {build.compiler}", f"apt install {build.package}")
    program = place / build.source.name
    environment = go.environment() | {"CGO_ENABLED": "1", "CC": build.compiler}
    output = place / "archive.a" if build.c_main else program
    command = [str(go.path), "build", "-buildvcs=false", *build.flags, "-o", str(output), "."]
    _run(command, build.source, environment)
    if build.c_main:
        main = str(build.source / build.c_main)
        options = ("-g", "-pthread", f"-I{place}", "-o", str(program))
        _run([build.compiler, main, str(output), *options], place, os.environ)
    return program


def _run(command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> None:
    subprocess.run(command, cwd=directory, env=environment, capture_output=True, check=True)
