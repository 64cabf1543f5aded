"""What go-symbols has done, in a line or two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from gogdb.i18n import tr
from gogdb.view.doc.document import Doc, Note, Part, Text

__all__ = ["Symbols", "document"]


class Symbols(NamedTuple):
    """What has become of GDB's symbols of the program at `path`.

    "not needed": the program has a symbol table. `functions` and `variables` are how many GDB
    knows. `breakpoints` are those that it can no longer find by name, of which those that are
    `pending` do not stop.
    """

    state: Literal["added", "already added", "not needed", "removed", "not added"]
    path: str
    functions: int | None = None
    variables: int | None = None
    breakpoints: Sequence[int] = ()
    pending: Sequence[int] = ()


def document(symbols: Symbols) -> Doc:
    """Return the page."""
    return Doc([Text(_sentence(symbols)), *_breakpoints(symbols)])


def _sentence(symbols: Symbols) -> str:
    match symbols.state:
        case "added":
            return tr(
                "GDB knows {functions} {functions:function|functions} and {variables} "
                "{variables:variable|variables} of the runtime now; `go-symbols off` undoes it",
                functions=symbols.functions,
                variables=symbols.variables,
            )
        case "already added":
            return tr(
                "on already: GDB knows {functions} {functions:function|functions} and {variables} "
                "{variables:variable|variables} of the runtime; `go-symbols off` undoes it",
                functions=symbols.functions,
                variables=symbols.variables,
            )
        case "not needed":
            return tr(
                "{path} has a symbol table, which GDB has read: there is nothing to add",
                path=symbols.path,
            )
        case "removed":
            return tr("GDB has the symbols no longer")
        case "not added":
            return tr("there is nothing to undo: `go-symbols` has added nothing to this program")


def _breakpoints(symbols: Symbols) -> list[Part]:
    """Say which breakpoints still stop; GDB disables them all if the program is run anew."""
    parts: list[Part] = []
    if staying := [each for each in symbols.breakpoints if each not in symbols.pending]:
        text = tr(
            "breakpoint {numbers} stays at its address until the program is run anew",
            numbers=_list(staying),
        )
        parts.append(Note(text))
    if symbols.pending:
        text = tr(
            "breakpoint {numbers} does not stop without the symbols: `go-symbols` and "
            "`enable {numbers}` bring it back",
            numbers=_list(symbols.pending),
        )
        parts.append(Note(text))
    return parts


def _list(numbers: Sequence[int]) -> str:
    return " ".join(map(str, numbers))
