"""The glossary: what the words of Go's runtime and of its stacks mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from gogdb.i18n import texts

__all__ = ["Term", "glossary"]


class Term(NamedTuple):
    """A term with its explanation; `forms` are the words that stand for it in a text."""

    id: str  # the same in all languages
    name: str
    forms: Sequence[str]
    text: str


@cache
def glossary(language: str) -> Sequence[Term]:
    """Return the terms in a language, one of `gogdb.i18n.LANGUAGES`, in the catalogue's order."""
    return [
        Term(id, entry["term"], (entry["term"], *entry.get("also", ())), entry["text"])
        for id, entry in texts(language, "glossary").items()
    ]
