"""Build the bundled Go programs, and cache them."""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gogdb.errors import GogdbError
from gogdb.files.target import find_target
from gogdb.launch import paths
from gogdb.launch.tools import Go

__all__ = ["FLAGS", "build", "check", "names"]

FLAGS = ("-gcflags", "-N -l")
"""No optimization and no inlining, so that the code follows the source line by line."""


def check() -> None:
    """Raise `GogdbError` if there are no fixtures, before Go is looked for, which they need."""
    paths.fixtures()


def names() -> dict[str, str]:
    """Return every fixture with the first sentence of the comment at the top of its main.go."""
    sources = sorted(paths.fixtures().glob("*/main.go"))
    return {path.parent.name: _description(path) for path in sources}


def build(name: str, go: Go, output: Path | None = None, flags: Sequence[str] = FLAGS) -> Path:
    """Build a fixture and return the program's path.

    It is built in the cache, or taken from there, unless `output` names a file or a directory.
    Raises `GogdbError`.
    """
    source = paths.fixtures() / name
    if name not in names():
        raise GogdbError(f"no fixture {name}", f"there are {', '.join(names())}")
    if output:
        output = output / name if output.is_dir() else output
        _build(source, go, flags, output)
        return output
    cached = paths.cache() / "fixtures" / f"go{go.version}-{_key(source, go, flags)}" / name
    if not cached.exists():
        _build(source, go, flags, cached)
    return cached


def _build(source: Path, go: Go, flags: Sequence[str], output: Path) -> None:
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        target = find_target(str(output))
        if target.is_stream:
            raise GogdbError(f"cannot write {output}", "it is not a file")
        output = Path(target.path)
        # Renamed when complete, so that no other process sees half a program.
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".building-") as scratch:
            program = Path(scratch) / output.name
            _compile(source, go, flags, program)
            program.replace(output)
    except OSError as error:
        raise GogdbError(f"cannot write {output}", error.strerror or str(error)) from None


def _compile(source: Path, go: Go, flags: Sequence[str], output: Path) -> None:
    # -buildvcs=false: a fixture does not depend on git, and running it can fail.
    command = [str(go.path), "build", "-buildvcs=false", *flags, "-o", str(output), "."]
    env = go.environment() | {"GOOS": "linux", "GOARCH": "amd64"}
    done = subprocess.run(command, cwd=source, env=env, capture_output=True, check=False)
    if done.returncode:
        lines = done.stderr.decode(errors="replace").splitlines()
        why = next((line for line in lines if line and not line.startswith("#")), "go build failed")
        raise GogdbError(f"cannot build fixture {source.name} with Go {go.version}", why)


def _key(source: Path, go: Go, flags: Sequence[str]) -> str:
    """Return a hash of all that the program depends on.

    The source's path is a part of it, because the debug information names it.
    """
    digest = hashlib.sha256()
    for text in (str(source), str(go.path.resolve()), shlex.join(flags)):
        digest.update(text.encode() + b"\0")
    for variable in ("CGO_ENABLED", "CC", "CGO_CFLAGS", "CGO_LDFLAGS", "GOEXPERIMENT", "GOAMD64"):
        digest.update(os.environ.get(variable, "").encode() + b"\0")
    for path in sorted(source.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(source)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _description(main: Path) -> str:
    """Return the leading comment up to its first full stop or colon."""
    words: list[str] = []
    for line in main.read_text().splitlines():
        if not line.startswith("//"):
            break
        words += line.removeprefix("//").split()
        if words[-1][-1] in ".:":
            break
    return " ".join(words).split(". ")[0].split(": ")[0].rstrip(".:")
