"""A `*` behind what has changed since the last stage, visible without colour too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gogdb.i18n import tr
from gogdb.view.doc.document import Art, Cell, Part, Role, Span, Table

__all__ = ["cell", "legend", "marked", "span"]


def cell(unmarked: Cell, changed: bool) -> Cell:
    """Return a table cell, marked if changed. The column must be aligned to the left."""
    if not changed:
        return unmarked
    return replace(unmarked, text=f"{unmarked.text} *", role="changed")


def span(text: str, changed: bool, role: Role = "") -> Span:
    """Return a run of text in a picture, marked if changed; the mark replaces a trailing space."""
    if not changed:
        return Span(text, role)
    return Span(f"{text.rstrip()}*".ljust(len(text)), "changed")


def marked(parts: Sequence[Part]) -> bool:
    """Report whether anything in these parts is marked."""
    texts: list[tuple[str, Role]] = []
    for part in parts:
        if isinstance(part, Table):
            texts += [(cell.text, cell.role) for row in part.rows for cell in row]
        elif isinstance(part, Art):
            texts += [(span.text, span.role) for span in part.spans()]
    return any(role == "changed" and text.rstrip().endswith("*") for text, role in texts)


def legend() -> str:
    """Return what the mark means."""
    return tr("* changed since the last stage")
