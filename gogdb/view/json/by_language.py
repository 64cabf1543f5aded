"""JSON in several languages: where they agree it is there once, else a text in each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["in_language", "merged"]

_KEY = "languages"


def merged(values: Mapping[str, Any]) -> Any:
    """Return values that differ in their texts only, one for each language, as one."""
    first = next(iter(values.values()))
    if isinstance(first, dict):
        return {name: merged({at: v[name] for at, v in values.items()}) for name in first}
    if isinstance(first, list):
        return [merged({at: v[i] for at, v in values.items()}) for i in range(len(first))]
    return first if len(set(values.values())) == 1 else {_KEY: dict(values)}


def in_language(value: Any, language: str) -> Any:
    """Return what was merged in one language.

    Raises `LookupError` or `TypeError` if something else than a text has several languages.
    """
    if isinstance(value, dict) and value.keys() == {_KEY}:
        if not all(isinstance(text, str) for text in value[_KEY].values()):
            raise TypeError
        return value[_KEY][language]
    if isinstance(value, dict):
        return {name: in_language(item, language) for name, item in value.items()}
    if isinstance(value, list):
        return [in_language(item, language) for item in value]
    return value
