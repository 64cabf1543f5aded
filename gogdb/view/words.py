"""How numbers are written: addresses, sizes, names of gs."""

from __future__ import annotations

from gogdb.boot.moment import Moment
from gogdb.runtime.meaning import Meaning
from gogdb.view.doc import Cell, Role

__all__ = ["address", "hexed", "meaning", "name", "number", "register_means", "short"]


def hexed(value: int | None) -> str | None:
    """An address for JSON: a hex string, None for what could not be read."""
    return None if value is None else f"{value:#x}"


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


def short(function: str) -> str:
    """A function's name where the room is scarce and the runtime understood."""
    return function.removeprefix("runtime.").replace(".abi0", "")


def meaning(what: Meaning) -> str:
    """What a word is, in words."""
    if what.kind == "stack" and what.frame:
        return f"{what.name}'s stack: frame of {what.frame}"
    if what.kind == "stack":
        return f"{what.name}'s stack, {what.offset:#x} below hi"
    return what.text


def register_means(name: str, moment: Moment) -> str:
    """What a register's value is at a stop of the walk."""
    what = moment.meanings[name]
    if name == "rbp" and what.kind == "nil":
        return "0: the end of the chain"
    return meaning(what) if what.kind != "nil" else ""
