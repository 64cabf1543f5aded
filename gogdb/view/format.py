"""Table cells and text for addresses, numbers, time spans and ranges of names."""

from __future__ import annotations

from collections.abc import Iterable

from gogdb.view.doc import Cell, Role

__all__ = ["address", "duration", "name", "number", "ranges"]

_UNITS = (("d", 24 * 60 * 60), ("h", 60 * 60), ("min", 60), ("s", 1))  # s


def address(value: int, changed: bool = False) -> Cell:
    """An address; nil is a dim 0."""
    if not value:
        return Cell("0", 0, "dim")
    return Cell(f"{value:#x}", value, "changed" if changed else "address")


def number(value: int | None, role: Role = "number") -> Cell:
    return Cell("-", None, "dim") if value is None else Cell(str(value), value, role)


def name(text: str, role: Role = "") -> Cell:
    """A g, m or p by name; a dim dash for nil."""
    return Cell(text, text, role) if text else Cell("-", None, "dim")


def duration(ns: int) -> str:
    """A time span in one or two units, rounded down: "320 ms", "1.2 s", "3 min 5 s", "2 d 4 h"."""
    if ns < 1_000_000:
        return "< 1 ms"
    if ns < 1_000_000_000:
        return f"{ns // 1_000_000} ms"
    tenths = ns // 100_000_000
    if tenths < 600:
        return f"{tenths // 10}.{tenths % 10} s"
    left, said = tenths // 10, list[str]()
    for unit, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if said or count:
            said.append(f"{count} {unit}" if count else "")
    return " ".join(filter(None, said[:2]))


def ranges(prefix: str, ids: Iterable[int]) -> str:
    """Names by their numbers, runs of them folded: "p0 p3–p17"."""
    runs: list[list[int]] = []
    for number in sorted(ids):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = []
    for run in runs:
        if len(run) > 2:
            said.append(f"{prefix}{run[0]}–{prefix}{run[-1]}")
        else:
            said += [f"{prefix}{number}" for number in run]
    return " ".join(said)
