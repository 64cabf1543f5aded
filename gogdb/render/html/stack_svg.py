"""The layout of the pictures of stacks, in the user units of an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gogdb.render.cells import cut, width
from gogdb.render.html.multilingual import MultilingualText
from gogdb.view.doc.document import Mark, StackColumn, StackPicture, StackWord

__all__ = ["CELL", "drawn_stacks"]

CELL = 6.65  # the width of a monospaced character of 11 units
ROW, GAP, RULE, EDGE, EMPTY = 19, 14, 19, 20, 90  # heights
STACK = 236  # right edge of a stack; the registers that point at it are drawn right of it
ROOM = 25  # cells of a word's value and meaning
ARC = 3  # between two arrows, left of the stack
ARCS = 4  # of them side by side


@dataclass(frozen=True)
class DrawnMark:
    """A mark and its place; `name` is the short form of the mark's."""

    mark: Mark
    name: str
    x: float
    width: float


@dataclass(frozen=True)
class Row:
    """A row of a stack; `kind` is "word", "gap" or "rule"."""

    kind: str
    y: float
    height: float
    address: str
    text: str
    value: str
    description: str  # all of it, for screen readers
    role: str
    used: bool
    marks: Sequence[DrawnMark]


@dataclass(frozen=True)
class Arrow:
    """An arrow from a word to the word that it points at, `x` left of the stack."""

    start: float
    end: float
    x: float


@dataclass(frozen=True)
class DrawnStack:
    """A stack and, below it, the registers that point at none of its words."""

    title: str
    hi: str
    lo: str
    part: bool
    rows: Sequence[Row]
    arrows: Sequence[Arrow]
    height: float
    unplaced: Sequence[DrawnMark]
    unplaced_y: float


def drawn_stacks(picture: StackPicture) -> list[DrawnStack]:
    """Lay out the stacks of a picture.

    Those of the picture's `registers` that point at no word are drawn below the first stack.
    """
    placed = {mark for column in picture.columns for word in column.words for mark in word.marks}
    unplaced = [mark for mark in picture.registers if mark not in placed]
    return [
        _stack(column, unplaced if i == 0 else (), bool(picture.registers) and i == 0)
        for i, column in enumerate(picture.columns)
    ]


def _stack(column: StackColumn, unplaced: Sequence[Mark], with_unplaced: bool) -> DrawnStack:
    """Lay out one stack; `with_unplaced` leaves room below it, also when no register needs it."""
    rows, y = [], EDGE
    top = _top(column)
    for word in column.words:
        height = GAP if word.gap else RULE if word.rule else ROW
        rows.append(_row(word, y, height, top))
        y += height
    return DrawnStack(
        title=column.title,
        hi=f"{column.hi:#x}",
        lo=f"{column.lo:#x}",
        part=column.part,
        rows=rows,
        arrows=_arrows(column, rows),
        height=y + EDGE + (ROW + 4 if with_unplaced else 0) if rows else EMPTY,
        unplaced=_marks(unplaced),
        unplaced_y=y + EDGE if with_unplaced else 0,
    )


def _arrows(column: StackColumn, rows: Sequence[Row]) -> list[Arrow]:
    """Return the arrows of the words that are in use, or marked, and point at a row above them."""
    at = {word.address: row for word, row in zip(column.words, rows, strict=True) if not word.rule}
    strings = column.words[0] if column.words and column.words[0].gap and column.part else None
    arrows: list[Arrow] = []
    for word, row in zip(column.words, rows, strict=True):
        if word.value is None or word.role == "dim" or not (row.used or row.marks):
            continue
        target = at.get(word.value)
        if strings and word.value >= strings.address:
            target = rows[0]
        if target and target.kind != "rule" and word.value > word.address:
            x = 4 + ARC * (len(arrows) % ARCS)
            arrows.append(Arrow(row.y + ROW / 2, target.y + target.height / 2, x))
    return arrows


def _top(column: StackColumn) -> int:
    """Return the lowest address in use: where sp or else a saved sp points, 1 << 64 for neither."""
    marked = [(mark.role, word.address) for word in column.words for mark in word.marks]
    sp = next((address for role, address in marked if role == "sp"), None)
    saved_sp = next((address for role, address in marked if not role), 1 << 64)
    return saved_sp if sp is None else sp


def _row(word: StackWord, y: float, height: float, top: int) -> Row:
    used = word.address >= top
    if word.gap or word.rule:
        kind, text = ("gap", word.gap) if word.gap else ("rule", word.rule)
        return Row(kind, y, height, "", text, "", "", word.role, used, ())
    value = "" if word.value is None else f"{word.value:#x}" if word.value else "0"
    text = word.meaning or value
    value_fits = word.meaning and width(text) + len(value) + 2 <= ROOM
    return Row(
        kind="word",
        y=y,
        height=height,
        address=f"…{word.address & 0xFFFF:04x}",
        text=_cut(text, ROOM),
        value=value if value_fits else "",
        description=f"{word.address:#x}: {value} {word.meaning}".strip(),
        role=word.role,
        used=used,
        marks=_marks(word.marks),
    )


def _marks(marks: Sequence[Mark]) -> list[DrawnMark]:
    """Place marks side by side, right of the stack."""
    x, drawn = STACK + 8.0, []
    for mark in marks:
        name = mark.name.removeprefix("g0.").removeprefix("g1.")  # the picture says whose it is
        mark_width = width(name) * CELL + 10
        drawn.append(DrawnMark(mark, name, x, mark_width))
        x += mark_width + 3
    return drawn


def _cut(text: str, cells: int) -> str:
    """Return a text, in each of its languages, shortened to `cells`."""
    if isinstance(text, MultilingualText):
        by_language = {language: _cut(one, cells) for language, one in text.by_language.items()}
        return MultilingualText(by_language)
    return cut(text, cells, "…")
