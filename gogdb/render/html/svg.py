"""The layout of the pictures on a page, in the user units of an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gogdb.render.cells import cut, width
from gogdb.render.html.multilingual import MultilingualText
from gogdb.view.doc.document import Mark, StackColumn, StackPicture, StackWord
from gogdb.view.doc.pages import Chain, Chip, Scheduler

__all__ = ["Box", "drawn_scheduler", "drawn_stacks"]

WIDTH = 376
CELL = 6.65  # the width of a monospaced character of 11 units
ROW, GAP, RULE, EDGE, EMPTY = 19, 14, 19, 20, 90  # heights
STACK = 276  # right edge of a stack; the registers that point at it are drawn right of it
ROOM = 31  # cells of a word's value and meaning


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
class DrawnStack:
    """A stack and, below it, the registers that point at none of its words."""

    title: str
    hi: str
    lo: str
    part: bool
    rows: Sequence[Row]
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
        height=y + EDGE + (ROW + 4 if with_unplaced else 0) if rows else EMPTY,
        unplaced=_marks(unplaced),
        unplaced_y=y + EDGE if with_unplaced else 0,
    )


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


@dataclass(frozen=True)
class Box:
    """A chip and its place."""

    chip: Chip
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class DrawnLine:
    """An M with its g0 inside, its P and its goroutine."""

    m: Box
    g0: Box
    p: Box
    curg: Box


@dataclass(frozen=True)
class DrawnChain:
    """A list of the scheduler, and where "nil" or "… n more" follows its boxes."""

    chain: Chain
    y: float
    boxes: Sequence[Box]
    end: tuple[float, float]


@dataclass(frozen=True)
class DrawnScheduler:
    """The Ms, and the lists below them; `more` Ms are not drawn, which is said at `more_y`."""

    lines: Sequence[DrawnLine]
    chains: Sequence[DrawnChain]
    more: int
    more_y: float
    height: float


M_WIDTH, P_X, P_WIDTH, G_X, G_WIDTH, LINE, BETWEEN = 152, 166, 78, 258, 116, 46, 8
CHIP = 21  # the height of a chip
CHAIN_X, CHAIN_END = 92.0, 44


def drawn_scheduler(picture: Scheduler) -> DrawnScheduler:
    """Lay out the picture of the scheduler."""
    lines, y = [], 22.0
    for line in picture.bound:
        lines.append(
            DrawnLine(
                Box(line.m, 0, y, M_WIDTH, LINE),
                Box(line.g0, M_WIDTH - 35, y + 4, 30, CHIP - 1),
                Box(line.p, P_X, y + 3, P_WIDTH, LINE - 6),
                Box(line.curg, G_X, y + 3, G_WIDTH, LINE - 6),
            )
        )
        y += LINE + BETWEEN
    more_y, y = y + 10, y + (18 if picture.more else 4)
    chains = []
    for chain in picture.chains:
        drawn = _chain(chain, y)
        chains.append(drawn)
        y = drawn.end[1] + CHIP + 7
    return DrawnScheduler(lines, chains, picture.more, more_y, y)


def _chain(chain: Chain, y: float) -> DrawnChain:
    """Lay out a list from `y` down; its boxes continue on another row at the right edge."""
    boxes, x = list[Box](), CHAIN_X
    for chip in chain.chips:
        cells = width(chip.name) + width(chip.about) + bool(chip.about)
        chip_width = cells * CELL + 14
        if x + chip_width > WIDTH and x > CHAIN_X:
            x, y = CHAIN_X, y + CHIP + 5
        boxes.append(Box(chip, x, y, chip_width, CHIP))
        x += chip_width + (14 if chain.linked else 6)
    if x > WIDTH - CHAIN_END and (chain.linked or chain.more):
        x, y = CHAIN_X, y + CHIP + 5
    first = boxes[0].y if boxes else y
    return DrawnChain(chain, first, boxes, (x, y))
