"""Pages in several languages at once: where the languages agree, the text is there once.

Every string of a page passes through here: invisible characters become visible (`render.clean`)
and the special characters of HTML are escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TypeVar, get_args

from markupsafe import Markup

from gogdb import i18n
from gogdb.render.clean import clean, escape
from gogdb.view.doc.document import Part

__all__ = [
    "MultilingualText",
    "PartByLanguage",
    "html_attribute",
    "html_choice",
    "html_content",
    "html_text",
    "in_language",
    "merge",
    "svg_text",
    "tr",
]

T = TypeVar("T")

_PARTS = get_args(Part)


class MultilingualText(str):
    """A text in several languages; as a string it is the text in the first of them."""

    by_language: Mapping[str, str]

    def __new__(cls, by_language: Mapping[str, str]) -> MultilingualText:
        self = super().__new__(cls, next(iter(by_language.values())))
        self.by_language = by_language
        return self


@dataclass(frozen=True)
class PartByLanguage:
    """A part whose structure differs between languages."""

    by_language: Mapping[str, Part]


class _StructuresDifferError(Exception):
    """Two languages differ in more than text."""


def merge(pages: Mapping[str, T]) -> T:
    """Merge one value in several languages; strings that differ become `MultilingualText`."""
    merged: T = _merge({language: _cleaned(page) for language, page in pages.items()})
    return merged


def tr(english: str, languages: Sequence[str], **values: object) -> str:
    """Return a label in all of the `languages`, with its {names} replaced by `values`."""
    by_language = {}
    for language in languages:
        with i18n.use_language(language):
            by_language[language] = i18n.tr(english, **values)
    return _text(by_language)


def html_text(text: object) -> Markup:
    """Return a text as HTML: in several languages a span for each, one of which is visible."""
    return _elements(text, "span")


def in_language(text: str, language: str) -> str:
    """Return a text in one of its languages."""
    return text.by_language[language] if isinstance(text, MultilingualText) else text


def html_choice(by_language: Mapping[str, Markup]) -> Markup:
    """Return HTML that differs between languages: a span for each, one of which is visible."""
    if len(set(by_language.values())) == 1:
        return next(iter(by_language.values()))
    one = Markup('<span lang="{}">{}</span>')
    return Markup("").join(one.format(language, html) for language, html in by_language.items())


def svg_text(text: object) -> Markup:
    """Return a text for an SVG text element: in several languages a tspan for each."""
    return _elements(text, "tspan")


def html_attribute(text: str, name: str) -> Markup:
    """Return an attribute with a text, and the other languages beside it for the page's script."""
    first = Markup('{}="{}"').format(Markup(name), escape(text))
    return first + _data_attributes(text, f"-{name}")


def html_content(text: str) -> Markup:
    """Return the rest of a start tag and a text, for elements that hold text only.

    The other languages are attributes of the tag, for the page's script.
    """
    return _data_attributes(text, "") + Markup(">") + Markup.escape(escape(text))


def _data_attributes(text: str, suffix: str) -> Markup:
    if not isinstance(text, MultilingualText):
        return Markup("")
    attributes = (
        Markup(' data-{}="{}"').format(language + suffix, translation)
        for language, translation in text.by_language.items()
    )
    return Markup("").join(attributes)


def _elements(text: object, element: str) -> Markup:
    if isinstance(text, Markup):
        return text
    if not isinstance(text, MultilingualText):
        return Markup.escape(escape(str(text)))
    one = Markup('<{0} lang="{1}">{2}</{0}>')
    return Markup("").join(
        one.format(Markup(element), language, escape(translation))
        for language, translation in text.by_language.items()
    )


def _text(by_language: Mapping[str, str]) -> str:
    texts = set(by_language.values())
    return texts.pop() if len(texts) == 1 else MultilingualText(by_language)


def _cleaned(value: T) -> T:
    """Return `value` with only visible characters in its strings, also those inside it."""
    result: object = value
    if isinstance(value, _PARTS):
        result = clean(value, ascii=False)
    elif isinstance(value, str):
        result = escape(value)
    elif isinstance(value, Mapping):
        result = {escape(key): _cleaned(item) for key, item in value.items()}
    else:
        result = _map_items(value, _cleaned)
    return result  # type: ignore[return-value]


def _map_items(value: T, change: Callable[[T], T]) -> T:
    """Return `value` with its items or fields changed; other values as they are."""
    result: object = value
    if isinstance(value, list | tuple):
        result = [change(item) for item in value]
    elif is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: change(getattr(value, f.name)) for f in fields(value)}
        result = replace(value, **changed)
    return result  # type: ignore[return-value]


def _merge(values: Mapping[str, T]) -> T:
    first = next(iter(values.values()))
    result: object = first
    if isinstance(first, _PARTS):
        try:
            result = _merge_fields(values)
        except _StructuresDifferError:
            result = PartByLanguage(values)  # type: ignore[arg-type]
    elif is_dataclass(first) and not isinstance(first, type):
        result = _merge_fields(values)
    elif isinstance(first, str):
        result = _text(values)  # type: ignore[arg-type]
    elif isinstance(first, list):
        lengths = {len(value) for value in values.values()}  # type: ignore[arg-type]
        if len(lengths) > 1:
            raise _StructuresDifferError
        result = [
            _merge({language: value[i] for language, value in values.items()})  # type: ignore[index]
            for i in range(len(first))
        ]
    return result  # type: ignore[return-value]


def _merge_fields(values: Mapping[str, T]) -> T:
    first = next(iter(values.values()))
    if len({type(value) for value in values.values()}) > 1:
        raise _StructuresDifferError
    merged = {
        f.name: _merge({language: getattr(value, f.name) for language, value in values.items()})
        for f in fields(first)  # type: ignore[arg-type]
    }
    return replace(first, **merged)  # type: ignore[type-var]
