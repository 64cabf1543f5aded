"""The parts made of sentences: headings, paragraphs, claims and notes."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.render.cells import cut, pad, span, width, wrap
from gogdb.render.page import INDENT, MARGIN, Page
from gogdb.render.theme import Ink, Style
from gogdb.view.doc.document import Claims, Heading, Note, Text

__all__ = ["claims", "heading", "note", "text"]

_MAX_RULE = 120  # cells of a heading's rule, however wide the page


def heading(part: Heading, page: Page) -> Iterator[str]:
    """Yield a rule with the text in it and the aside at its end, or a bold line below level 1.

    An aside that does not fit on the rule follows it.
    """
    if part.level > 1:
        yield page.line((part.text, "strong"), (f"  {part.aside}", "dim"))
        return
    cells, rule = min(page.width, _MAX_RULE), page.glyphs.rule
    title = cut(part.text, cells - 6, page.glyphs.ellipsis)
    rest = cells - width(title) - 4  # right of "━━ title "
    if part.aside and width(part.aside) + 6 <= rest:
        middle = rest - width(part.aside) - 4
        yield page.line(
            (f"{rule * 2} ", "rule"),
            (title, "heading"),
            (f" {rule * middle} ", "rule"),
            (part.aside, "strong"),
            (f" {rule * 2}", "rule"),
        )
        return
    yield page.line((f"{rule * 2} ", "rule"), (title, "heading"), (f" {rule * rest}", "rule"))
    if part.aside:
        for line in wrap(part.aside, page.measure):
            yield page.line((line, "strong"))


def text(part: Text, page: Page) -> Iterator[str]:
    """Yield a paragraph, which starts at the page's edge."""
    for line in wrap(part.text, page.measure):
        yield page.line((line, part.role))


def claims(part: Claims, page: Page) -> Iterator[str]:
    """Yield one claim a line, or two where both are short."""
    half = (page.measure - INDENT) // 2
    items = list(part.items)
    while items:
        left, *items = items
        if items and _cells(left, page) <= half - 2 and _cells(items[0], page) <= half:
            right, *items = items
            yield page.line(MARGIN, *_claim(left, page, half), *_claim(right, page))
        else:
            text, holds = left
            mark, style = _mark(holds, page)
            yield from _hanging(mark, style, text, "" if holds else "bad", page)


def _claim(item: tuple[str, bool], page: Page, cells: int = 0) -> list[Ink]:
    """Return a claim with its mark, filled up with blanks to `cells`."""
    text, holds = item
    mark, style = _mark(holds, page)
    return [(mark, style), (pad(f" {text}", cells - width(mark)), "" if holds else "bad")]


def _mark(holds: bool, page: Page) -> tuple[str, Style]:
    return (page.glyphs.holds, "good") if holds else (page.glyphs.fails, "bad")


def _cells(item: tuple[str, bool], page: Page) -> int:
    return span(_claim(item, page))


def note(part: Note, page: Page) -> Iterator[str]:
    """Yield a sentence behind the mark of its kind."""
    glyphs = page.glyphs
    kinds: dict[str, tuple[str, Style, Style]] = {
        "hint": (glyphs.hint, "address", ""),
        "warn": (glyphs.warn, "warn", "warn"),
        "bad": (glyphs.fails, "bad", "bad"),
        "good": (glyphs.holds, "good", ""),
    }
    mark, style, body_style = kinds[part.kind]
    yield from _hanging(mark, style, part.text, body_style, page)


def _hanging(mark: str, style: Style, text: str, text_style: Style, page: Page) -> Iterator[str]:
    """Yield a text behind a mark, its further lines indented as far."""
    start = INDENT + width(mark) + 1
    head = " " * INDENT + mark
    for line in wrap(text, page.measure - start):
        yield page.line((pad(head, start), style), (line, text_style))
        head = ""
