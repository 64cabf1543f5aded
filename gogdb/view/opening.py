"""What a page says first, to a reader who has nothing else (i18n/*/page.toml), and its glossary."""

from __future__ import annotations

from gogdb.i18n import fill, language, texts
from gogdb.view.doc.pages import Definition, Opening
from gogdb.view.glossary import glossary

__all__ = ["definitions", "opening"]


def opening(topic: str, **values: object) -> Opening:
    """Return the opening of a page about "boot", "live" or "follow", in the language in use."""
    pages = texts(language(), "page")
    passages = pages["boot"] | pages[topic]
    return Opening(**{name: fill(text, values) for name, text in passages.items()})


def definitions() -> list[Definition]:
    """Return the glossary in the language in use."""
    return [Definition(t.id, t.name, "|".join(t.forms), t.text) for t in glossary(language())]
