"""The pure-Python packages that gogdb shows things with, and where they are.

GDB runs a Python of its own, which seldom has them; a checkout's `.venv` does.
Nothing here imports them: finding is cheap, importing is not.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import PathFinder
from pathlib import Path

from gogdb.errors import GogdbError

__all__ = ["REQUIRED", "find", "missing", "require"]

REQUIRED = ("pygments", "tabulate", "wcwidth")

_PACKAGE = Path(__file__).resolve().parent
_HOME = _PACKAGE.parent
"""The checkout, or the `site-packages` that gogdb is installed in."""


def missing(more: Sequence[str] = ()) -> list[str]:
    """The required packages, and those named, that this Python cannot import."""
    wanted = [*REQUIRED, *more]
    return [name for name in wanted if name not in sys.modules and not PathFinder.find_spec(name)]


def find(more: Sequence[str] = ()) -> list[str]:
    """Extend `sys.path` if that is needed to import the packages; say which are still missing."""
    for place in _places():
        if not missing(more):
            return []
        if place not in sys.path:
            sys.path.append(place)  # at the end, where it shadows nothing
    return missing(more)


def require(*more: str) -> None:
    """Find the packages, also those that only one command needs; or say what to run."""
    if lacking := find(more):
        raise GogdbError(f"GDB's Python has no {' and no '.join(lacking)}", _remedy(lacking))


def _places() -> list[str]:
    if (_HOME / "gdbinit.py").exists():
        return [str(path) for path in sorted(_HOME.glob(".venv/lib/python3*/site-packages"))]
    return [str(_HOME)]


def _remedy(lacking: list[str]) -> str:
    if (_HOME / "Makefile").exists():
        return f"run `make -C {_HOME} setup`, then source gdbinit.py again"
    return f"run `python3 -m pip install --target {_HOME} {' '.join(lacking)}`"
