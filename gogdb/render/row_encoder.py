"""The text of many JSON rows that share few forms: a form is encoded once, and then filled in."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from itertools import islice
from operator import itemgetter, mod
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
_MAX_FORMS = 4096  # kept, of some KB each
_CHUNK = 1 << 17  # bytes in a chunk, about; for more, malloc asks the kernel each time

# Stacks of one shape lie at few places within 64 KiB, for they are allocated in powers of two:
# but for the upper digits of the addresses, their text is the same.
_BITS = 16
_LOW = (1 << _BITS) - 1


class _Form(NamedTuple):
    """A form as text: a printf format with all holes, then offsets, each with the text after it."""

    head: str
    offsets: tuple[tuple[int, str], ...]


class RowEncoder:
    """Encodes rows in JSON; `form` returns the form that belongs to a key."""

    def __init__(self, form: Callable[[Any], Mapping[str, object]]) -> None:
        self._forms: Memo[Any, _Form] = Memo(lambda key: _compile(form(key)), _MAX_FORMS)
        self._cut: dict[tuple[Hashable, int], tuple[str, list[str]]] = {}

    def encode(self, rows: RowBatch) -> Iterator[str]:
        """Yield the rows as text, in chunks of some rows, separated by a comma and a newline."""
        values = zip(*(_printable(hole, column) for hole, column in rows.holes), strict=True)
        texts: Iterator[str]
        if rows.bases is None:
            heads = map(itemgetter(0), map(self._forms.__getitem__, rows.forms))
            texts = map(mod, heads, values)
        else:
            texts = self._based(rows.forms, values, rows.bases)
        for first in texts:
            more = islice(texts, _CHUNK // len(first))
            yield ",\n".join([first, *more])

    def _based(
        self, keys: Iterable[Hashable], values: Iterable[tuple[Any, ...]], bases: Iterable[int]
    ) -> Iterator[str]:
        bases = list(bases)
        places = zip(keys, map(_LOW.__and__, bases), strict=True)
        for place, row, base in zip(places, values, bases, strict=True):
            cut = self._cut.get(place)
            if cut is None:
                form = self._forms[place[0]]
                cut = _cut(form, base)
                if cut is None:
                    yield form.head % row + _filled(form, base)
                    continue
                if len(self._cut) >= _MAX_FORMS:
                    self._cut.clear()
                self._cut[place] = cut
            head, parts = cut
            yield head % row + f"{base >> _BITS:x}".join(parts)


def _printable(hole: Hole, column: Iterable[int | str]) -> Iterable[object]:
    return [value or "null" for value in column] if hole is Hole.NUMBER_OR_NULL else column


def _compile(form: Mapping[str, object]) -> _Form:
    head, offsets = "", list[tuple[int, str]]()
    for piece in _pieces(form):
        if isinstance(piece, Offset):
            offsets.append((piece.bytes, ""))
        elif isinstance(piece, Hole):
            if offsets:
                raise ValueError("a hole after an offset")
            head += _FORMATS[piece]
        elif offsets:
            offsets[-1] = (offsets[-1][0], offsets[-1][1] + piece)
        else:
            head += piece.replace("%", "%%")
    return _Form(head, tuple(offsets))


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


def _cut(form: _Form, base: int) -> tuple[str, list[str]] | None:
    """Return the head, and the rest cut wherever the upper digits of an address stand.

    None when the addresses have different upper digits, or none.
    """
    upper = base >> _BITS
    if not upper or any(base + offset >> _BITS != upper for offset, _ in form.offsets):
        return None
    parts = [""]
    for offset, text in form.offsets:
        parts[-1] += '"0x'
        parts.append(f'{base + offset & _LOW:04x}"{text}')
    return form.head, parts


def _filled(form: _Form, base: int) -> str:
    return "".join(f'"{base + offset:#x}"{text}' for offset, text in form.offsets)
