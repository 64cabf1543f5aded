"""Documents of one form, which differ in a few texts only: a renderer lays out one for all.

In that one, these texts are marked: every character of a mark stands for an ASCII character, takes
one cell, and is a lone high surrogate, which no text that is decoded from a program holds. So a
renderer lays out a mark like the text itself, and the mark can be found in the result.
"""

from __future__ import annotations

import re

__all__ = ["MARKS", "MarkedInt", "mark", "split_at_marks"]

# Added to an ASCII character; the first and the last one of a mark tell whether it is whole
_INSIDE, _FIRST, _LAST = 0xD800, 0x80, 0x100
_MARK = re.compile("([\ud980-\ud9ff]|[\ud880-\ud8ff][\ud800-\ud87f]*[\ud900-\ud97f])")

MARKS = "\ud800-\ud9ff"
"""The characters of marks, as in a set of a regular expression."""


def mark(text: str) -> str:
    """Return a text in ASCII, not "", as a mark."""
    codes = [_INSIDE + ord(char) for char in text]
    codes[0] += _FIRST
    codes[-1] += _LAST
    return "".join(map(chr, codes))


class MarkedInt(int):
    """A number that is a mark wherever it is formatted."""

    def __format__(self, form: str) -> str:
        return mark(int.__format__(self, form))


def split_at_marks(text: str) -> list[str] | None:
    """Return the pieces of `text` around its marks, and between them the marked texts.

    None if a mark is not whole, because it was cut or broken.
    """
    pieces = _MARK.split(text)
    if re.search(f"[{MARKS}]", "".join(pieces[::2])):
        return None
    pieces[1::2] = ("".join(chr(ord(char) & 0x7F) for char in marked) for marked in pieces[1::2])
    return pieces
