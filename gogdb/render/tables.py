"""Tables that fit the page: columns are dropped first, then the widest ones are wrapped.

tabulate lays out one line with marks in place of the cells, which each line then fills in. Texts
are measured and aligned before they are coloured, so that no escape sequence is ever measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import NamedTuple

from gogdb.i18n import tr
from gogdb.memo import Memo
from gogdb.render.cells import cut, pad, shorten, width, wrap
from gogdb.render.page import INDENT, MARGIN, Page
from gogdb.render.theme import Ink, Style, paint
from gogdb.view.doc.document import Cell, Column, Table
from gogdb.view.doc.forms import mark, split_at_marks

__all__ = ["table"]

_GAP = "  "  # between columns
_READABLE = 24  # cells down to which a text column is wrapped before another is dropped
_NARROW = 8  # cells down to which it is wrapped before one of the most important is dropped
_MOST_LINES = 3  # of a wrapped cell
_MAX_TEXTS = 4096  # remembered of each column


def table(part: Table, page: Page) -> Iterator[str]:
    """Yield the title, the header with a rule below it, and the rows."""
    if not part.rows:
        yield page.line(MARGIN, (f"{part.title}  ".lstrip(), "title"), (part.empty, "dim"))
        return
    yield from page.titled(part.title)
    fit = _fit(part, page.width - INDENT)
    lines = _Lines(fit, page)
    yield lines.header()
    yield _rule(fit, page)
    for row in part.rows:
        yield from lines.row(row)
    if fit.dropped:
        columns = tr(", ").join(fit.dropped)
        hidden = tr("hidden: {columns} (widen the terminal)", columns=columns)
        yield page.line(MARGIN, (hidden, "dim"))


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
    natural: list[int] = []
    for i, column in enumerate(columns):
        texts = {row[i].text for row in part.rows if i < len(row)}  # many rows have the same
        natural.append(max(map(width, (column.name, *texts))))

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


class _Text(NamedTuple):
    """A line of a cell, painted, with what stands before the cell.

    `full` is filled up to the width of the column, and `bare` has no blanks at its end; it is "" if
    there is nothing but blanks.
    """

    full: str
    bare: str


class _Lines:
    """The lines of a table. Most texts of a column repeat, and are wrapped and aligned once."""

    def __init__(self, fit: _Fit, page: Page) -> None:
        self._fit = fit
        self._page = page
        self._before = _before_cells(len(fit.columns))
        filled = zip(self._before, fit.widths, strict=True)
        self._blanks = [_Text(before + " " * cells, "") for before, cells in filled]
        self._texts = [
            Memo(partial(self._wrapped, place), _MAX_TEXTS) for place in range(len(fit.columns))
        ]

    def header(self) -> str:
        """Return the line with the names of the columns."""
        ellipsis = self._page.glyphs.ellipsis
        named = zip(self._fit.columns, self._fit.widths, strict=True)
        names = [cut(column.name, cells, ellipsis) for column, cells in named]
        return self._line([self._text(place, name, "strong") for place, name in enumerate(names)])

    def row(self, row: Sequence[Cell]) -> Iterator[str]:
        """Yield the lines of a row: one, or more when a cell is wrapped."""
        cells = [row[i] if i < len(row) else Cell("") for i in self._fit.indices]
        texts = [kept[cell.text, cell.role] for kept, cell in zip(self._texts, cells, strict=True)]
        for line in zip_longest(*texts):
            yield self._line(
                [text or blank for text, blank in zip(line, self._blanks, strict=True)]
            )

    def _wrapped(self, place: int, ink: Ink) -> list[_Text]:
        text, style = ink
        cells = self._fit.widths[place]
        lines = [text] if width(text) <= cells else _wrapped(text, cells, self._page)
        return [self._text(place, line, style) for line in lines]

    def _text(self, place: int, text: str, style: Style) -> _Text:
        before = self._before[place]
        full = pad(text, self._fit.widths[place], self._fit.columns[place].align)
        bare = full.rstrip(" ")
        if self._page.color:
            full, bare = paint([(full, style)]), paint([(bare, style)])
        return _Text(before + full, bare and before + bare)

    def _line(self, texts: Sequence[_Text]) -> str:
        end = len(texts)
        while end and not texts[end - 1].bare:
            end -= 1
        return (
            "".join([text.full for text in texts[: end - 1]]) + texts[end - 1].bare if end else ""
        )


def _before_cells(count: int) -> list[str]:
    """Return what stands before each of the cells of a line."""
    from tabulate import DataRow, TableFormat, tabulate

    line = tabulate(
        [[mark("x")] * count],
        tablefmt=TableFormat(None, None, None, None, None, DataRow("", _GAP, ""), 0, None),
        disable_numparse=True,
        preserve_whitespace=True,
    )
    pieces = split_at_marks(line) or []
    return [MARGIN[0] + pieces[0], *pieces[2:-1:2]]


def _wrapped(text: str, cells: int, page: Page) -> list[str]:
    lines = wrap(text, cells)
    if len(lines) > _MOST_LINES:
        last = shorten(lines[_MOST_LINES - 1], cells, page.glyphs.ellipsis)
        lines[_MOST_LINES - 1 :] = [last]
    return lines


def _rule(fit: _Fit, page: Page) -> str:
    inks: list[Ink] = []
    for cells in fit.widths:
        inks += [(page.glyphs.line * cells, "dim"), (_GAP, "")]
    return page.line(MARGIN, *inks)
