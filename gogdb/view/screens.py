"""A walk as `go-boot step` shows it: a screen for each stage, and the summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from gogdb.boot.stage import Record
from gogdb.i18n import language, tr
from gogdb.view.card_fit import fit
from gogdb.view.doc.document import Doc
from gogdb.view.doc.scene import Scene
from gogdb.view.guide import StageCard, stage_card
from gogdb.view.guide_text import guide_text
from gogdb.view.narration import narration
from gogdb.view.summary import summary

__all__ = ["LEAST_HEIGHT", "Screen", "WalkScreens", "scenes", "walk_screens"]

LEAST_HEIGHT = 24
"""Lines of the smallest screen that every card fits on."""

_PROMPT_LINES = 2  # the command above a card, and the prompt below it
_COMMAND = "go-boot step"


@dataclass(frozen=True)
class Screen:
    """The card of a stage, and the stage's number and id."""

    marker: str
    card: StageCard


@dataclass(frozen=True)
class WalkScreens:
    """A walk in one language; how much of each card is shown depends on the screen's size."""

    title: str
    screens: Sequence[Screen]
    summary: Doc


def walk_screens(
    records: Sequence[Record], program: str, go_version: str, has_debug_info: bool
) -> WalkScreens:
    """Return the screens of a walk through `program`, a file name, in the language in use.

    Without debug information, some commands to try cannot be used.
    """
    text, guide = narration(language()), guide_text(language())
    screens, before = [], None
    for record in records:
        hints = record.hints(has_debug_info) if record.observations else ()
        card = stage_card(record, before, text, guide, hints, repeats=False)
        screens.append(Screen(f"{record.stage.number} {record.stage.id}", card))
        before = record if record.observations else before
    title = f"{tr('How a Go program boots')} · {program}, {go_version}"
    return WalkScreens(title, screens, summary(records))


def scenes(
    walk: WalkScreens, layout: Callable[[Doc], Sequence[str]], height: int
) -> Iterator[Scene]:
    """Yield a scene for each stage, whose card fits a screen of `height` lines, and the summary.

    `layout` turns a document into finished lines. Needs the language of `walk` to be in use.
    """
    most = height - _PROMPT_LINES
    for screen in walk.screens:
        card = fit(screen.card, lambda doc: len(layout(doc)), most)
        yield Scene(_COMMAND, layout(card), screen.marker)
    yield Scene(_COMMAND, layout(walk.summary), "summary")
