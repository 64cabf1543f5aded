"""How much of a stage's card fits on the screen."""

from __future__ import annotations

from collections.abc import Callable

from gogdb.view.doc.document import Doc, Part
from gogdb.view.guide import StageCard

__all__ = ["fit"]


def fit(card: StageCard, count_lines: Callable[[Doc], int], most: int) -> Doc:
    """Return the card with as much of its optional parts as fits in `most` lines.

    The point of the stage comes first, then all hints instead of one, then more evidence. A
    piece of evidence that does not fit is left out for a smaller one after it.
    """
    evidence: list[Part] = []
    hints = min(1, len(card.hints)) if count_lines(card.page((), 1)) <= most else 0
    for parts in card.evidence:
        if count_lines(card.page([*evidence, *parts], hints)) > most:
            continue
        if not evidence and count_lines(card.page(parts, len(card.hints))) <= most:
            hints = len(card.hints)
        evidence += parts
    return card.page(evidence, hints)
