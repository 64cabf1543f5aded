"""Documents: what a command shows, before a renderer decides how it looks.

A view turns a model into a `Doc`; a renderer turns the `Doc` into a terminal page, Markdown or
HTML. A view says what may be wrapped, shortened, dropped or moved; the renderer does so as the
page's width demands. A *role* says what a text is and is never a colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gogdb.i18n import tr

__all__ = [
    "Art",
    "ArtLine",
    "Cell",
    "Claims",
    "Code",
    "CodeLine",
    "Column",
    "Doc",
    "Heading",
    "Mark",
    "Note",
    "Part",
    "Remarked",
    "Role",
    "Span",
    "StackBar",
    "StackColumn",
    "StackPicture",
    "StackWord",
    "Table",
    "Text",
    "Wrapped",
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
    """A run of text with one role.

    It is filled up with blanks to `min_cells`. A `hidden` one only takes its room. An `optional`
    one is left out in all lines of a picture that is too wide for the page.
    """

    text: str
    role: Role = ""
    min_cells: int = 0
    hidden: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell: the text that is shown, the value behind it, the role."""

    text: str
    value: object = None
    role: Role = ""


@dataclass(frozen=True)
class Column:
    """A table column; on a narrow page the columns with the lowest `keep` are dropped first."""

    name: str
    align: Literal["left", "right"] = "left"
    keep: int = 1


@dataclass(frozen=True)
class Heading:
    """A title; level 1 is a rule across the page with `aside` at its far end."""

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
    """Rows of cells under named columns; `empty` is shown when there are no rows."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    title: str = ""
    empty: str = field(default_factory=lambda: tr("none"))


@dataclass(frozen=True)
class CodeLine:
    """A line of source or an instruction.

    `gutter` is its line number or address, `current` marks where the program stopped, and `note`
    says what the line does here. Of an instruction, `source` is the number of the line it comes
    from, and `writes` the register or the place in memory that it changes.
    """

    gutter: str
    text: str
    current: bool = False
    note: str = ""
    source: str = ""
    writes: str = ""


@dataclass(frozen=True)
class Code:
    """Source or disassembly."""

    lines: Sequence[CodeLine]
    language: Literal["go", "go-asm", "att", "intel"]
    title: str = ""


@dataclass(frozen=True)
class Mark:
    """The name of something that points into a stack: a register, or a gobuf's field.

    `role` tells the stack pointer and the frame pointer from all others.
    """

    name: str
    role: Literal["", "sp", "fp"] = ""


@dataclass(frozen=True)
class StackWord:
    """A word of a stack, at `address`; `value` is None when it cannot be read.

    With `gap` set, it stands for words that are left out. With `rule` set, it is a line across the
    stack with that title.
    """

    address: int
    value: int | None
    meaning: str = ""
    marks: Sequence[Mark] = ()
    gap: str = ""
    role: Role = ""
    rule: str = ""


@dataclass(frozen=True)
class StackColumn:
    """A stack, its `words` in falling addresses.

    With `part`, `hi` and `lo` are the bounds of what is shown, not of the stack.
    """

    title: str
    hi: int
    lo: int
    words: Sequence[StackWord]
    part: bool = False


@dataclass(frozen=True)
class StackPicture:
    """Stacks side by side, or one below the other on a narrow page; high addresses on top.

    `registers` are those that a picture with room for it shows even if they point at no word.
    """

    columns: Sequence[StackColumn]
    title: str = ""
    registers: Sequence[Mark] = ()


@dataclass(frozen=True)
class Wrapped:
    """A line of a picture that may be wrapped at its blanks.

    If that takes too many lines, the rest is dropped and `more` is shown instead.
    """

    text: str
    role: Role = ""
    more: str = ""


@dataclass(frozen=True)
class Remarked:
    """Lines of a picture with a remark: behind the last if it fits there, else behind the first."""

    lines: Sequence[Sequence[Span]]
    remark: Span


@dataclass(frozen=True)
class StackBar:
    """A line of a picture: a stack to scale, low addresses on the left.

    `guard` is the size of the guard area above `lo`, `used` of the frames below `hi`, in bytes.
    """

    lo: int
    hi: int
    guard: int
    used: int


ArtLine = Sequence[Span] | Wrapped | Remarked | StackBar


@dataclass(frozen=True)
class Art:
    """A picture made of text."""

    lines: Sequence[ArtLine]
    title: str = ""

    def spans(self) -> Iterator[Span]:
        """Yield every run of text in the picture."""
        for line in self.lines:
            match line:
                case Wrapped():
                    yield Span(line.text, line.role)
                case Remarked():
                    for spans in line.lines:
                        yield from spans
                    yield line.remark
                case StackBar():
                    pass
                case _:
                    yield from line


@dataclass(frozen=True)
class Claims:
    """The claims that a narration rests on, as (text, whether it holds)."""

    items: Sequence[tuple[str, bool]]


@dataclass(frozen=True)
class Note:
    """A sentence that asks for attention."""

    text: str
    kind: Literal["hint", "warn", "bad", "good"] = "hint"


Part = Heading | Text | Table | Code | StackPicture | Art | Claims | Note


@dataclass(frozen=True)
class Doc:
    """The parts of a page, from top to bottom."""

    parts: Sequence[Part] = field(default_factory=tuple)
