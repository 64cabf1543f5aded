"""The parts made of sentences: headings, paragraphs, claims, notes."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.render.cells import cut, pad, width, wrap
from gogdb.render.page import INDENT, MARGIN, Page
from gogdb.render.theme import Style
from gogdb.view.doc import Claims, Heading, Note, Text

__all__ = ["claims", "heading", "note", "text"]

_RULE = 120  # a rule need not be longer, however wide the terminal


def heading(part: Heading, page: Page) -> Iterator[str]:
    """Level 1: a rule with the text in it and the aside at its far end; else a bold line."""
    if part.level > 1:
        yield page.line((part.text, "strong"), (f"  {part.aside}", "dim"))
        return
    across, rule = min(page.width, _RULE), page.glyphs.rule
    title = cut(part.text, across - 6, page.glyphs.ellipsis)
    left = across - width(title) - 4  # cells right of "━━ title "
    if part.aside and width(part.aside) + 6 <= left:
        middle = left - width(part.aside) - 4
        yield page.line(
            (f"{rule * 2} ", "rule"),
            (title, "heading"),
            (f" {rule * middle} ", "rule"),
            (part.aside, "strong"),
            (f" {rule * 2}", "rule"),
        )
        return
    yield page.line((f"{rule * 2} ", "rule"), (title, "heading"), (f" {rule * left}", "rule"))
    if part.aside:
        for line in wrap(part.aside, page.measure):
            yield page.line((line, "strong"))


def text(part: Text, page: Page) -> Iterator[str]:
    """A paragraph from margin to margin."""
    for line in wrap(part.text, page.measure):
        yield page.line((line, part.role))


def claims(part: Claims, page: Page) -> Iterator[str]:
    """One claim a line, or two where both are short."""
    half = (page.measure - INDENT) // 2
    items = list(part.items)
    while items:
        (said, holds), *items = items
        mark, style = _verdict(holds, page)
        room = half - width(mark) - 3
        if items and width(said) <= room:
            (other, other_holds), *rest = items
            other_mark, other_style = _verdict(other_holds, page)
            if width(other) <= half - width(other_mark) - 1:
                items = rest
                yield page.line(
                    MARGIN,
                    (mark, style),
                    (pad(f" {said}", half - width(mark)), "" if holds else "bad"),
                    (other_mark, other_style),
                    (f" {other}", "" if other_holds else "bad"),
                )
                continue
        yield from _hanging(mark, style, said, "" if holds else "bad", page)


def _verdict(holds: bool, page: Page) -> tuple[str, Style]:
    return (page.glyphs.holds, "good") if holds else (page.glyphs.fails, "bad")


def note(part: Note, page: Page) -> Iterator[str]:
    """A sentence behind the mark of its kind."""
    glyphs = page.glyphs
    kinds: dict[str, tuple[str, Style, Style]] = {
        "hint": (glyphs.hint, "address", ""),
        "warn": (glyphs.warn, "warn", "warn"),
        "bad": (glyphs.fails, "bad", "bad"),
        "good": (glyphs.holds, "good", ""),
    }
    mark, style, body = kinds[part.kind]
    yield from _hanging(mark, style, part.text, body, page)


def _hanging(mark: str, style: Style, said: str, body: Style, page: Page) -> Iterator[str]:
    start = INDENT + width(mark) + 1
    first = True
    for line in wrap(said, page.measure - start):
        yield page.line((pad(" " * INDENT + mark if first else "", start), style), (line, body))
        first = False
