"""Find the object of Go's heap that contains an address, by the runtime's own index of arenas.

Follows `spanOf` (mheap.go): arena, page, span, object.
"""

from __future__ import annotations

from typing import NamedTuple

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.memory import WORD_MASK
from gogdb.runtime.reader import RuntimeReader

__all__ = ["Heap", "HeapObject"]

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

    def __init__(self, reader: RuntimeReader) -> None:
        self._reader = reader
        self._spans: dict[int, HeapObject | None] = {}
        try:
            self._span = reader.layout("runtime.mspan")
            spans = reader.layout("runtime.heapArena").offset("spans")
            mheap = reader.address("runtime.mheap_")
            arenas = reader.word(mheap + reader.layout("runtime.mheap").offset("arenas"))
        except GogdbError:
            arenas = spans = 0  # no layouts: every address is outside the heap
        self._arenas, self._spans_offset = arenas, spans

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
        word, base = self._reader.word, self._reader.target.arch.arena_base
        index, inside = divmod((address - base) & WORD_MASK, _ARENA_SIZE)
        if not self._arenas or index >= _ARENAS:  # no arenas before mallocinit
            return None
        arena = word(self._arenas + 8 * index)
        span = word(arena + self._spans_offset + inside // _PAGE * 8) if arena else 0
        if not span:
            return None
        view = self._span.view(self._reader.target.read(span, self._span.size))
        start, state, size = view["startAddr"], view["state"], view["elemsize"]
        if state == _IN_USE and size and start <= address:
            return HeapObject(start, size, False)
        if state == _MANUAL:
            return HeapObject(start, view["npages"] * _PAGE, True)
        return None
