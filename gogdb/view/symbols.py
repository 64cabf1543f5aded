"""What go-symbols has done, in a line or two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from gogdb.i18n import tr
from gogdb.view.doc.document import Doc, Note, Part, Text

__all__ = ["State", "Symbols", "document"]


State = Literal["added", "already added", "not needed", "removed", "not added"]


class Symbols(NamedTuple):
    """What has become of GDB's symbols of the program at `path`.

    "not needed": the program has a symbol table. `functions` and `variables` are how many GDB
    knows, `lines` whether it knows their source lines. `breakpoints` are those that it can no
    longer find by name; the `pending` ones do not stop. `had_lines`: some may be at lines.
    """

    state: State
    path: str
    functions: int | None = None
    variables: int | None = None
    lines: bool | None = None
    breakpoints: Sequence[int] = ()
    pending: Sequence[int] = ()
    had_lines: bool = False


def document(symbols: Symbols) -> Doc:
    """Return the page."""
    return Doc([Text(_sentence(symbols)), *_lines(symbols), *_breakpoints(symbols)])


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


def _lines(symbols: Symbols) -> list[Part]:
    if symbols.lines is None:
        return []
    if symbols.lines:
        return [Text(tr("It knows the lines of the functions, too."))]
    return [Note(tr("`go-symbols --lines` adds files and lines"))]


def _breakpoints(symbols: Symbols) -> list[Part]:
    """Say which breakpoints still stop; GDB disables them all if the program is run anew."""
    parts: list[Part] = []
    if staying := [each for each in symbols.breakpoints if each not in symbols.pending]:
        text = tr(
            "these breakpoints stay in place until the program is run anew: {numbers}",
            numbers=_list(staying),
        )
        parts.append(Note(text))
    if symbols.pending:
        text = tr(
            "these breakpoints do not stop without the symbols: {numbers}; `{command}` and then "
            "`enable {numbers}` bring them back",
            numbers=_list(symbols.pending),
            command="go-symbols --lines" if symbols.had_lines else "go-symbols",
        )
        parts.append(Note(text))
    return parts


def _list(numbers: Sequence[int]) -> str:
    return " ".join(map(str, numbers))
