"""Find the pure-Python packages that gogdb needs for its output.

The Python inside GDB seldom has them; a checkout's `.venv` does. They are found here and not
imported, because importing takes time.
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
    """Return the required packages, and those in `more`, that this Python cannot import."""
    wanted = [*REQUIRED, *more]
    return [name for name in wanted if name not in sys.modules and not PathFinder.find_spec(name)]


def find(more: Sequence[str] = ()) -> list[str]:
    """Extend `sys.path` as far as the packages need it, and return those that are still missing."""
    for directory in _directories():
        if not missing(more):
            return []
        if directory not in sys.path:
            sys.path.append(directory)  # at the end, where it shadows nothing
    return missing(more)


def require(*more: str) -> None:
    """Find the required packages and those in `more`. Raises `GogdbError` if one is missing."""
    if names := find(more):
        raise GogdbError(f"GDB's Python has no {' and no '.join(names)}", _remedy(names))


def _directories() -> list[str]:
    if (_HOME / "gdbinit.py").exists():
        return [str(path) for path in sorted(_HOME.glob(".venv/lib/python3*/site-packages"))]
    return [str(_HOME)]


def _remedy(names: list[str]) -> str:
    if (_HOME / "Makefile").exists():
        return f"run `make -C {_HOME} setup`, then source gdbinit.py again"
    return f"run `python3 -m pip install --target {_HOME} {' '.join(names)}`"
