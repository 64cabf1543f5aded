"""Where things stand in the page's pictures, in the user units of an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gogdb.render.cells import width
from gogdb.render.html.multilingual import Said
from gogdb.view.doc import StackColumn, StackPicture, StackWord
from gogdb.view.doc.pages import Chain, Chip, Scheduler

__all__ = ["Box", "drawn_scheduler", "drawn_stack"]

WIDE = 376
CELL = 6.65  # of a monospaced character of 11 units
ROW, GAP, RULE, EDGE, GHOST = 19, 14, 19, 20, 90
STACK = 276  # right edge of a stack; the registers that point at it stand right of it
ROOM = 31  # cells of a word's value and meaning
REGISTERS = ("rsp", "rbp")


@dataclass(frozen=True)
class Mark:
    """What points at a word: a register, or a saved sp."""

    id: str
    name: str
    x: float
    wide: float


@dataclass(frozen=True)
class Row:
    """A line of a stack. `kind`: "word", "gap" or "rule"."""

    kind: str
    y: float
    high: float
    address: str
    text: str
    value: str
    whole: str  # all of it, for a tooltip
    role: str
    used: bool
    marks: Sequence[Mark]


@dataclass(frozen=True)
class DrawnStack:
    title: str
    hi: str
    lo: str
    part: bool
    rows: Sequence[Row]
    high: float
    docked: Sequence[Mark]
    dock: float  # y, 0 for none


def drawn_stack(picture: StackPicture, *, dock: bool = False) -> list[DrawnStack]:
    """The stacks of a picture. With `dock`, registers that point at no word stand at the end."""
    pointing = {mark for column in picture.columns for word in column.words for mark in word.marks}
    idle = [name for name in REGISTERS if name not in pointing] if dock else []
    return [
        _stack(column, idle if i == 0 else (), dock and i == 0)
        for i, column in enumerate(picture.columns)
    ]


def _stack(column: StackColumn, idle: Sequence[str], dock: bool) -> DrawnStack:
    rows, y = [], EDGE
    top = _top(column)
    for word in column.words:
        high = GAP if word.gap else RULE if word.rule else ROW
        rows.append(_row(word, y, high, top, column))
        y += high
    place = y + EDGE if dock else 0
    return DrawnStack(
        column.title,
        f"{column.hi:#x}",
        f"{column.lo:#x}",
        column.part,
        rows,
        y + EDGE + (ROW + 4 if dock else 0) if rows else GHOST,
        _marks(idle),
        place,
    )


def _top(column: StackColumn) -> int:
    """The address from which up the stack is in use; beyond it where nothing tells."""
    marked = {mark: word.address for word in column.words for mark in word.marks}
    saved = next((at for mark, at in marked.items() if mark not in REGISTERS), 1 << 64)
    return marked.get("rsp", saved)


def _row(word: StackWord, y: float, high: float, top: int, column: StackColumn) -> Row:
    if word.gap or word.rule:
        kind, text = ("gap", word.gap) if word.gap else ("rule", word.rule)
        return Row(kind, y, high, "", text, "", "", word.role, word.address >= top, ())
    value = "" if word.value is None else f"{word.value:#x}" if word.value else "0"
    text = word.meaning or value
    whole = f"{word.address:#x}: {value} {word.meaning}".strip()
    beside = value if word.meaning and width(text) + len(value) + 2 <= ROOM else ""
    return Row(
        kind="word",
        y=y,
        high=high,
        address=f"…{word.address & 0xFFFF:04x}",
        text=_cut(text, ROOM),
        value=beside,
        whole=whole,
        role=word.role,
        used=word.address >= top,
        marks=_marks(word.marks),
    )


def _marks(names: Sequence[str]) -> list[Mark]:
    x, marks = STACK + 8.0, []
    for name in names:
        shown = name.removeprefix("g0.").removeprefix("g1.")
        wide = len(shown) * CELL + 10
        marks.append(Mark(name, shown, x, wide))
        x += wide + 3
    return marks


def _cut(text: str, cells: int) -> str:
    if isinstance(text, Said):
        return Said({language: _cut(said, cells) for language, said in text.by_language.items()})
    return text if width(text) <= cells else text[: cells - 1] + "…"


@dataclass(frozen=True)
class Box:
    """A chip and its place."""

    chip: Chip
    x: float
    y: float
    wide: float
    high: float


@dataclass(frozen=True)
class DrawnLine:
    """An M with its g0 within, its P, its goroutine."""

    m: Box
    g0: Box
    p: Box
    curg: Box


@dataclass(frozen=True)
class DrawnChain:
    chain: Chain
    y: float
    boxes: Sequence[Box]
    end: tuple[float, float]  # where "nil" or "… n more" stands


@dataclass(frozen=True)
class DrawnScheduler:
    lines: Sequence[DrawnLine]
    chains: Sequence[DrawnChain]
    more: int
    more_y: float
    high: float


M_WIDE, P_X, P_WIDE, G_X, G_WIDE, LINE, BETWEEN = 152, 166, 78, 258, 116, 46, 8
CHIP = 21


def drawn_scheduler(picture: Scheduler) -> DrawnScheduler:
    lines, y = [], 22.0
    for line in picture.bound:
        lines.append(
            DrawnLine(
                Box(line.m, 0, y, M_WIDE, LINE),
                Box(line.g0, M_WIDE - 35, y + 4, 30, CHIP - 1),
                Box(line.p, P_X, y + 3, P_WIDE, LINE - 6),
                Box(line.curg, G_X, y + 3, G_WIDE, LINE - 6),
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
    start = 92.0
    boxes, x = list[Box](), start
    for chip in chain.chips:
        wide = (width(chip.name) + width(chip.about) + bool(chip.about)) * CELL + 14
        if x + wide > WIDE and x > start:
            x, y = start, y + CHIP + 5
        boxes.append(Box(chip, x, y, wide, CHIP))
        x += wide + (14 if chain.linked else 6)
    if x > WIDE - 44 and (chain.linked or chain.more):
        x, y = start, y + CHIP + 5
    first = boxes[0].y if boxes else y
    return DrawnChain(chain, first, boxes, (x, y))
