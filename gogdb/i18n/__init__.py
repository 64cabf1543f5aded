"""The language in use, and the text that gogdb has in each language.

English labels stand in the code, where they are used; the other languages have catalogues,
`LANGUAGE/labels/*.toml`, keyed by the English label as in gettext. So is `LANGUAGE/help.toml`,
the help of the commands, whose English sentences are in their declarations. Longer texts, such
as the narration of the boot walk, have one TOML file per language and topic:
`LANGUAGE/TOPIC.toml`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

TYPE_CHECKING = False  # without importing typing: loading gogdb must be quick
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

__all__ = [
    "LANGUAGES",
    "chosen_language",
    "counted",
    "fill",
    "in_languages",
    "language",
    "locale_language",
    "texts",
    "tr",
    "use_language",
]

LANGUAGES = ("en", "zh")

# The files of LANGUAGE/labels: those in an archive cannot be listed by its loader
_LABELS = (
    "atlas",
    "boot",
    "breakpoints",
    "follow",
    "gcore",
    "gobuf",
    "goroutine",
    "guide",
    "meanings",
    "report",
    "share",
    "stacks",
    "symbols",
    "tables",
    "tui",
    "until",
)

_language = ContextVar("language", default="en")  # each thread has its own


def language() -> str:
    """Return the language in use, one of `LANGUAGES`."""
    return _language.get()


def locale_language(environment: Mapping[str, str]) -> str:
    """Return the language that the locale variables in `environment` select.

    The first of LC_ALL, LC_MESSAGES and LANG that is set decides, as in setlocale(3). English is
    returned for encodings other than UTF-8, because gogdb writes nothing else.
    """
    values = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    tag, _, encoding = next(filter(None, values), "").lower().partition(".")
    is_utf8 = encoding.partition("@")[0] in ("", "utf-8", "utf8")
    return next((name for name in LANGUAGES if is_utf8 and tag.startswith(name)), "en")


def chosen_language(choice: str) -> str:
    """Return the language of a choice: one of `LANGUAGES`, or "auto" for that of the locale."""
    return locale_language(os.environ) if choice == "auto" else choice


@contextmanager
def use_language(language: str) -> Iterator[None]:
    """Use `language` for all text of this thread until the end of the block."""
    before = _language.set(language)
    try:
        yield
    finally:
        _language.reset(before)


def in_languages(make: Callable[[str], T], first: str = LANGUAGES[0]) -> dict[str, T]:
    """Return what `make` returns for each language, which is in use meanwhile; `first` is first."""
    made = {}
    for name in sorted(LANGUAGES, key=lambda name: name != first):
        with use_language(name):
            made[name] = make(name)
    return made


def tr(english: str, /, **values: object) -> str:
    """Return a label in the language in use, with its {names} replaced by `values`."""
    current = language()
    label = english if current == "en" else _labels(current).get(english, english)
    return fill(label, values) if values else label


def fill(text: str, values: Mapping[str, object]) -> str:
    """Return `text` with its {names} replaced by `values`.

    `{name:one|many}` stands for the word `one` if the value is 1, for `many` otherwise.
    """
    if "|" in text:
        values = {name: counted(value) for name, value in values.items()}
    return text.format(**values)


def counted(value: object) -> object:
    """Return a value whose format can be `one|many`, if it is a number."""
    return _Count(value) if isinstance(value, int) else value


class _Count(int):
    def __format__(self, spec: str) -> str:
        if "|" not in spec:
            return super().__format__(spec)
        one, many = spec.split("|")
        return one if self == 1 else many


@cache
def texts(language: str, topic: str) -> Mapping[str, Any]:
    """Return the contents of `LANGUAGE/TOPIC.toml`."""
    return _toml(f"{language}/{topic}.toml")


@cache
def _labels(language: str) -> Mapping[str, str]:
    labels: dict[str, str] = {}
    for name in _LABELS:
        labels |= _toml(f"{language}/labels/{name}.toml")
    return labels


def _toml(name: str) -> Mapping[str, Any]:
    # They take time to import, and English pages and JSON do not need them
    import tomllib

    from gogdb.resources import read_text

    return tomllib.loads(read_text(__name__, name))
