"""Programs that tests build: each once in a run, shared by its worker processes."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from gogdb.launch import bundle, fixture, paths
from gogdb.launch.tools import Go
from tests.support import hostile_program, traceback_oracle
from tests.support.places import PROGRAMS
from tests.support.special_builds import build_special

__all__ = ["DEBUG", "FIXED_HEAP", "Builds", "Built", "Compile"]

FIXED_HEAP = {"GOEXPERIMENT": "norandomizedheapbase64"}
"""Environment of a build, for the heap at the same place in every run."""
DEBUG = fixture.FLAGS
"""Flags for a program without optimisation and inlining."""
Built = Callable[[str], Path]
"""Builds one of `traceback_oracle.BUILDS` by its name."""
Compile = Callable[..., Path]
"""Builds a program of `live/programs/` by its name and flags."""


class Builds:
    """The programs below a directory that all workers of a run share."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def fixture(self, name: str, go: Go, flags: Sequence[str] = fixture.FLAGS) -> Path:
        """Build a program of `fixtures/`."""

        def build(place: Path) -> Path:
            return fixture.build(name, go, place / name, flags)

        return self._once(f"fixture {name} {shlex.join(flags)}", go, build)

    def fixed_heap(self, name: str, go: Go) -> Path:
        """Build a program of `fixtures/` whose heap is at the same place in every run.

        Since Go 1.26 the place is random (randomizedHeapBase64 in runtime/malloc.go), and how a
        page is wrapped depends on the lengths of addresses.
        """

        def build(place: Path) -> Path:
            command = [str(go.path), "build", "-buildvcs=false", *DEBUG, "-o", str(place / name)]
            env = go.environment() | FIXED_HEAP
            source = paths.fixtures() / name
            subprocess.run([*command, "."], cwd=source, env=env, check=True)
            return place / name

        return self._once(f"fixed heap {name}", go, build)

    def program(
        self, name: str, go: Go, flags: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> Path:
        """Build a copy of a program of `live/programs/`, with more environment variables."""

        def build(place: Path) -> Path:
            source = shutil.copytree(PROGRAMS / name, place / "src")
            command = [str(go.path), "build", "-buildvcs=false", *flags, "-o", str(place / name)]
            env = {**go.environment(), **(environment or {})}
            subprocess.run([*command, "."], cwd=source, env=env, check=True)
            return place / name

        return self._once(f"program {name} {shlex.join(flags)} {environment}", go, build)

    def states(self, build: str, go: Go) -> Path:
        """Build a program of `traceback_oracle.BUILDS`."""
        return self._once(
            f"states {build}", go, lambda place: traceback_oracle.build(build, go, place)
        )

    def special(self, name: str, go: Go) -> Path:
        """Build one of `SPECIAL_BUILDS`. Raises `GogdbError` without its C compiler."""
        return self._once(f"special {name}", go, lambda place: build_special(name, go, place))

    def bundle(self) -> Path:
        """Make the archive of `gogdb bundle`."""

        def build(place: Path) -> Path:
            bundle.bundle(bundle.parts(), str(place / "gogdb.zip"))
            return place / "gogdb.zip"

        return self._once("bundle", None, build)

    def hostile(self, go: Go) -> Path:
        """Build the program with harmful names and strings."""
        return self._once("hostile", go, lambda place: hostile_program.build(go, place))

    def _once(self, what: str, go: Go | None, build: Callable[[Path], Path]) -> Path:
        """Return what `build` made in a directory for `what`; the first worker to ask builds it.

        The other workers wait at a lock, which the kernel releases should the builder die.
        """
        digest = hashlib.sha256(f"{go.path if go else ''}\0{what}".encode()).hexdigest()[:12]
        place = self._directory / digest
        self._directory.mkdir(parents=True, exist_ok=True)
        with place.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            built = place / ".built"
            if not built.exists():
                shutil.rmtree(place, ignore_errors=True)
                place.mkdir()
                built.write_bytes(os.fsencode(build(place)))
            return Path(os.fsdecode(built.read_bytes()))
