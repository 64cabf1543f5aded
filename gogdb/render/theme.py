"""Styles of text and the colours that a terminal gives them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Literal

from gogdb.view.doc.document import Role

__all__ = ["Ink", "Style", "paint"]

# The roles of documents, and what only renderers distinguish
Style = (
    Role | Literal["heading", "title", "rule", "current", "keyword", "string", "literal", "comment"]
)
Ink = tuple[str, Style]

# Only the 16 base colours, which every palette makes readable, without black and white, which
# are invisible on a background of that colour.
_SGR: dict[Style, str] = {
    "": "",
    "dim": "2",
    "strong": "1",
    "address": "36",
    "number": "",
    "function": "94",
    "register": "35",
    "status": "33",
    "changed": "1;33",
    "good": "32",
    "bad": "1;31",
    "warn": "33",
    "heading": "1;36",
    "title": "1",
    "rule": "2",
    "current": "1;32",
    "keyword": "33",
    "string": "32",
    "literal": "36",
    "comment": "2",
}


def paint(inks: Iterable[Ink]) -> str:
    """Return a line with escape sequences; every run of colour ends with a reset."""
    painted = []
    for style, run in groupby(inks, key=lambda ink: ink[1]):
        text = "".join(text for text, _ in run)
        code = _SGR[style]
        painted.append(f"\x1b[{code}m{text}\x1b[0m" if code and text.strip() else text)
    return "".join(painted)
