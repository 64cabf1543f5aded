"""The text of many JSON rows that share few forms: a form is encoded once, and then filled in."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

from gogdb.render.json import text_of
from gogdb.render.memo import Memo
from gogdb.view.doc.json_rows import Hole, Offset, RowBatch

__all__ = ["RowEncoder"]

_FORMATS = {
    Hole.NUMBER: "%d",
    Hole.NUMBER_OR_NULL: "%s",
    Hole.ADDRESS: '"%#x"',
    Hole.NAME: '"%s"',
}
_MAX_FORMS = 4096  # remembered, of some KB each
_CHUNK = 1 << 17  # bytes, about; beyond it malloc asks the kernel for each text

# Rows of one form whose bases have the same low digits have the same text but for the upper digits
# of their addresses. Stacks are allocated in powers of two, so their low digits are few.
_BITS = 16
_LOW = (1 << _BITS) - 1


class _Form(NamedTuple):
    """A form as text: a printf format up to its last hole, and texts with an offset between each.

    The format is short, because `%` looks at each of its characters for every row.
    """

    format: str
    texts: Sequence[str]
    offsets: Sequence[int]


class RowEncoder:
    """Encodes rows in JSON; `form` returns the form that belongs to a key."""

    def __init__(self, form: Callable[[Any], Mapping[str, object]]) -> None:
        self._forms: Memo[Any, _Form] = Memo(lambda key: _compile(form(key)), _MAX_FORMS)
        self._cut: dict[tuple[Hashable, int], tuple[str, list[str]]] = {}

    def encode(self, rows: RowBatch) -> Iterator[str]:
        """Yield the rows as text, in chunks of some rows, separated by a comma and a newline."""
        values = zip(*(_printable(hole, column) for hole, column in rows.holes), strict=True)
        if rows.bases is None:
            forms = map(self._forms.__getitem__, rows.forms)
            pairs = zip(forms, values, strict=True)
            texts = iter([format % row + text for (format, (text,), _), row in pairs])
        else:
            texts = self._with_offsets(rows.forms, values, rows.bases)
        for first in texts:
            more = islice(texts, _CHUNK // len(first))
            yield ",\n".join([first, *more])

    def _with_offsets(
        self, keys: Iterable[Hashable], values: Iterable[tuple[Any, ...]], bases: Sequence[int]
    ) -> Iterator[str]:
        places = zip(keys, map(_LOW.__and__, bases), strict=True)
        for place, row, base in zip(places, values, bases, strict=True):
            cut = self._cut.get(place)
            if cut is None:
                form = self._forms[place[0]]
                parts = _cut(form, base)
                if parts is None:
                    yield form.format % row + _filled(form, base)
                    continue
                if len(self._cut) >= _MAX_FORMS:
                    self._cut.clear()
                cut = self._cut[place] = form.format, parts
            format, parts = cut
            yield format % row + f"{base >> _BITS:x}".join(parts)


def _printable(hole: Hole, column: Iterable[int | str]) -> Iterable[object]:
    return [value or "null" for value in column] if hole is Hole.NUMBER_OR_NULL else column


def _compile(form: Mapping[str, object]) -> _Form:
    format, texts, offsets = "", [""], list[int]()
    for piece in _pieces(form):
        if isinstance(piece, str):
            texts[-1] += piece
        elif isinstance(piece, Offset):
            offsets.append(piece.bytes)
            texts.append("")
        elif offsets:
            raise ValueError("a hole after an offset")
        else:
            format += texts[-1].replace("%", "%%") + _FORMATS[piece]
            texts[-1] = ""
    return _Form(format, texts, offsets)


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
    """Return the text after the format, cut wherever the upper digits of an address are.

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


def _filled(form: _Form, base: int) -> str:
    rest = zip(form.offsets, form.texts[1:], strict=True)
    return form.texts[0] + "".join(f'"{base + offset:#x}"{text}' for offset, text in rest)
