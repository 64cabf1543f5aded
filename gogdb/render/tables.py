"""Tables that fit: columns are dropped, then the widest are wrapped.

tabulate aligns plain text; colour comes on afterwards, row by row, so that no
escape sequence is ever measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

from gogdb.i18n import tr
from gogdb.render.cells import cut, pad, shorten, width, wrap
from gogdb.render.page import INDENT, MARGIN, Page
from gogdb.render.theme import Ink
from gogdb.view.doc import Cell, Column, Table

__all__ = ["table"]

_GAP = 2  # between columns
_READABLE = 24  # a text column may be wrapped down to this before another is dropped
_TIGHT = 8  # and down to this before one of those that matter most is
_DEEP = 3  # lines of a wrapped cell
_BLOCK = 1000  # rows aligned at a time: a long table starts to appear at once


def table(part: Table, page: Page) -> Iterator[str]:
    """The title, the header with a rule below, the rows."""
    if not part.rows:
        yield page.line(MARGIN, (f"{part.title}  ".lstrip(), "title"), (part.empty, "dim"))
        return
    yield from page.titled(part.title)
    fit = _fit(part, page.width - INDENT)
    rows = _wrapped(part.rows, fit, page)
    first = True
    while block := list(islice(rows, _BLOCK)):
        yield from _aligned(block, fit, page, header=first)
        first = False
    if fit.dropped:
        yield page.line(
            MARGIN,
            (tr("on a wider page also: {columns}", columns=tr(", ").join(fit.dropped)), "dim"),
        )


@dataclass(frozen=True)
class _Fit:
    """What of a table fits: the columns kept, where they were, how wide they are."""

    columns: Sequence[Column]
    places: Sequence[int]
    widths: Sequence[int]
    dropped: Sequence[str]


def _fit(part: Table, room: int) -> _Fit:
    columns = part.columns
    natural = [width(column.name) for column in columns]
    for row in part.rows:
        for place, cell in enumerate(row):
            natural[place] = max(natural[place], width(cell.text))

    def least(place: int, floor: int) -> int:
        wraps = columns[place].align == "left"
        return min(natural[place], floor) if wraps else natural[place]

    def overflows(floor: int) -> bool:
        needed = sum(least(place, floor) for place in places) + _GAP * (len(places) - 1)
        return needed > room and len(places) > 1

    places = list(range(len(columns)))
    top = max(column.keep for column in columns)
    while overflows(_READABLE):
        spare = [place for place in places if columns[place].keep < top]
        if not spare:
            break
        places.remove(min(spare, key=lambda place: (columns[place].keep, -place)))
    while overflows(_TIGHT):
        places.pop()

    # Take cells from the widest column until all fit.
    widths = {place: min(natural[place], room) for place in places}
    while sum(widths.values()) + _GAP * (len(places) - 1) > room:
        widest = max(places, key=lambda place: (columns[place].align == "left", widths[place]))
        widths[widest] -= 1
    return _Fit(
        columns=[columns[place] for place in places],
        places=places,
        widths=[widths[place] for place in places],
        dropped=[column.name for i, column in enumerate(columns) if i not in widths],
    )


def _wrapped(rows: Sequence[Sequence[Cell]], fit: _Fit, page: Page) -> Iterator[list[Ink]]:
    """The rows as lines of the page: one a row, more where a cell is wrapped."""
    for row in rows:
        cells = [row[place] if place < len(row) else Cell("") for place in fit.places]
        if all(width(cell.text) <= wide for cell, wide in zip(cells, fit.widths, strict=True)):
            yield [(c.text, c.role) for c in cells]
            continue
        stacks = [
            [(line, cell.role) for line in _folded(cell.text, wide, page)]
            for cell, wide in zip(cells, fit.widths, strict=True)
        ]
        for line in zip_longest(*stacks, fillvalue=("", "")):
            yield list(line)


def _folded(text: str, cells: int, page: Page) -> list[str]:
    lines = wrap(text, cells)
    if len(lines) > _DEEP:
        lines[_DEEP - 1 :] = [shorten(lines[_DEEP - 1], cells, page.glyphs.ellipsis)]
    return lines


def _aligned(rows: list[list[Ink]], fit: _Fit, page: Page, *, header: bool) -> Iterator[str]:
    from tabulate import TableFormat, tabulate

    padded = list[list[str]]()

    def collect(cells: list[str], *_: object) -> str:
        padded.append(cells)
        return ""

    # As wide as the widest cell of the whole table, so that all blocks line up.
    names = [
        pad(cut(column.name, cells, page.glyphs.ellipsis), cells, column.align)
        for column, cells in zip(fit.columns, fit.widths, strict=True)
    ]
    tabulate(
        [names, *([text for text, _ in row] for row in rows)],
        tablefmt=TableFormat(None, None, None, None, None, collect, 0, None),
        colalign=[column.align for column in fit.columns],
        disable_numparse=True,
        preserve_whitespace=True,
    )
    head, *body = padded
    if header:
        yield _row([(name, "strong") for name in head], page)
        yield _row([(page.glyphs.line * w, "dim") for w in fit.widths], page)
    for cells, row in zip(body, rows, strict=True):
        yield _row([(c, style) for c, (_, style) in zip(cells, row, strict=True)], page)


def _row(inks: list[Ink], page: Page) -> str:
    gap: Ink = (" " * _GAP, "")
    return page.line(MARGIN, *(ink for cell in inks for ink in (cell, gap)))
