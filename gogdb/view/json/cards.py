"""A recorded walk in all languages, for `gogdb atlas` and `gogdb record`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gogdb.view.doc.pages import Report, StagePage
from gogdb.view.json.by_language import merged
from gogdb.view.json.documents import to_json
from gogdb.view.screens import WalkScreens

__all__ = ["FORM", "cards_json"]

FORM = 2
"""The form of the cards; another one cannot be read."""


def cards_json(
    pages: Mapping[str, Report], screens: Mapping[str, WalkScreens]
) -> dict[str, object]:
    """Return what an atlas shows of each stage, and the screens that a recording plays.

    Both are given in each language.
    """
    cards = {language: [_card(s) for s in page.stages] for language, page in pages.items()}
    played = {language: to_json(walk) for language, walk in screens.items()}
    return {"form": FORM, "stages": merged(cards), "screens": merged(played)}


def _card(page: StagePage) -> object:
    card = to_json(replace(page, memory=(), prediction=None, suggestions=()))
    assert isinstance(card, dict)
    return {name: item for name, item in card.items() if name != "facts"}
