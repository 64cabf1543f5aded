"""Where the files lie that a checkout keeps at its top and a wheel inside the package."""

from __future__ import annotations

import os
from pathlib import Path

from gogdb.errors import GogdbError

__all__ = ["cache", "fixtures", "gdbinit"]

_PACKAGE = Path(__file__).resolve().parent.parent


def gdbinit() -> Path:
    """The script that GDB sources."""
    return _bundled("gdbinit.py")


def fixtures() -> Path:
    """The directory of the bundled Go programs."""
    return _bundled("fixtures")


def cache() -> Path:
    """The user's cache directory for gogdb; it need not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The standard says to ignore a relative one.
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "gogdb"


def _bundled(name: str) -> Path:
    for place in (_PACKAGE.parent, _PACKAGE):
        if (place / "gdbinit.py").exists() and (place / name).exists():
            return place / name
    raise GogdbError(f"{name} is missing beside {_PACKAGE}", "install gogdb again")
