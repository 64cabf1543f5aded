"""JSON as a stream: one row a line, written as it is made.

The text is one valid JSON value in ASCII with a newline at the end. The
outermost object or list has one entry a line, and so has every list right
inside the outermost object: `{"gs": [` and then a goroutine a line, which grep
can work with and which never stands in memory as a whole.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from gogdb.view.doc.json_rows import Rows

__all__ = ["dump"]


def dump(
    value: object, write: Callable[[Any], object], encode: Callable[[str], Any] | None = None
) -> None:
    """Write `value`: mappings, lists and other iterables, strings, numbers, booleans, None.

    Text is written, or with `encode` what that makes of it. The outer iterables are read
    while writing; a function right inside the outermost object is called when its turn comes.
    Entries of `Rows` are JSON already and taken as they are, and Ctrl-C is their end. A lone
    surrogate in a string comes out as its escape. What JSON has not is an error: NaN and
    infinity (ValueError), any other object (TypeError).
    """
    # Not by a loop of Python's, which Ctrl-C could end between two chunks
    pieces: Iterator[Any] = chain(_outer(value), ["\n"])
    deque(map(write, map(encode, pieces) if encode else pieces), maxlen=0)


def _outer(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        return _entries("{}", ((f"{_text(str(key))}: ", _rows(v)) for key, v in value.items()))
    return _rows(value)


def _rows(value: object) -> Iterator[str]:
    if callable(value):
        value = value()
    if isinstance(value, Rows):
        return _batches(value)
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        return _entries("[]", (("", iter([_text(row)])) for row in value))
    return iter([_text(value)])


def _entries(brackets: str, entries: Iterable[tuple[str, Iterator[str]]]) -> Iterator[str]:
    """`entries` between brackets, each on a line of its own."""
    before, end = brackets[0] + "\n", brackets
    for name, chunks in entries:
        yield before + name
        yield from chunks
        before, end = ",\n", "\n" + brackets[1]
    yield end


def _batches(rows: Rows) -> Iterator[str]:
    between, end = "\n", "]"
    yield "["
    try:
        for texts in rows.batches:
            if texts:
                chunk, between, end = between + ",\n".join(texts), ",\n", "\n]"
                yield chunk
    except KeyboardInterrupt:
        rows.stop()
    yield end


def _plain(value: object) -> object:
    """What the encoder does not know by itself."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


_text = json.JSONEncoder(allow_nan=False, default=_plain).encode
