"""Documents as lines for a terminal, with or without colours."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.render import art, code, prose, stack, tables
from gogdb.render.clean import clean
from gogdb.render.page import ASCII, UNICODE, Page
from gogdb.view.doc.document import (
    Art,
    Claims,
    Code,
    Doc,
    Heading,
    Note,
    Part,
    StackPicture,
    Table,
    Text,
)

__all__ = ["render"]

_MIN_WIDTH = 20  # cells; below this no layout is readable


def render(
    doc: Doc,
    *,
    width: int,
    color: bool,
    ascii: bool = False,
    marked: bool = False,
    previous: Part | None = None,
) -> Iterator[str]:
    """Yield the lines of `doc` without newlines, each at most `width` cells wide.

    `color` only adds escape sequences. `ascii` replaces drawing characters, but no other text.
    With `marked`, `doc` has marks (`view.doc.forms`), which are kept. `previous` is the part that
    stands above the document, if any does.
    """
    page = Page(max(width, _MIN_WIDTH), color, ASCII if ascii else UNICODE)
    for part in doc.parts:
        if previous is not None and _blank_line_between(previous, part):
            yield ""
        yield from _lines(clean(part, ascii=ascii, marked=marked), page)
        previous = part


def _blank_line_between(previous: Part, part: Part) -> bool:
    if isinstance(previous, Heading):
        return False
    return not (isinstance(previous, Claims | Note) and isinstance(part, Claims | Note))


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
