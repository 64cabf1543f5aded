"""Stacks as boxes, high addresses on top; side by side where the page has room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

from gogdb.i18n import tr
from gogdb.render.cells import cut, cut_inks, pad, span, width
from gogdb.render.page import INDENT, MARGIN, Page
from gogdb.render.theme import Ink
from gogdb.view.doc import StackColumn, StackPicture, StackWord

__all__ = ["stack"]

_GAP = 2  # between address, value and meaning
_BETWEEN = 2  # between two stacks
_MEANING = 8  # cells of meaning without which stacks do not stand side by side


def stack(part: StackPicture, page: Page) -> Iterator[str]:
    """The stacks beside each other if each keeps a readable meaning, else one below the other."""
    room = page.width - INDENT
    yield from page.titled(part.title)
    boxes = [_Box(column, page) for column in part.columns]
    if widths := _share(boxes, room - _BETWEEN * (len(boxes) - 1)):
        yield from _beside(boxes, widths, page)
        return
    for i, box in enumerate(boxes):
        if i:
            yield ""
        yield from _beside([box], [min(box.natural, room)], page)


def _share(boxes: Sequence[_Box], room: int) -> list[int] | None:
    """What each box gets: what it needs, then the most wanting grow; None if that is too much."""
    widths = [box.least for box in boxes]
    if sum(widths) > room:
        return None
    # What words mean comes first, whole addresses second.
    for wanted in ([box.telling for box in boxes], [box.natural for box in boxes]):
        while sum(widths) < room:
            lacking = [want - width for want, width in zip(wanted, widths, strict=True)]
            if max(lacking) <= 0:
                break
            widths[lacking.index(max(lacking))] += 1
    return widths


def _beside(boxes: Sequence[_Box], widths: Sequence[int], page: Page) -> Iterator[str]:
    drawn = [list(box.draw(cells)) for box, cells in zip(boxes, widths, strict=True)]
    for lines in zip_longest(*drawn, fillvalue=()):
        inks: list[Ink] = [MARGIN]
        for line, cells in zip(lines, widths, strict=True):
            inks += [*line, (" " * (cells - span(line) + _BETWEEN), "")]
        yield page.line(*inks)


@dataclass(frozen=True)
class _Box:
    """One stack: how much room it wants and needs, and how it looks in what it gets."""

    column: StackColumn
    page: Page

    @cached_property
    def natural(self) -> int:
        """The width at which nothing is cut."""
        gaps = [width(self._gap(word)) for word in self.column.words if word.gap]
        gaps += [width(word.rule) + 2 for word in self.column.words if word.rule]
        inside = max(self._inside(short=False, meaning=self._meaning), *self._edges, *gaps)
        return max(inside + self._around, width(self.column.title))

    @property
    def least(self) -> int:
        """The width at which a word still says what it is."""
        meaning = min(self._meaning, _MEANING)
        return max(self._inside(short=True, meaning=meaning), *self._edges) + self._around

    @property
    def telling(self) -> int:
        """The width at which no meaning is cut, though addresses may be."""
        return max(self._inside(short=True, meaning=self._meaning), *self._edges) + self._around

    def draw(self, cells: int) -> Iterator[Sequence[Ink]]:
        """Title, upper edge, words, lower edge."""
        glyphs = self.page.glyphs
        inside = cells - self._around
        short = self._inside(short=False, meaning=self._meaning) > inside
        sizes = self._sizes(short)
        yield [(cut(self.column.title, cells, glyphs.ellipsis), "title")]
        yield self._edge(glyphs.top_left, "hi", self.column.hi, glyphs.top_right, inside)
        for word in self.column.words:
            if word.rule:
                yield self._rule(word.rule, inside)
                continue
            inks = cut_inks(self._word(word, short, sizes), inside, glyphs.ellipsis)
            yield [
                (f"{glyphs.side} ", "dim"),
                *inks,
                (" " * (inside - span(inks)), ""),
                (f" {glyphs.side}", "dim"),
                (f" {glyphs.mark} {' '.join(word.marks)}" if word.marks else "", "current"),
            ]
        yield self._edge(glyphs.bottom_left, "lo", self.column.lo, glyphs.bottom_right, inside)

    @cached_property
    def _words(self) -> list[StackWord]:
        return [word for word in self.column.words if not (word.gap or word.rule)]

    @cached_property
    def _meaning(self) -> int:
        return max((width(_meaning(word)) for word in self._words), default=0)

    @cached_property
    def _around(self) -> int:
        """The sides of the box and the marks right of it."""
        marks = max((len(" ".join(word.marks)) for word in self.column.words), default=0)
        return 4 + (marks and marks + width(self.page.glyphs.mark) + 2)

    @cached_property
    def _edges(self) -> tuple[int, int]:
        if self.column.part:
            return (0, 0)
        return (len(f" hi {self.column.hi:#x} "), len(f" lo {self.column.lo:#x} "))

    def _inside(self, *, short: bool, meaning: int) -> int:
        return sum(self._sizes(short)) + _GAP + (_GAP + meaning if meaning else 0)

    def _sizes(self, short: bool) -> tuple[int, int]:
        """The cells of the widest address and of the widest value."""
        words = self._words
        return (
            max((width(self._hex(word.address, short)) for word in words), default=0),
            max((width(self._value(word, short)) for word in words), default=0),
        )

    def _value(self, word: StackWord, short: bool) -> str:
        return "?" if word.value is None else self._hex(word.value, short)

    def _hex(self, number: int, short: bool) -> str:
        """In short, an address in this stack has as many digits as tell it from the others."""
        if not (short and self.column.lo <= number <= self.column.hi):
            return f"{number:#x}"
        digits = max(4, len(f"{self.column.hi - self.column.lo:x}"))
        return self.page.glyphs.tail + f"{number:0{digits}x}"[-digits:]

    def _gap(self, word: StackWord) -> str:
        return f"{self.page.glyphs.gap} {word.gap}"

    def _word(self, word: StackWord, short: bool, sizes: tuple[int, int]) -> list[Ink]:
        if word.gap:
            return [(self._gap(word), "dim")]
        address, value = self._hex(word.address, short), self._value(word, short)
        return [
            (pad(address, sizes[0] + _GAP), "strong" if word.marks else "address"),
            (pad(value, sizes[1] + _GAP) if _meaning(word) else value, word.role),
            (_meaning(word), "dim" if word.value is None else word.role),
        ]

    def _rule(self, title: str, inside: int) -> list[Ink]:
        glyphs = self.page.glyphs
        shown = cut(title, inside - 2, glyphs.ellipsis)
        return [
            (f"{glyphs.tee_left}{glyphs.line} ", "dim"),
            (shown, "function"),
            (f" {glyphs.line * (inside - width(shown) - 1)}{glyphs.tee_right}", "dim"),
        ]

    def _edge(self, left: str, name: str, address: int, right: str, inside: int) -> list[Ink]:
        glyphs, shown = self.page.glyphs, f"{address:#x}"
        if self.column.part:
            return [(f"{left}{glyphs.line * (inside + 2)}{right}", "dim")]
        rest = inside + 2 - len(f" {name} {shown} ")
        return [
            (f"{left} {name} ", "dim"),
            (shown, "address"),
            (f" {glyphs.line * rest}{right}", "dim"),
        ]


def _meaning(word: StackWord) -> str:
    return word.meaning or (tr("unreadable") if word.value is None else "")
