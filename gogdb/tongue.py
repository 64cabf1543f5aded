"""The language that gogdb speaks.

English labels stand in the code, where they are used; the other languages have catalogs,
`boot/narration/LANGUAGE/labels/*.toml`, that are keyed by the English words, as gettext's are.
The longer words of the walk are in `boot/narration/`, a folder for each language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

__all__ = ["LANGUAGES", "language", "of_locale", "speaking", "tr"]

LANGUAGES = ("en", "zh")

_WORDS = Path(__file__).parent / "boot/narration"
_language = ContextVar("language", default="en")


def language() -> str:
    """The language in which things are said now, one of `LANGUAGES`."""
    return _language.get()


def of_locale(environment: Mapping[str, str]) -> str:
    """The language that the locale asks for: the first of its variables that is set decides.

    English where the encoding is another than UTF-8, the only one that gogdb writes.
    """
    names = (environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    wanted, _, encoding = next(filter(None, names), "").lower().partition(".")
    legible = encoding.partition("@")[0] in ("", "utf-8", "utf8")
    return next((known for known in LANGUAGES if legible and wanted.startswith(known)), "en")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say everything in a language until the end of the block."""
    before = _language.set(language)
    try:
        yield
    finally:
        _language.reset(before)


def tr(english: str, /, **values: object) -> str:
    """A label in the language that is spoken, its {names} replaced by `values`."""
    spoken = language()
    label = english if spoken == "en" else _catalog(spoken).get(english, english)
    return label.format(**values) if values else label


@cache
def _catalog(language: str) -> Mapping[str, str]:
    import tomllib  # who speaks English, or JSON, does without

    catalog: dict[str, str] = {}
    for file in sorted((_WORDS / language / "labels").glob("*.toml")):
        catalog |= tomllib.loads(file.read_text(encoding="utf-8"))
    return catalog
