"""Arguments and variables of goroutines of the program `locals`, which prints them itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["PRINT", "printed_values", "shown_values"]

_NAMES = ("id", "ratio", "at.x", "at.y", "total")
_FORM = ", ".join(f"{name} = {'%g' if name == 'ratio' else '%d'}" for name in _NAMES)
_PRINTED = re.compile(r"^worker\d: (id = .*)$", re.M)

PRINT = f'frame apply all -q -s printf "{_FORM}\\n", {", ".join(_NAMES)}'
"""The command for go-apply, which prints them in the same form."""


def printed_values(text: str) -> list[str]:
    """Return what each goroutine has printed."""
    return sorted(_PRINTED.findall(text))


def shown_values(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what `PRINT` shows in each goroutine of `go-apply --json`; "" if nothing.

    The innermost frame of the thread comes first; it may be that of such a goroutine, too.
    """
    return sorted(
        row["output"].rstrip("\n").rpartition("\n")[2] for row in rows if row["goid"] != 1
    )
