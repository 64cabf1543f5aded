"""Find the object of Go's heap that contains an address, by the runtime's own index of arenas.

Follows `spanOf` (mheap.go): arena, page, span, object. Where the index is, its code tells: in every
build it loads one word, `mheap_.arenas[0]`. The descriptors of the types of `mheap` and `heapArena`
are not in a program, because the runtime allocates neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.layout import View
from gogdb.inferior.memory import WORD_MASK
from gogdb.runtime.goversion import HEAP_ARENA_SPANS
from gogdb.runtime.reader import RuntimeReader
from gogdb.runtime.symtab import SymbolTable

__all__ = ["Heap", "HeapObject"]

_USERS = ("runtime.findObject", "runtime.spanOf")  # into the first, the second may be inlined

# malloc.go, on 64-bit Linux: heapArenaBytes, 1 << arenaBits, pageSize
_ARENA_SIZE = 64 << 20  # bytes
_ARENAS = 1 << 22
_PAGE = 8192  # bytes

_IN_USE, _MANUAL = 1, 2  # mSpanState: with objects of the heap; with stacks and the like


class HeapObject(NamedTuple):
    """The memory of one object, which may be free or in use."""

    start: int
    size: int  # bytes
    manual: bool  # a whole span that the runtime manages itself, for stacks for example


class Heap:
    """The heap at one stop; each page is looked up once."""

    def __init__(self, reader: RuntimeReader, functions: SymbolTable) -> None:
        self._reader = reader
        self._spans: dict[int, HeapObject | None] = {}
        self._offsets: Sequence[int] = HEAP_ARENA_SPANS
        try:
            self._span = reader.layout("runtime.mspan")
            place = _arenas_place(reader, functions)
            self._arenas = reader.word(place) if place else 0
        except GogdbError:
            self._arenas = 0  # every address is outside the heap

    def object(self, address: int) -> HeapObject | None:
        """Return the object that contains `address`, None outside the heap and in free spans."""
        page = address // _PAGE
        if page not in self._spans:
            try:
                self._spans[page] = self._span_of(address)
            except Unreadable:
                self._spans[page] = None
        span = self._spans[page]
        if span is None or span.manual:
            return span
        size = span.size
        return HeapObject(span.start + (address - span.start) // size * size, size, False)

    def _span_of(self, address: int) -> HeapObject | None:
        """Return the span that contains `address`, as an object with the size of its elements."""
        index, inside = divmod(
            (address - self._reader.target.arch.arena_base) & WORD_MASK, _ARENA_SIZE
        )
        if not self._arenas or index >= _ARENAS:  # no arenas before mallocinit
            return None
        arena = self._reader.word(self._arenas + 8 * index)
        if not arena:
            return None
        for offset in self._offsets:
            view = self._span_at(arena + offset + inside // _PAGE * 8, address)
            if view:
                self._offsets = (offset,)
                return _object(view)
        return None

    def _span_at(self, place: int, address: int) -> View | None:
        """Return the span whose address is at `place` if it contains `address`, otherwise None."""
        try:
            span = self._reader.word(place)
            view = self._span.view(self._reader.target.read(span, self._span.size))
        except Unreadable:
            return None
        start = view["startAddr"]
        return view if start <= address < start + view["npages"] * _PAGE else None


def _object(span: View) -> HeapObject | None:
    start, state, size = span["startAddr"], span["state"], span["elemsize"]
    if state == _IN_USE and size:
        return HeapObject(start, size, False)
    if state == _MANUAL:
        return HeapObject(start, span["npages"] * _PAGE, True)
    return None


def _arenas_place(reader: RuntimeReader, functions: SymbolTable) -> int:
    """Return the address of `mheap_.arenas[0]`, 0 if the code does not tell it.

    Raises `Unreadable`.
    """
    for name in _USERS:
        if function := functions.lookup(name):
            code = reader.target.read(function.entry, function.end - function.entry)
            uses = reader.target.arch.references(code, function.entry)
            words = {use.target for use in uses if use.kind == "load" and use.size == 8}
            if len(words) == 1:
                return words.pop()
    return 0
