"""JSON values as values of GDB/MI, which has strings, lists and tuples only."""

from __future__ import annotations

from collections.abc import Callable, Mapping

__all__ = ["mi_value"]

_BY_KEY_OF_PROGRAM = "labels"  # an object with keys that the program has chosen


def mi_value(value: object, text: Callable[[str], str] = str) -> object:
    """Return a JSON value as strings, lists and mappings.

    Numbers are decimal, booleans "true" and "false". A null is left out of an object, as MI leaves
    out what does not exist, and is "null" in a list. Keys must be names in MI, so an object with
    other keys, `labels`, is a list of {key, value}. `text` is applied to all strings.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return text(value)
        case list():
            return [mi_value(each, text) for each in value]
        case dict():
            return {
                key: _pairs(each, text) if key == _BY_KEY_OF_PROGRAM else mi_value(each, text)
                for key, each in value.items()
                if each is not None
            }
    return str(value)


def _pairs(labels: object, text: Callable[[str], str]) -> object:
    """Return labels as pairs, or why they cannot be read."""
    if isinstance(labels, Mapping):
        return [{"key": text(key), "value": text(value)} for key, value in labels.items()]
    return mi_value(labels, text)
