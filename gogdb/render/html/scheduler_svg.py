"""The layout of the picture of the scheduler, in the user units of an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gogdb.render.cells import width
from gogdb.render.html.stack_svg import CELL
from gogdb.view.doc.pages import Chain, Chip, Scheduler

__all__ = ["Box", "drawn_scheduler"]

WIDTH = 376


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
