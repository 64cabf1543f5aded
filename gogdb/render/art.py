"""Pictures made of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gogdb.render.cells import pad, span, width, wrap
from gogdb.render.page import INDENT, MARGIN, Page
from gogdb.render.theme import Ink
from gogdb.view.doc.document import Art, ArtLine, Remarked, Span, StackBar, Wrapped

__all__ = ["art"]

_MEASURE = 76  # cells of a line that is wrapped or has a remark: longer ones are hard to read
_HANGING = "  "  # before the further lines of a wrapped one
_MOST_LINES = 12  # of a wrapped one
_BAR = 32  # cells
_NARROW_BAR = 8


def art(part: Art, page: Page) -> Iterator[str]:
    """Yield the lines of a picture; what is wider than the page is cut off."""
    yield from page.titled(part.title)
    for line in _fitting(part.lines, page):
        for inks in _lines(line, page):
            yield page.line(MARGIN, *inks)


def _fitting(lines: Sequence[ArtLine], page: Page) -> Sequence[ArtLine]:
    """Return the lines, without what is optional if one of them is wider than the page."""
    plain = [line for line in lines if not isinstance(line, Wrapped | Remarked | StackBar)]
    optional = any(run.optional for line in plain for run in line)
    if not optional or all(span(map(_ink, line)) <= page.width - INDENT for line in plain):
        return lines
    return [
        line
        if isinstance(line, Wrapped | Remarked | StackBar)
        else [run for run in line if not run.optional]
        for line in lines
    ]


def _lines(line: ArtLine, page: Page) -> Iterator[Sequence[Ink]]:
    match line:
        case Wrapped():
            yield from _wrapped(line, page)
        case Remarked():
            yield from _remarked(line, page)
        case StackBar():
            yield _stack_bar(line, page)
        case _:
            yield [_ink(run) for run in line]


def _ink(run: Span) -> Ink:
    text = " " * width(run.text) if run.hidden else run.text
    return pad(text, run.min_cells), run.role


def _wrapped(line: Wrapped, page: Page) -> Iterator[Sequence[Ink]]:
    texts = wrap(line.text, min(_MEASURE, page.width - INDENT) - len(_HANGING))
    if len(texts) > _MOST_LINES and line.more:
        texts[_MOST_LINES:] = [line.more]
    for number, text in enumerate(texts):
        yield [((_HANGING if number else "") + text, line.role)]


def _remarked(line: Remarked, page: Page) -> Iterator[Sequence[Ink]]:
    lines = [[_ink(run) for run in runs] for runs in line.lines]
    remark = _ink(line.remark)
    fits = span([*lines[-1], remark]) <= min(_MEASURE, page.width - INDENT)
    lines[-1 if fits else 0].append(remark)
    yield from lines


def _stack_bar(bar: StackBar, page: Page) -> Sequence[Ink]:
    glyphs = page.glyphs
    lo, hi = f"lo {bar.lo:#x} ", f" {bar.hi:#x} hi"
    room = page.width - INDENT - len(lo) - len(hi) - 2 * width(glyphs.side)
    cells = max(min(_BAR, room), _NARROW_BAR)
    used = min(_scaled(bar.used, bar, cells), cells)
    guard = min(_scaled(bar.guard, bar, cells), cells - used)
    free = cells - used - guard
    return [
        (lo, "address"),
        (glyphs.side + glyphs.bar_guard * guard + glyphs.bar_free * free, "dim"),
        (glyphs.bar_used * used, ""),
        (glyphs.side, "dim"),
        (hi, "address"),
    ]


def _scaled(size: int, bar: StackBar, cells: int) -> int:
    """Return how many of the `cells` stand for `size` bytes: at least one, unless it is 0."""
    whole = bar.hi - bar.lo
    return max(round(cells * size / whole), 1) if size and whole else 0
