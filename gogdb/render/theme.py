"""Styles: what a run of text is, and which colour a terminal gives it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Literal

from gogdb.view.doc import Role

__all__ = ["Ink", "Style", "paint"]

# The document's roles, and what only a renderer knows about.
Style = (
    Role | Literal["heading", "title", "rule", "current", "keyword", "string", "literal", "comment"]
)
Ink = tuple[str, Style]

# The 16 base colours only, which every palette makes readable, and neither black
# nor white, which vanish on one background or the other.
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
    """One line with its escape sequences; every run of colour ends with a reset."""
    painted = []
    for style, run in groupby(inks, key=lambda ink: ink[1]):
        text = "".join(text for text, _ in run)
        code = _SGR[style]
        painted.append(f"\x1b[{code}m{text}\x1b[0m" if code and text.strip() else text)
    return "".join(painted)
