"""The text of many JSON rows that share few forms: a form is encoded once, and then filled in."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from json import JSONEncoder
from typing import Any

from gogdb.memo import Bounded, Memo
from gogdb.render.json import SEPARATOR, plain, text_of
from gogdb.view.doc.json_rows import Hole, Offset, RowBatch

__all__ = ["RowEncoder"]

_QUOTED = {Hole.ADDRESS, Hole.NAME}
_MAX_FORMS = 4096  # remembered, of some KB each
_MAX_KINDS = 4  # of batches, by what is the same in all of their rows
_VARIED = object()
_CHUNK = 1 << 17  # bytes, about; beyond it malloc asks the kernel for each text

# Rows of one form whose bases have the same low digits have the same text but for the upper digits
# of their addresses. Stacks are allocated in powers of two, so their low digits are few.
_BITS = 16
_LOW = (1 << _BITS) - 1


class _Form:
    """A form as text: the texts `around` its holes, then its `offsets` and the texts `behind` them.

    There is one text more around the holes than there are holes. The first one begins with the
    separator.
    """

    def __init__(
        self, around: Sequence[str], offsets: Sequence[int], behind: Sequence[str]
    ) -> None:
        self.around = around
        self.offsets = offsets
        self.behind = behind


class RowEncoder:
    """Encodes rows in JSON; `form` returns the form that belongs to a key."""

    def __init__(self, form: Callable[[Any], Mapping[str, object]]) -> None:
        self._forms: Memo[Any, _Form] = Memo(lambda key: _compile(form(key)), _MAX_FORMS)
        self._cut: Bounded[tuple[_Form, int], list[str]] = Bounded(_MAX_FORMS)
        self._by_varied: Memo[tuple[object, ...], Memo[Any, _Form]] = Memo(self._lookup, _MAX_KINDS)

    def encode(self, rows: RowBatch) -> Iterator[str]:
        """Yield the rows as text, in chunks of some rows, with a separator before each row."""
        if not rows.keys[0]:
            return
        forms = self._forms_of(rows.keys)
        *leads, tails = zip(*[form.around for form in forms], strict=True)
        values = (_printed(hole, column) for hole, column in rows.holes)
        columns: list[Iterable[str]] = [*chain.from_iterable(zip(leads, values, strict=True))]
        columns.append(tails if rows.bases is None else map(self._tail, forms, rows.bases))
        width = len(columns)
        texts = chain.from_iterable(zip(*columns, strict=True))
        while first := list(islice(texts, width)):
            more = islice(texts, _CHUNK // sum(map(len, first)) * width)
            yield "".join(chain(first, more))

    def _forms_of(self, keys: Sequence[Sequence[Hashable]]) -> list[_Form]:
        """Return the form of each row, whose key is one element of each column.

        Most columns have one value in a batch: only the others are hashed for each row.
        """
        count = len(keys[0])
        kind = tuple(c[0] if c.count(c[0]) == count else _VARIED for c in keys)
        forms = self._by_varied[kind]
        varied = [column for column, value in zip(keys, kind, strict=True) if value is _VARIED]
        if not varied:
            return [forms[()]] * count
        return list(map(forms.__getitem__, zip(*varied, strict=True)))

    def _lookup(self, kind: tuple[object, ...]) -> Memo[Any, _Form]:
        """Return what finds a form by the values that stand for `_VARIED` in a key."""

        def form(varied: tuple[Hashable, ...]) -> _Form:
            values = iter(varied)
            return self._forms[tuple(next(values) if v is _VARIED else v for v in kind)]

        return Memo(form, _MAX_FORMS // _MAX_KINDS)

    def _tail(self, form: _Form, base: int) -> str:
        """Return the text after the last hole, with the offsets added to `base`."""
        place = form, base & _LOW
        parts = self._cut.get(place)
        if parts is None:
            parts = _cut(form, base)
            if parts is None:
                rest = zip(form.offsets, form.behind, strict=True)
                addresses = (f'"{base + offset:#x}"{text}' for offset, text in rest)
                return form.around[-1] + "".join(addresses)
            self._cut[place] = parts
        return f"{base >> _BITS:x}".join(parts)


def _printed(hole: Hole, column: Sequence[Any]) -> Iterable[str]:
    match hole:
        case Hole.ADDRESS:
            return map(hex, column)
        case Hole.NUMBER:
            return map(str, column)
        case Hole.NUMBER_OR_NULL:
            if all(column):
                return map(str, column)
            return [str(value) if value else "null" for value in column]
        case Hole.NAME:
            return column
        case Hole.VALUE:
            return ["null" if value is None else text_of(value) for value in column]


def _compile(form: Mapping[str, object]) -> _Form:
    first, *marked = _text_with_marks(form).split(f'"{_MARK}')
    around, offsets, behind = [SEPARATOR + first], list[int](), list[str]()
    for piece in marked:
        mark, _, text = piece.partition('"')
        if mark not in Hole.__members__:
            offsets.append(int(mark))
            behind.append(text)
        elif offsets:
            raise ValueError("a hole after an offset")
        else:
            quote = '"' if Hole[mark] in _QUOTED else ""
            around[-1] += quote
            around.append(quote + text)
    return _Form(around, offsets, behind)


def _as_mark(value: object) -> object:
    """Return the string that stands for a hole or an offset in the text of a form.

    It begins with a lone high surrogate, which no text that is decoded from a program holds.
    """
    if isinstance(value, Hole):
        return f"\ud800{value.name}"
    return f"\ud800{value.bytes}" if isinstance(value, Offset) else plain(value)


_MARK = "\\ud800"  # in JSON
_text_with_marks = JSONEncoder(allow_nan=False, default=_as_mark).encode


def _cut(form: _Form, base: int) -> list[str] | None:
    """Return the text after the last hole, cut wherever the upper digits of an address are.

    None if the addresses have different upper digits, or none.
    """
    upper = base >> _BITS
    if not upper or any(base + offset >> _BITS != upper for offset in form.offsets):
        return None
    parts = [form.around[-1]]
    for offset, text in zip(form.offsets, form.behind, strict=True):
        parts[-1] += '"0x'
        parts.append(f'{base + offset & _LOW:04x}"{text}')
    return parts
