"""Tables that fit the page: columns are dropped first, then the widest ones are wrapped.

tabulate aligns plain text, and the aligned lines are coloured cell by cell, so that no escape
sequence is ever measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

from gogdb.i18n import tr
from gogdb.render.cells import cut, pad, shorten, width, wrap
from gogdb.render.page import INDENT, MARGIN, Page
from gogdb.render.theme import Ink
from gogdb.view.doc.document import Cell, Column, Table

__all__ = ["table"]

_GAP = "  "  # between columns
_READABLE = 24  # cells down to which a text column is wrapped before another is dropped
_NARROW = 8  # cells down to which it is wrapped before one of the most important is dropped
_MOST_LINES = 3  # of a wrapped cell
_BLOCK = 1000  # rows aligned at a time, so that a long table starts to appear at once


def table(part: Table, page: Page) -> Iterator[str]:
    """Yield the title, the header with a rule below it, and the rows."""
    if not part.rows:
        yield page.line(MARGIN, (f"{part.title}  ".lstrip(), "title"), (part.empty, "dim"))
        return
    yield from page.titled(part.title)
    fit = _fit(part, page.width - INDENT)
    lines = _lines(part.rows, fit, page)
    is_first = True
    while block := list(islice(lines, _BLOCK)):
        yield from _aligned(block, fit, page, with_header=is_first)
        is_first = False
    if fit.dropped:
        columns = tr(", ").join(fit.dropped)
        yield page.line(MARGIN, (tr("on a wider page also: {columns}", columns=columns), "dim"))


@dataclass(frozen=True)
class _Fit:
    """The columns that fit, their indices in the table and their widths in cells."""

    columns: Sequence[Column]
    indices: Sequence[int]
    widths: Sequence[int]
    dropped: Sequence[str]


def _fit(part: Table, room: int) -> _Fit:
    """Choose the columns and widths for `room` cells."""
    columns = part.columns
    natural = [width(column.name) for column in columns]
    for row in part.rows:
        for i, cell in enumerate(row):
            natural[i] = max(natural[i], width(cell.text))

    def least(i: int, floor: int) -> int:
        can_wrap = columns[i].align == "left"
        return min(natural[i], floor) if can_wrap else natural[i]

    def gaps() -> int:
        return len(_GAP) * (len(kept) - 1)

    def overflows(floor: int) -> bool:
        return sum(least(i, floor) for i in kept) + gaps() > room and len(kept) > 1

    kept = list(range(len(columns)))
    most_important = max(column.keep for column in columns)
    while overflows(_READABLE):
        others = [i for i in kept if columns[i].keep < most_important]
        if not others:
            break
        kept.remove(min(others, key=lambda i: (columns[i].keep, -i)))
    while overflows(_NARROW):
        kept.pop()

    widths = {i: min(natural[i], room) for i in kept}
    while sum(widths.values()) + gaps() > room:
        widest = max(kept, key=lambda i: (columns[i].align == "left", widths[i]))
        widths[widest] -= 1
    return _Fit(
        columns=[columns[i] for i in kept],
        indices=kept,
        widths=[widths[i] for i in kept],
        dropped=[column.name for i, column in enumerate(columns) if i not in widths],
    )


def _lines(rows: Sequence[Sequence[Cell]], fit: _Fit, page: Page) -> Iterator[list[Ink]]:
    """Yield the rows as lines of cells: one line for a row, more when a cell is wrapped."""
    for row in rows:
        cells = [row[i] if i < len(row) else Cell("") for i in fit.indices]
        if all(width(cell.text) <= most for cell, most in zip(cells, fit.widths, strict=True)):
            yield [(cell.text, cell.role) for cell in cells]
            continue
        columns = [
            [(line, cell.role) for line in _wrapped(cell.text, most, page)]
            for cell, most in zip(cells, fit.widths, strict=True)
        ]
        for line in zip_longest(*columns, fillvalue=("", "")):
            yield list(line)


def _wrapped(text: str, cells: int, page: Page) -> list[str]:
    lines = wrap(text, cells)
    if len(lines) > _MOST_LINES:
        last = shorten(lines[_MOST_LINES - 1], cells, page.glyphs.ellipsis)
        lines[_MOST_LINES - 1 :] = [last]
    return lines


def _aligned(
    lines: Sequence[Sequence[Ink]], fit: _Fit, page: Page, *, with_header: bool
) -> Iterator[str]:
    from tabulate import DataRow, TableFormat, tabulate

    # The header is padded to the widths of the whole table, so that all blocks line up.
    header: list[Ink] = [
        (pad(cut(column.name, cells, page.glyphs.ellipsis), cells, column.align), "strong")
        for column, cells in zip(fit.columns, fit.widths, strict=True)
    ]
    inks = [header, *lines]
    aligned = tabulate(
        [[text for text, _ in line] for line in inks],
        tablefmt=TableFormat(None, None, None, None, None, DataRow("", _GAP, ""), 0, None),
        colalign=[column.align for column in fit.columns],
        disable_numparse=True,
        preserve_whitespace=True,
    ).split("\n")
    painted = [page.line(MARGIN, *_paint(*pair, fit)) for pair in zip(aligned, inks, strict=True)]
    if with_header:
        yield painted[0]
        yield _rule(fit, page)
    yield from painted[1:]


def _paint(aligned: str, inks: Sequence[Ink], fit: _Fit) -> Iterator[Ink]:
    """Yield an aligned line as its cells in their styles and the gaps between them."""
    start = 0
    for (text, style), cells in zip(inks, fit.widths, strict=True):
        end = start + len(text) + cells - width(text)
        yield aligned[start:end], style
        yield _GAP, ""
        start = end + len(_GAP)


def _rule(fit: _Fit, page: Page) -> str:
    inks: list[Ink] = []
    for cells in fit.widths:
        inks += [(page.glyphs.line * cells, "dim"), (_GAP, "")]
    return page.line(MARGIN, *inks)
