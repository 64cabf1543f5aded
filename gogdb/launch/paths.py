"""Paths of files that are at the top of a checkout and inside an installed package.

A zip archive has none of them for other programs to open.
"""

from __future__ import annotations

import os
from pathlib import Path

from gogdb.errors import GogdbError

__all__ = ["archive", "before_program", "cache", "fixtures", "gdbinit"]

_PACKAGE = Path(__file__).resolve().parent.parent


def archive() -> Path | None:
    """Return the zip archive that gogdb runs from, None if its files are in a directory."""
    return _PACKAGE.parent if _PACKAGE.parent.is_file() else None


def gdbinit() -> Path:
    """Return the script that GDB sources."""
    return _bundled("gdbinit.py")


def before_program() -> Path:
    """Return the script that GDB sources before it opens the program."""
    return _PACKAGE / "gdbhost" / "go_script.py"


def fixtures() -> Path:
    """Return the directory of the bundled Go programs. Raises `GogdbError` in a zip archive."""
    if file := archive():
        raise GogdbError(
            f"{file.name} has no Go programs to build", "name a program, or install gogdb with pip"
        )
    return _bundled("fixtures")


def cache() -> Path:
    """Return the user's cache directory for gogdb, which may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG Base Directory Specification says to ignore a relative path.
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "gogdb"


def _bundled(name: str) -> Path:
    for directory in (_PACKAGE.parent, _PACKAGE):
        if (directory / "gdbinit.py").exists() and (directory / name).exists():
            return directory / name
    raise GogdbError(f"{name} is missing beside {_PACKAGE}", "install gogdb again")
