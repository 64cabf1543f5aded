"""The cards of a recorded walk in all languages, for `gogdb atlas`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gogdb.view.doc.pages import Report, StagePage
from gogdb.view.json.by_language import merged
from gogdb.view.json.documents import to_json

__all__ = ["FORM", "cards_json"]

FORM = 1
"""The form of the cards; another one cannot be read."""


def cards_json(pages: Mapping[str, Report]) -> dict[str, object]:
    """Return what an atlas shows of each stage, from the page of the walk in each language."""
    cards = {language: [_card(s) for s in page.stages] for language, page in pages.items()}
    return {"form": FORM, "stages": merged(cards)}


def _card(page: StagePage) -> object:
    card = to_json(replace(page, memory=(), prediction=None, suggestions=()))
    assert isinstance(card, dict)
    return {name: item for name, item in card.items() if name != "facts"}
