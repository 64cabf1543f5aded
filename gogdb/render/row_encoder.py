"""The text of many JSON rows that share few forms: a form is encoded once, and then filled in."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, NamedTuple

from gogdb.memo import Bounded, Memo
from gogdb.render.json import text_of
from gogdb.view.doc.json_rows import Hole, Offset, RowBatch

__all__ = ["RowEncoder"]

_QUOTED = {Hole.ADDRESS, Hole.NAME}
_MAX_FORMS = 4096  # remembered, of some KB each
_CHUNK = 1 << 17  # bytes, about; beyond it malloc asks the kernel for each text

# Rows of one form whose bases have the same low digits have the same text but for the upper digits
# of their addresses. Stacks are allocated in powers of two, so their low digits are few.
_BITS = 16
_LOW = (1 << _BITS) - 1


class _Form(NamedTuple):
    """A form as text: `leads` before each hole, and after the last hole `texts` around the offsets.

    There is one text more than there are `offsets`.
    """

    leads: Sequence[str]
    texts: Sequence[str]
    offsets: Sequence[int]


class RowEncoder:
    """Encodes rows in JSON; `form` returns the form that belongs to a key."""

    def __init__(self, form: Callable[[Any], Mapping[str, object]]) -> None:
        self._forms: Memo[Any, _Form] = Memo(lambda key: _compile(form(key)), _MAX_FORMS)
        self._cut: Bounded[tuple[Hashable, int], list[str]] = Bounded(_MAX_FORMS)

    def encode(self, rows: RowBatch) -> Iterator[str]:
        """Yield the rows as text, in chunks of some rows, separated by a comma and a newline."""
        keys = list(rows.forms)
        if not keys:
            return
        forms = list(map(self._forms.__getitem__, keys))
        leads = zip(*(form.leads for form in forms), strict=True)
        values = (_printed(hole, column) for hole, column in rows.holes)
        columns = list(chain.from_iterable(zip(leads, values, strict=True)))
        if rows.bases is None:
            columns.append([text for _, (text,), _ in forms])
        else:
            columns.append(list(map(self._tail, keys, forms, rows.bases)))
        texts = map("".join, zip(*columns, strict=True))
        for first in texts:
            more = islice(texts, _CHUNK // len(first))
            yield ",\n".join([first, *more])

    def _tail(self, key: Hashable, form: _Form, base: int) -> str:
        """Return the text after the last hole, with the offsets added to `base`."""
        place = key, base & _LOW
        parts = self._cut.get(place)
        if parts is None:
            parts = _cut(form, base)
            if parts is None:
                rest = zip(form.offsets, form.texts[1:], strict=True)
                addresses = (f'"{base + offset:#x}"{text}' for offset, text in rest)
                return form.texts[0] + "".join(addresses)
            self._cut[place] = parts
        return f"{base >> _BITS:x}".join(parts)


def _printed(hole: Hole, column: Iterable[Any]) -> Iterable[str]:
    match hole:
        case Hole.ADDRESS:
            return map(hex, column)
        case Hole.NUMBER:
            return map(str, column)
        case Hole.NUMBER_OR_NULL:
            return [str(value) if value else "null" for value in column]
        case Hole.NAME:
            return column
        case Hole.VALUE:
            return ["null" if value is None else text_of(value) for value in column]


def _compile(form: Mapping[str, object]) -> _Form:
    leads, texts, offsets = list[str](), [""], list[int]()
    for piece in _pieces(form):
        if isinstance(piece, str):
            texts[-1] += piece
        elif isinstance(piece, Offset):
            offsets.append(piece.bytes)
            texts.append("")
        elif offsets:
            raise ValueError("a hole after an offset")
        else:
            quote = '"' if piece in _QUOTED else ""
            leads.append(texts[-1] + quote)
            texts[-1] = quote
    return _Form(leads, texts, offsets)


def _pieces(value: object) -> Iterator[str | Hole | Offset]:
    """Yield the JSON text of a form, cut at its holes and offsets."""
    if isinstance(value, Hole | Offset):
        yield value
    elif isinstance(value, Mapping):
        for index, (key, entry) in enumerate(value.items()):
            yield f"{', ' if index else '{'}{text_of(key)}: "
            yield from _pieces(entry)
        yield "}" if value else "{}"
    elif isinstance(value, list | tuple):
        for index, entry in enumerate(value):
            yield ", " if index else "["
            yield from _pieces(entry)
        yield "]" if value else "[]"
    else:
        yield text_of(value)


def _cut(form: _Form, base: int) -> list[str] | None:
    """Return the text after the last hole, cut wherever the upper digits of an address are.

    None if the addresses have different upper digits, or none.
    """
    upper = base >> _BITS
    if not upper or any(base + offset >> _BITS != upper for offset in form.offsets):
        return None
    parts = [form.texts[0]]
    for offset, text in zip(form.offsets, form.texts[1:], strict=True):
        parts[-1] += '"0x'
        parts.append(f'{base + offset & _LOW:04x}"{text}')
    return parts
