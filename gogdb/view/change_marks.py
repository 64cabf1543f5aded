"""What changed since the last stage, marked so that it is seen without colour too: a `*` behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gogdb.i18n import tr
from gogdb.view.doc import Art, Cell, Part, Role, Span, Table

__all__ = ["cell", "legend", "marked", "span"]


def cell(shown: Cell, changed: bool) -> Cell:
    """A cell of a table; marks stand in columns that are aligned to the left."""
    return replace(shown, text=f"{shown.text} *", role="changed") if changed else shown


def span(text: str, changed: bool, role: Role = "") -> Span:
    """A run of text in a picture; the mark takes the place of a blank behind it."""
    if not changed:
        return Span(text, role)
    kept = text.rstrip()
    return Span(f"{kept}*".ljust(len(text)), "changed")


def marked(parts: Sequence[Part]) -> bool:
    """Whether anything in these is marked."""
    texts: list[tuple[str, Role]] = []
    for part in parts:
        if isinstance(part, Table):
            texts += [(cell.text, cell.role) for row in part.rows for cell in row]
        elif isinstance(part, Art):
            texts += [(span.text, span.role) for span in part.spans()]
    return any(role == "changed" and text.rstrip().endswith("*") for text, role in texts)


def legend() -> str:
    """What the mark means."""
    return tr("* changed since the last stage")
