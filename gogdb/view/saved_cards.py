"""The cards and screens of a recorded walk, read back from `go-boot report FILE.json`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gogdb.boot.stages import STAGES
from gogdb.errors import GogdbError
from gogdb.i18n import LANGUAGES
from gogdb.view.doc.document import Code, Note, Table, Text
from gogdb.view.doc.pages import StagePage
from gogdb.view.json.by_language import in_language
from gogdb.view.json.cards import FORM
from gogdb.view.json.documents import from_json
from gogdb.view.screens import WalkScreens

__all__ = ["Cards", "read_cards", "read_screens"]

Cards = Mapping[str, Mapping[str, StagePage]]
"""The cards by language, and by the id of the stage."""

_HINT = "record it again with `gogdb report -o FILE.json`"

_IDS = {stage.id: stage.number for stage in STAGES}


def read_cards(value: Any, name: str) -> Cards:
    """Return the cards in a recorded walk, which the file `name` holds.

    Raises `GogdbError` if there are none, or none that this version can read.
    """
    try:
        _check_form(value, name)
        return {language: _cards(value["cards"]["stages"], language) for language in LANGUAGES}
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        raise GogdbError(f"{name} has no cards of the stages", _HINT) from None


def read_screens(value: Any, name: str, language: str) -> WalkScreens:
    """Return the screens in a recorded walk, which the file `name` holds, in a language.

    Raises `GogdbError` if another version of gogdb wrote them, and `LookupError`, `TypeError` or
    `ValueError` if there are none.
    """
    _check_form(value, name)
    return from_json(WalkScreens, in_language(value["cards"]["screens"], language))


def _check_form(value: Any, name: str) -> None:
    if value["cards"]["form"] != FORM:
        raise GogdbError(f"{name} was recorded by another version of gogdb", _HINT)


def _cards(stored: Any, language: str) -> dict[str, StagePage]:
    cards = [from_json(StagePage, in_language(each, language)) for each in stored]
    if not all(_is_card(card) for card in cards):
        raise ValueError
    return {card.id: card for card in cards}


def _is_card(page: StagePage) -> bool:
    """Report whether a page is of a stage, and has parts of the kinds that cards have."""
    return (
        _IDS[page.id] == page.number
        and not page.memory
        and all(isinstance(part, Text | Note) for part in page.narration)
        and all(isinstance(part, Code) for part in page.code)
        and all(_is_whole(table) for table in (page.registers, page.changes) if table)
    )


def _is_whole(table: Table) -> bool:
    """Report whether each row has a cell for each column."""
    return all(len(row) == len(table.columns) > 0 for row in table.rows)
