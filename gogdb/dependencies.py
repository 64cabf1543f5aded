"""Find the pure-Python packages that gogdb needs for its output.

The Python inside GDB seldom has them; a checkout's `.venv` does. They are only located here, not
imported, because loading gogdb must be quick. For the same reason this file does without pathlib
and glob.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import PathFinder

from gogdb.errors import GogdbError

__all__ = ["REQUIRED", "extend_path", "missing", "require"]

REQUIRED = ("pygments", "tabulate", "wcwidth")

_HOME = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
"""The checkout, or the `site-packages` that gogdb is installed in."""


def missing(more: Sequence[str] = ()) -> list[str]:
    """Return the required packages, and those in `more`, that this Python cannot import."""
    names = [*REQUIRED, *more]
    return [name for name in names if name not in sys.modules and not PathFinder.find_spec(name)]


def extend_path(more: Sequence[str] = ()) -> list[str]:
    """Extend `sys.path` as far as the packages need it, and return those that are still missing.

    The packages are the required ones and those in `more`.
    """
    for directory in _directories():
        if not missing(more):
            return []
        if directory not in sys.path:
            sys.path.append(directory)  # at the end, where it shadows nothing
    return missing(more)


def require(*more: str) -> None:
    """Make the required packages, and those in `more`, importable.

    Raises `GogdbError` if one is missing.
    """
    if names := extend_path(more):
        raise GogdbError(f"GDB's Python has no {' and no '.join(names)}", _remedy(names))


def _directories() -> list[str]:
    """Return where to look for packages: the checkout's `.venv`, or beside the installed gogdb."""
    if not os.path.exists(os.path.join(_HOME, "gdbinit.py")):
        return [_HOME]
    lib = os.path.join(_HOME, ".venv", "lib")
    pythons = sorted(os.listdir(lib)) if os.path.isdir(lib) else []
    return [os.path.join(lib, python, "site-packages") for python in pythons]


def _remedy(names: list[str]) -> str:
    if os.path.exists(os.path.join(_HOME, "Makefile")):
        return f"run `make -C {_HOME} setup`, then source gdbinit.py again"
    return f"run `python3 -m pip install --target {_HOME} {' '.join(names)}`"
