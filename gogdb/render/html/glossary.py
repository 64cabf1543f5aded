"""Terms of the glossary in texts: the first time in each, a link to the definition."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from markupsafe import Markup

from gogdb.render.html.multilingual import html_choice, html_text, in_language
from gogdb.view.doc.pages import Definition

__all__ = ["marker"]

_LINK = Markup('<a class="term" href="#term-{}">{}</a>')


def marker(terms: Sequence[Definition], languages: Sequence[str]) -> Callable[[str], Markup]:
    """Return a function that gives a text as HTML, in each of its languages, with the links."""
    ids = {language: _ids(terms, language) for language in languages}
    patterns = {language: _pattern(ids[language]) for language in languages}

    def marked(text: str) -> Markup:
        by_language = {
            language: Markup("").join(
                _linked(in_language(text, language), patterns[language], ids[language])
            )
            for language in languages
        }
        return html_choice(by_language)

    return marked


def _ids(terms: Sequence[Definition], language: str) -> Mapping[str, str]:
    """Return the ids of the terms by the words that stand for them."""
    forms = ((in_language(term.forms, language).split("|"), term.id) for term in terms)
    return {form: id for words, id in forms for form in words}


def _pattern(forms: Mapping[str, str]) -> re.Pattern[str]:
    longest_first = sorted(forms, key=len, reverse=True)
    words = "|".join(re.escape(form) for form in longest_first)
    # Not within a longer name; a Chinese character can be on both sides
    return re.compile(rf"(?<![\w.%$-])(?:{words})(?![\w-]|\.\w)", re.ASCII)


def _linked(text: str, pattern: re.Pattern[str], ids: Mapping[str, str]) -> Iterator[Markup]:
    end, seen = 0, set[str]()
    for match in pattern.finditer(text):
        id = ids[match[0]]
        if id in seen:
            continue
        seen.add(id)
        yield html_text(text[end : match.start()])
        yield _LINK.format(id, match[0])
        end = match.end()
    yield html_text(text[end:])
