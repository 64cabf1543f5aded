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
from gogdb.view.doc.document import StackColumn, StackPicture, StackWord

__all__ = ["stack"]

_GAP = 2  # cells between address, value and meaning
_BETWEEN = 2  # cells between two stacks
_MIN_MEANING = 8  # cells of meanings that stacks must have to stand side by side


def stack(part: StackPicture, page: Page) -> Iterator[str]:
    """Yield the stacks side by side if the page has room for that, else one below the other.

    If one of them needs short addresses, all have them.
    """
    room = page.width - INDENT
    yield from page.titled(part.title)
    boxes = [_Box(column, page) for column in part.columns]
    beside = _share(boxes, room - _BETWEEN * (len(boxes) - 1))
    widths = beside or [min(box.natural_width, room) for box in boxes]
    short = any(box.is_short(cells) for box, cells in zip(boxes, widths, strict=True))
    drawn = [list(box.draw(cells, short)) for box, cells in zip(boxes, widths, strict=True)]
    if beside:
        yield from _side_by_side(drawn, widths, page)
        return
    for i, lines in enumerate(drawn):
        if i:
            yield ""
        yield from _side_by_side([lines], widths[i : i + 1], page)


def _share(boxes: Sequence[_Box], room: int) -> list[int] | None:
    """Return the boxes' widths in `room` cells, None when it is too narrow for all of them.

    Boxes grow from their least width until their meanings fit, then until whole addresses fit.
    """
    widths = [box.least_width for box in boxes]
    if sum(widths) > room:
        return None
    for targets in (
        [box.meaning_width for box in boxes],
        [box.natural_width for box in boxes],
    ):
        while sum(widths) < room:
            missing = [target - width for target, width in zip(targets, widths, strict=True)]
            if max(missing) <= 0:
                break
            widths[missing.index(max(missing))] += 1
    return widths


def _side_by_side(
    drawn: Sequence[Sequence[Sequence[Ink]]], widths: Sequence[int], page: Page
) -> Iterator[str]:
    for lines in zip_longest(*drawn, fillvalue=()):
        inks: list[Ink] = [MARGIN]
        for line, cells in zip(lines, widths, strict=True):
            inks += [*line, (" " * (cells - span(line) + _BETWEEN), "")]
        yield page.line(*inks)


@dataclass(frozen=True)
class _Box:
    """One stack: its widths in cells, and its lines at a given width."""

    column: StackColumn
    page: Page

    @cached_property
    def natural_width(self) -> int:
        """The width at which nothing is shortened."""
        gaps = [width(self._gap(word)) for word in self.column.words if word.gap]
        rules = [width(word.rule) + 2 for word in self.column.words if word.rule]
        words = self._words_width(short=False, meaning=self._widest_meaning)
        inside = max(words, *self._edge_widths, *gaps, *rules)
        return max(inside + self._outside, width(self.column.title))

    @property
    def least_width(self) -> int:
        """The width at which addresses and meanings are as short as they may be."""
        meaning = min(self._widest_meaning, _MIN_MEANING)
        inside = max(self._words_width(short=True, meaning=meaning), *self._edge_widths)
        return inside + self._outside

    @property
    def meaning_width(self) -> int:
        """The width at which only addresses are shortened."""
        words = self._words_width(short=True, meaning=self._widest_meaning)
        return max(words, *self._edge_widths) + self._outside

    def is_short(self, cells: int) -> bool:
        """Report whether whole addresses do not fit in a box of this width."""
        whole = self._words_width(short=False, meaning=self._widest_meaning)
        return whole > cells - self._outside

    def draw(self, cells: int, short: bool) -> Iterator[Sequence[Ink]]:
        """Yield the title, the upper edge, the words and the lower edge."""
        column, glyphs = self.column, self.page.glyphs
        inside = cells - self._outside
        sizes = self._number_widths(short)
        yield [(cut(column.title, cells, glyphs.ellipsis), "title")]
        yield self._edge(glyphs.top_left, "hi", column.hi, glyphs.top_right, inside)
        for word in column.words:
            if word.rule:
                yield self._rule(word.rule, inside)
                continue
            inks = cut_inks(self._word(word, short, sizes), inside, glyphs.ellipsis)
            yield [
                (f"{glyphs.side} ", "dim"),
                *inks,
                (" " * (inside - span(inks)), ""),
                (f" {glyphs.side}", "dim"),
                (f" {glyphs.mark} {_names(word)}" if word.marks else "", "current"),
            ]
        yield self._edge(glyphs.bottom_left, "lo", column.lo, glyphs.bottom_right, inside)

    @cached_property
    def _words(self) -> list[StackWord]:
        return [word for word in self.column.words if not (word.gap or word.rule)]

    @cached_property
    def _widest_meaning(self) -> int:
        return max((width(_meaning(word)) for word in self._words), default=0)

    @cached_property
    def _outside(self) -> int:
        """The sides of the box and the marks to the right of it."""
        marks = max((width(_names(word)) for word in self.column.words), default=0)
        return 4 + (marks and marks + width(self.page.glyphs.mark) + 2)

    @cached_property
    def _edge_widths(self) -> tuple[int, int]:
        if self.column.part:
            return (0, 0)
        return (len(f" hi {self.column.hi:#x} "), len(f" lo {self.column.lo:#x} "))

    def _words_width(self, *, short: bool, meaning: int) -> int:
        numbers = sum(self._number_widths(short)) + _GAP
        return numbers + (_GAP + meaning if meaning else 0)

    def _number_widths(self, short: bool) -> tuple[int, int]:
        """Return the widths of the widest address and of the widest value."""
        addresses = [width(self._hex(word.address, short)) for word in self._words]
        values = [width(self._value(word, short)) for word in self._words]
        return max(addresses, default=0), max(values, default=0)

    def _value(self, word: StackWord, short: bool) -> str:
        return "?" if word.value is None else self._hex(word.value, short)

    def _hex(self, number: int, short: bool) -> str:
        """Return a number; a `short` address has the digits that differ within this stack."""
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
        text = cut(title, inside - 2, glyphs.ellipsis)
        return [
            (f"{glyphs.tee_left}{glyphs.line} ", "dim"),
            (text, "function"),
            (f" {glyphs.line * (inside - width(text) - 1)}{glyphs.tee_right}", "dim"),
        ]

    def _edge(self, left: str, name: str, address: int, right: str, inside: int) -> list[Ink]:
        glyphs, bound = self.page.glyphs, f"{address:#x}"
        if self.column.part:
            return [(f"{left}{glyphs.line * (inside + 2)}{right}", "dim")]
        rest = inside + 2 - len(f" {name} {bound} ")
        return [
            (f"{left} {name} ", "dim"),
            (bound, "address"),
            (f" {glyphs.line * rest}{right}", "dim"),
        ]


def _names(word: StackWord) -> str:
    """Return the names of what points at a word."""
    return " ".join(mark.name for mark in word.marks)


def _meaning(word: StackWord) -> str:
    return word.meaning or (tr("unreadable") if word.value is None else "")
