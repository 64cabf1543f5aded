"""What a command has to say, before anyone decides how it looks.

A view turns a model into a `Doc`; a renderer turns the `Doc` into a terminal
page, plain text or HTML. Cells keep the raw value beside the text and a *role*:
a name for what the text is, never a colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from gogdb.i18n import tr

__all__ = [
    "Art",
    "Cell",
    "Claims",
    "Code",
    "CodeLine",
    "Column",
    "Doc",
    "Heading",
    "Note",
    "Part",
    "Role",
    "Span",
    "StackColumn",
    "StackPicture",
    "StackWord",
    "Table",
    "Text",
    "cell",
]

Role = Literal[
    "",  # plain text
    "dim",  # context, not the point
    "strong",  # the point
    "address",
    "number",
    "function",
    "register",
    "status",
    "changed",  # differs from the stage or stop before
    "good",
    "bad",
    "warn",
]


@dataclass(frozen=True)
class Span:
    """A run of text with one role."""

    text: str
    role: Role = ""


@dataclass(frozen=True)
class Cell:
    """One table cell: what is shown, the raw value behind it, what it is."""

    text: str
    value: object = None
    role: Role = ""


@dataclass(frozen=True)
class Column:
    """A table column. Those of the lowest `keep` go first when the page is narrow."""

    name: str
    align: Literal["left", "right"] = "left"
    keep: int = 1


@dataclass(frozen=True)
class Heading:
    """A title; level 1 is a rule across the page. `aside` stands at its far end."""

    text: str
    level: int = 1
    aside: str = ""


@dataclass(frozen=True)
class Text:
    """A paragraph, wrapped by the renderer."""

    text: str
    role: Role = ""


@dataclass(frozen=True)
class Table:
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    title: str = ""
    empty: str = field(default_factory=lambda: tr("none"))  # what to say when there is no row


@dataclass(frozen=True)
class CodeLine:
    """One line of source or one instruction.

    `gutter` is its line number or address, `current` marks where the program
    stands, `note` is what the line does here and now.
    """

    gutter: str
    text: str
    current: bool = False
    note: str = ""


@dataclass(frozen=True)
class Code:
    lines: Sequence[CodeLine]
    language: Literal["go", "go-asm", "att", "intel"]
    title: str = ""


@dataclass(frozen=True)
class StackWord:
    """One word of a stack, or, with `gap` set, the words left out in between.

    `marks` are the registers that point here ("rsp", "rbp"). With `rule` set it is no word but
    a line across the stack, with that title over the words below it.
    """

    address: int
    value: int | None
    meaning: str = ""
    marks: Sequence[str] = ()
    gap: str = ""
    role: Role = ""
    rule: str = ""


@dataclass(frozen=True)
class StackColumn:
    """One stack from its high end (first) down; `words` in falling addresses.

    `part`: `hi` and `lo` bound only what is shown, not the stack.
    """

    title: str
    hi: int
    lo: int
    words: Sequence[StackWord]
    part: bool = False


@dataclass(frozen=True)
class StackPicture:
    """Stacks side by side (below each other when the page is narrow).

    High addresses are always on top.
    """

    columns: Sequence[StackColumn]
    title: str = ""


@dataclass(frozen=True)
class Art:
    """A picture made of text: lines of spans, never wrapped."""

    lines: Sequence[Sequence[Span]]
    title: str = ""


@dataclass(frozen=True)
class Claims:
    """What the narration rests on: (text, does it hold)."""

    items: Sequence[tuple[str, bool]]


@dataclass(frozen=True)
class Note:
    """One line that asks for attention."""

    text: str
    kind: Literal["hint", "warn", "bad", "good"] = "hint"


Part = Heading | Text | Table | Code | StackPicture | Art | Claims | Note


@dataclass(frozen=True)
class Doc:
    parts: Sequence[Part] = field(default_factory=tuple)


def cell(value: object, role: Role = "") -> Cell:
    """A cell that shows `value` itself: nothing for None, hex stays the view's affair."""
    return Cell("" if value is None else str(value), value, role)
