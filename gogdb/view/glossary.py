"""The glossary: what the words of Go's runtime and of its stacks mean."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from gogdb.i18n import LANGUAGES, texts

__all__ = ["Term", "find", "glossary"]


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


def find(language: str, wanted: str) -> Sequence[Term]:
    """Return the terms that `wanted` names in any language, in upper or lower case.

    If none has this form, those with a form that begins with it; if there is none, that contains
    it.
    """
    key = " ".join(wanted.lower().split())
    forms = {term.id: _forms(term.id) for term in glossary(language)}
    for matches in (str.__eq__, str.startswith, str.__contains__):
        found = [t for t in glossary(language) if any(matches(f, key) for f in forms[t.id])]
        if found:
            return found
    return []


@cache
def _forms(id: str) -> Sequence[str]:
    """Return the forms of a term in every language, and its id, in lower case."""
    terms = [term for language in LANGUAGES for term in glossary(language) if term.id == id]
    return [form.lower() for term in terms for form in (term.id, *term.forms)]
