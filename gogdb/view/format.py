"""Table cells and text for addresses, numbers, places, time spans and ranges of names."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from gogdb.i18n import tr
from gogdb.view.doc.document import Cell, Role

__all__ = [
    "address",
    "code_place",
    "duration",
    "name",
    "number",
    "ranges",
    "source_place",
    "unreadable",
]

_UNITS = (("d", 24 * 60 * 60), ("h", 60 * 60), ("min", 60), ("s", 1))  # with their seconds


def address(value: int, changed: bool = False) -> Cell:
    """Return an address in hexadecimal; nil is a dim 0."""
    if not value:
        return Cell("0", 0, "dim")
    return Cell(f"{value:#x}", value, "changed" if changed else "address")


def number(value: int | None, role: Role = "number") -> Cell:
    """Return a number, or a dim dash for None."""
    return Cell("-", None, "dim") if value is None else Cell(str(value), value, role)


@lru_cache(4096)  # of many goroutines, few names differ
def name(text: str, role: Role = "") -> Cell:
    """Return the name of a g, m, p or function, or a dim dash for ""."""
    return Cell(text, text, role) if text else Cell("-", None, "dim")


def unreadable(why: str = "") -> Cell:
    """Return why something cannot be read, or just that it cannot."""
    return Cell(why or tr("unreadable"), why or None, "bad")


def source_place(file: str, line: int) -> str:
    """Return a line of source by the base name of its file: "proc.go:283"."""
    return f"{file.rpartition('/')[2]}:{line}"


def code_place(function: str, offset: int) -> str:
    """Return a place in a function, `offset` bytes from its entry: "runtime.main+7"."""
    return f"{function}+{offset}" if offset else function


def duration(ns: int) -> str:
    """Return a time span rounded down to one or two units: "320 ms", "1.2 s", "3 min 5 s"."""
    if ns < 1_000_000:
        return "< 1 ms"
    if ns < 1_000_000_000:
        return f"{ns // 1_000_000} ms"
    tenths = ns // 100_000_000
    if tenths < 600:
        return f"{tenths // 10}.{tenths % 10} s"
    left, counts = tenths // 10, list[str]()
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if counts or count:
            counts.append(f"{count} {unit}" if count else "")
    return " ".join(filter(None, counts[:2]))


def ranges(prefix: str, ids: Iterable[int]) -> str:
    """Return names by number, three and more in a row as a range: "p0 p3–p17"."""
    runs: list[list[int]] = []
    for number in sorted(ids):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    names: list[str] = []
    for run in runs:
        if len(run) > 2:
            names.append(f"{prefix}{run[0]}–{prefix}{run[-1]}")
        else:
            names += [f"{prefix}{number}" for number in run]
    return " ".join(names)
