"""JSON as a stream: rows are written as they are made, and never stand in memory as a whole.

The text is one valid JSON value in ASCII with a newline at the end. The outermost object has one
entry a line, and a list right inside it one row a line: `{"gs": [`, then a goroutine a line, which
grep can work with.

Ctrl-C raises KeyboardInterrupt wherever Python code runs, but not in C code and not in a `yield
from`. So the pieces are written by `deque` and `map`, and while rows are written the only Python
code that runs is what makes them: the query, which ends the list there. What follows the list is
written in one piece.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from itertools import chain, tee
from operator import ne
from typing import Any, NamedTuple

__all__ = ["SEPARATOR", "EncodedRows", "dump", "dump_object", "encode_rows", "plain", "text_of"]

SEPARATOR = ",\n"  # between rows, and between entries of the outermost object


class EncodedRows(NamedTuple):
    """A list whose rows are JSON text already: chunks of rows, a separator before each row."""

    chunks: Iterator[str]


def dump(
    value: object, write: Callable[[Any], object], encode: Callable[[str], Any] | None = None
) -> None:
    """Write `value`: mappings, lists and other iterables, strings, numbers, booleans, None.

    `encode` converts each piece of text before it is written; then `write` returns how many bytes
    it wrote. Outer iterables are read while writing. A lone surrogate in a string comes out as its
    escape. Raises ValueError for NaN and infinity, TypeError for an object of another kind, and
    OSError if `write` did not write all.
    """
    _write(_pieces(value), write, encode)


def dump_object(
    entries: Iterable[tuple[str, object]],
    write: Callable[[Any], object],
    encode: Callable[[str], Any] | None = None,
) -> None:
    """Write an object, whose entries are read one by one: the next when a list has been written.

    A value may be `EncodedRows`; else as in `dump`.
    """
    _write(_object(entries), write, encode)


def encode_rows(rows: Iterable[object]) -> Iterator[str]:
    """Return the text of each row, with a separator before it."""
    return map(SEPARATOR.__add__, map(text_of, rows))


def _write(
    pieces: Iterator[str], write: Callable[[Any], object], encode: Callable[[str], Any] | None
) -> None:
    if encode is None:
        deque(map(write, pieces), maxlen=0)
        return
    data, again = tee(map(encode, pieces))
    if any(map(ne, map(write, data), map(len, again))):
        write(encode(" "))  # raises an error that says why: the disk is full, for instance
        raise OSError("only a part was written")


def _pieces(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from _object((str(key), entry) for key, entry in value.items())
    elif _is_list(value):
        end = yield from _list("", value)
        yield end + "\n"
    else:
        yield text_of(value) + "\n"


def _object(entries: Iterable[tuple[str, object]]) -> Iterator[str]:
    text, between = "{", "\n"
    for key, value in entries:
        text += f"{between}{text_of(key)}: "
        between = SEPARATOR
        if _is_list(value):
            text = yield from _list(text, value)
        else:
            text += text_of(value)
    yield text + ("}\n" if text == "{" else "\n}\n")


def _is_list(value: object) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping)


def _list(before: str, rows: Any) -> Generator[str, None, str]:
    """Yield `before` and the rows, and return what comes after the last row."""
    chunks = rows.chunks if isinstance(rows, EncodedRows) else encode_rows(rows)
    first = next(chunks, None)
    if first is None:
        return f"{before}[]"
    yield from chain([f"{before}[{first[1:]}"], chunks)  # no comma before the first row
    return "\n]"


def plain(value: object) -> object:
    """Return what the encoder does not know by itself as something that it knows."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")


text_of = json.JSONEncoder(allow_nan=False, default=plain).encode
