"""A document as lines for a terminal, with colours or plain."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.render import art, code, prose, stack, tables
from gogdb.render.clean import clean
from gogdb.render.page import ASCII, UNICODE, Page
from gogdb.view.doc import Art, Claims, Code, Doc, Heading, Note, Part, StackPicture, Table, Text

__all__ = ["render"]

_NARROWEST = 40  # below this nothing is laid out any better


def render(doc: Doc, *, width: int, color: bool, ascii: bool = False) -> Iterator[str]:
    """The lines of `doc`, without newlines, none wider than `width` cells.

    `color` adds escape sequences and nothing else: without them the lines are
    the same. `ascii` draws with ASCII characters only; text stays as it is.
    """
    page = Page(max(width, _NARROWEST), color, ASCII if ascii else UNICODE)
    before: Part | None = None
    for part in doc.parts:
        if before is not None and _apart(before, part):
            yield ""
        yield from _lines(clean(part, ascii=ascii), page)
        before = part


def _apart(before: Part, part: Part) -> bool:
    """Whether a blank line stands between two parts."""
    if isinstance(before, Heading):
        return False
    short = Claims | Note
    return not (isinstance(before, short) and isinstance(part, short))


def _lines(part: Part, page: Page) -> Iterator[str]:
    match part:
        case Heading():
            return prose.heading(part, page)
        case Text():
            return prose.text(part, page)
        case Claims():
            return prose.claims(part, page)
        case Note():
            return prose.note(part, page)
        case Art():
            return art.art(part, page)
        case Table():
            return tables.table(part, page)
        case Code():
            return code.code(part, page)
        case StackPicture():
            return stack.stack(part, page)
