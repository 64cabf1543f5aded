"""One page in several languages: where they agree it is there once.

Every string passes through here on its way into the page: invisible characters become
visible (`render.clean`) and what means something to HTML is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TypeVar, get_args

from markupsafe import Markup

from gogdb import i18n
from gogdb.render.clean import clean, escape
from gogdb.view.doc import Cell, Part

__all__ = ["Either", "Said", "label", "merge", "say", "svg", "tell"]

T = TypeVar("T")

_PARTS = get_args(Part)


class Said(str):
    """A text in several languages; as a string it is the first one's."""

    by_language: Mapping[str, str]

    def __new__(cls, by_language: Mapping[str, str]) -> Said:
        self = super().__new__(cls, next(iter(by_language.values())))
        self.by_language = by_language
        return self


@dataclass(frozen=True)
class Either:
    """A part that is not built alike in all languages."""

    by_language: Mapping[str, Part]


class _DifferError(Exception):
    """The languages differ in more than words."""


def merge(pages: Mapping[str, T]) -> T:
    """The same value in several languages as one, whose strings are `Said` where they differ."""
    merged: T = _merge({language: _cleaned(page) for language, page in pages.items()})
    return merged


def say(english: str, languages: Sequence[str], **values: object) -> str:
    """A label of the page's own, in all of the `languages`."""
    told = {}
    for language in languages:
        with i18n.use_language(language):
            told[language] = i18n.tr(english, **values)
    return _said(told)


def tell(text: object) -> Markup:
    """A text as HTML; in several languages, as a span for each, of which one is shown."""
    return _spans(text, "span")


def svg(text: object) -> Markup:
    """The same within an SVG's text."""
    return _spans(text, "tspan")


def label(text: str, attribute: str = "") -> Markup:
    """A text where no element may stand: `attribute`s, or the content of title and option.

    It is English; the other languages are beside it, for the script that changes them.
    """
    first = Markup.escape(escape(text))
    others = (
        [
            Markup(' data-{}="{}"').format(
                f"{language}-{attribute}" if attribute else language, said
            )
            for language, said in text.by_language.items()
        ]
        if isinstance(text, Said)
        else []
    )
    if attribute:
        return Markup('{}="{}"').format(Markup(attribute), first) + Markup("").join(others)
    return Markup("").join(others) + Markup(">") + first


def _spans(text: object, element: str) -> Markup:
    if isinstance(text, Markup):
        return text
    if not isinstance(text, Said):
        return Markup.escape(escape(str(text)))
    one = Markup('<{0} lang="{1}">{2}</{0}>')
    return Markup("").join(
        one.format(Markup(element), language, escape(said))
        for language, said in text.by_language.items()
    )


def _said(told: Mapping[str, str]) -> str:
    first = next(iter(told.values()))
    return first if all(said == first for said in told.values()) else Said(told)


def _cleaned(value: T) -> T:
    result: object = value
    if isinstance(value, _PARTS):
        result = clean(value, ascii=False)
    elif isinstance(value, str):
        result = escape(value)
    elif isinstance(value, Mapping):
        result = {escape(key): _cleaned(item) for key, item in value.items()}
    else:
        result = _each(value, _cleaned)
    return result  # type: ignore[return-value]


def _each(value: T, change: Callable[[T], T]) -> T:
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
            result = _fields(values)
        except _DifferError:
            result = Either(values)  # type: ignore[arg-type]
    elif isinstance(first, Cell) or (is_dataclass(first) and not isinstance(first, type)):
        result = _fields(values)
    elif isinstance(first, str):
        result = _said(values)  # type: ignore[arg-type]
    elif isinstance(first, list):
        lengths = {len(value) for value in values.values()}  # type: ignore[arg-type]
        if len(lengths) > 1:
            raise _DifferError
        result = [
            _merge({language: value[i] for language, value in values.items()})  # type: ignore[index]
            for i in range(len(first))
        ]
    return result  # type: ignore[return-value]


def _fields(values: Mapping[str, T]) -> T:
    first = next(iter(values.values()))
    if len({type(value) for value in values.values()}) > 1:
        raise _DifferError
    changed = {
        f.name: _merge({language: getattr(value, f.name) for language, value in values.items()})
        for f in fields(first)  # type: ignore[arg-type]
    }
    return replace(first, **changed)  # type: ignore[type-var]
