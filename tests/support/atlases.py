"""Recorded boots as `go-boot report FILE.json` writes them, and the atlas of them."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from gogdb.i18n import LANGUAGES, use_language
from gogdb.render import html
from gogdb.view.atlas import AtlasWalk, atlas, in_order
from gogdb.view.doc.pages import Report
from gogdb.view.json.cards import cards_json
from gogdb.view.narration import narration
from gogdb.view.report import report
from gogdb.view.saved_cards import read_cards
from gogdb.view.saved_walk import read_walk
from gogdb.view.screens import WalkScreens, walk_screens
from tests.support.reports import Page, as_json, records
from tests.support.walks import VERSIONS

__all__ = [
    "atlas_of",
    "atlas_page",
    "cards_in",
    "pages_of",
    "recorded",
    "screens_of",
    "walks_of",
]


@cache
def pages_of(version: str) -> Mapping[str, Report]:
    """Return the report of the boot recorded with this Go, in each language."""
    pages = {}
    for language in LANGUAGES:
        with use_language(language):
            pages[language] = report(
                records(version), f"go{version}", "/home/you/boot", narration(language)
            )
    return pages


@cache
def screens_of(version: str, language: str) -> WalkScreens:
    """Return the screens of the boot recorded with this Go, in a language."""
    with use_language(language):
        return walk_screens(records(version), "boot", f"go{version}", True)


def recorded(version: str) -> Any:
    """Return what `go-boot report FILE.json` writes for this boot; a copy to change."""
    return json.loads(_recorded(version))


@cache
def _recorded(version: str) -> str:
    screens = {language: screens_of(version, language) for language in LANGUAGES}
    cards = cards_json(pages_of(version), screens)
    return json.dumps(as_json(version) | {"cards": cards}, default=list)


def walks_of(values: Sequence[Any]) -> list[AtlasWalk]:
    """Return recorded walks in order; they are named by their numbers."""
    names = [f"{i}.json" for i in range(len(values))]
    return in_order(
        [
            AtlasWalk(name, read_walk(value, name), read_cards(value, name))
            for name, value in zip(names, values, strict=True)
        ]
    )


def atlas_of(values: Sequence[Any]) -> str:
    """Return the HTML of the atlas of these recorded walks."""
    pages, walks = {}, walks_of(values)
    for language in LANGUAGES:
        with use_language(language):
            pages[language] = atlas(walks, narration(language))
    return html.atlas(pages)


@cache
def atlas_page() -> str:
    """Return the HTML of the atlas of all recorded boots; rendered once per process."""
    return atlas_of([recorded(version) for version in VERSIONS])


def cards_in(page: Page) -> list[list[str]]:
    """Return the HTML of every card in an atlas, by stage and release."""
    data = json.loads(page.by_id("data").text)
    cards: list[list[str]] = json.loads(zlib.decompress(base64.b64decode(data["cards"])))
    return cards
