"""The text of many JSON rows that share few forms: a form is encoded once, and then filled in."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress, islice
from operator import not_
from typing import Any

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


@dataclass(frozen=True, eq=False)
class _Form:
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
        self._cut: Bounded[tuple[_Form, int], list[str]] = Bounded(_MAX_FORMS)

    def encode(self, rows: RowBatch) -> Iterator[str]:
        """Yield the rows as text, in chunks of some rows, separated by a comma and a newline."""
        if not rows.keys[0]:
            return
        forms = self._forms_of(rows.keys)
        leads = zip(*[form.leads for form in forms], strict=True)
        values = (_printed(hole, column) for hole, column in rows.holes)
        columns = list(chain.from_iterable(zip(leads, values, strict=True)))
        if rows.bases is None:
            columns.append([form.texts[0] for form in forms])
        else:
            columns.append(list(map(self._tail, forms, rows.bases)))
        texts = map("".join, zip(*columns, strict=True))
        for first in texts:
            more = islice(texts, _CHUNK // len(first))
            yield ",\n".join([first, *more])

    def _forms_of(self, keys: Sequence[Sequence[Hashable]]) -> list[_Form]:
        """Return the form of each row, whose key is one element of each column.

        Most columns have one value in most batches: only what varies is hashed for each row.
        """
        uniform = list(map(_is_uniform, keys))
        if all(uniform):
            return [self._forms[tuple(column[0] for column in keys)]] * len(keys[0])

        def form(varied: tuple[Hashable, ...]) -> _Form:
            values = iter(varied)
            columns = zip(keys, uniform, strict=True)
            return self._forms[tuple(c[0] if same else next(values) for c, same in columns)]

        varied = compress(keys, map(not_, uniform))
        return list(map(Memo(form, len(keys[0])).__getitem__, zip(*varied, strict=True)))

    def _tail(self, form: _Form, base: int) -> str:
        """Return the text after the last hole, with the offsets added to `base`."""
        place = form, base & _LOW
        parts = self._cut.get(place)
        if parts is None:
            parts = _cut(form, base)
            if parts is None:
                rest = zip(form.offsets, form.texts[1:], strict=True)
                addresses = (f'"{base + offset:#x}"{text}' for offset, text in rest)
                return form.texts[0] + "".join(addresses)
            self._cut[place] = parts
        return f"{base >> _BITS:x}".join(parts)


def _is_uniform(column: Sequence[Hashable]) -> bool:
    first = column[0]
    return first == column[-1] and column.count(first) == len(column)


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
