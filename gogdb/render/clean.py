"""The one gate between a document's text and the terminal.

Names, labels and paths come from the program being debugged and can hold anything. Characters
that could move the cursor, change colours or reorder a line become visible escapes (`\\x1b`,
`\\u202e`) before any part is laid out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

from gogdb.view.doc.document import Art, Cell, Claims, Code, Note, Part, Table, Text
from gogdb.view.doc.forms import MARKS

__all__ = ["clean", "escape"]

T = TypeVar("T")

# Replacements for the drawing characters in the text of views.
_ASCII = {
    **dict.fromkeys(range(0x2500, 0x2580), "+"),
    **dict.fromkeys(map(ord, "─━┄┅┈┉╌╍═╴╶╸╺╼╾"), "-"),
    **dict.fromkeys(map(ord, "│┃┆┇┊┋╎╏║╵╷╹╻╽╿"), "|"),
    **dict.fromkeys(range(0x2580, 0x25A0), "#"),
    **dict.fromkeys(map(ord, "░▒"), "."),
    **dict.fromkeys(map(ord, "■▪●•"), "*"),
    **dict.fromkeys(map(ord, "□▫○◦"), "o"),
    **dict.fromkeys(map(ord, "→►▶▸⇒"), "->"),
    **dict.fromkeys(map(ord, "←◄◀◂⇐"), "<-"),
    **dict.fromkeys(map(ord, "↑▲△"), "^"),
    **dict.fromkeys(map(ord, "↓▼▽"), "v"),
    **dict.fromkeys(map(ord, "↔⇔"), "<->"),
    **dict.fromkeys(map(ord, "⋮⋯"), ":"),
    **dict.fromkeys(map(ord, "–−"), "-"),
    ord("…"): "...",
    ord("✓"): "[ok]",
    ord("✗"): "[FAIL]",
}
# In a picture each replacement is one cell wide, so that columns keep their places.
_ASCII_ART = {
    **_ASCII,
    **dict.fromkeys(map(ord, "→►▶▸⇒"), ">"),
    **dict.fromkeys(map(ord, "←◄◀◂⇐"), "<"),
    **dict.fromkeys(map(ord, "↔⇔"), "-"),
    ord("…"): "~",
    ord("✓"): "+",
    ord("✗"): "x",
}
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_CJK = "\u2e80-\u9fff\uf900-\ufaff\uff01-\uff60"
_FOLD_CJK = re.compile(rf"(?<=[{_CJK}])[ \t\r\n]*\n[ \t\r\n]*(?=[{_CJK}])")
_FOLD = re.compile(r"[ \t\r\n]*[\t\r\n][ \t\r\n]*")
_UNMARKED = re.compile(f"[^{MARKS}]+")


def escape(text: str) -> str:
    """Return `text` with an escape for each character that is not visible."""
    if text.isprintable():
        return text
    return "".join(map(_escape_char, text))


def _escape_char(char: str) -> str:
    # Blanks other than " " (U+3000 in Chinese text) are harmless, though not printable.
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    code = ord(char)
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return _NAMED.get(char) or (f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}")


def clean(part: Part, *, ascii: bool, marked: bool = False) -> Part:
    """Return `part` with text that is safe to show; `ascii` replaces drawing characters.

    With `marked`, marks are kept; without, there are none.
    """
    prepare = _escape_around_marks if marked else escape
    if isinstance(part, Text | Note | Claims):
        part = _each_text(part, _fold)
    if isinstance(part, Code):
        part = _expand_tabs(part)
    if ascii:
        drawing = _ASCII_ART if isinstance(part, Art) else _ASCII
        return _prepared(part, lambda text: _to_ascii(prepare(text), drawing))
    return _prepared(part, prepare)


def _to_ascii(text: str, drawing: dict[int, str]) -> str:
    # A middle dot between blanks is a separator; within a word it is Plan 9 assembly.
    return text if text.isascii() else text.translate(drawing).replace(" · ", " - ")


def _escape_around_marks(text: str) -> str:
    return _UNMARKED.sub(lambda match: escape(match[0]), text)


def _fold(text: str) -> str:
    """Join the lines of a paragraph; Chinese lines are joined without a blank."""
    return _FOLD.sub(" ", _FOLD_CJK.sub("", text)).strip()


def _expand_tabs(code: Code) -> Code:
    size = 4 if code.language == "go" else 8  # tabs align the operands of assembly
    return replace(
        code,
        lines=[replace(line, text=line.text.expandtabs(size).rstrip()) for line in code.lines],
    )


def _prepared(part: Part, prepare: Callable[[str], str]) -> Part:
    if not isinstance(part, Table):
        return _each_text(part, prepare)
    # The rows of a large table have most of their cells in common.
    cells = {id(cell): cell for row in part.rows for cell in row}
    kept = {key: _each_text(cell, prepare) for key, cell in cells.items()}
    rows = [[kept[id(cell)] for cell in row] for row in part.rows]
    return replace(_each_text(replace(part, rows=()), prepare), rows=rows)


def _each_text(value: T, prepare: Callable[[str], str]) -> T:
    """Return `value` with every string in it prepared."""
    result: object = value
    if isinstance(value, Cell):
        text = prepare(value.text)
        result = value if text is value.text else Cell(text, None, value.role)
    elif isinstance(value, str):
        result = prepare(value)
    elif isinstance(value, list | tuple):
        result = [_each_text(item, prepare) for item in value]
    elif is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: _each_text(getattr(value, f.name), prepare) for f in fields(value)}
        result = replace(value, **changed)
    return result  # type: ignore[return-value]
