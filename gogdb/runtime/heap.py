"""Which object of Go's heap an address is in, by the runtime's own index of its arenas.

The walk is that of `spanOf` (mheap.go): arena → page → span → object.
"""

from __future__ import annotations

from typing import NamedTuple

from gogdb.errors import GogdbError, Unreadable
from gogdb.runtime.reader import RuntimeReader

__all__ = ["Heap", "HeapObject"]

# malloc.go, of linux/amd64: the index of an arena counts from the bottom of the address space.
_ARENA_BYTES = 64 << 20
_ARENA_BASE = 0xFFFF_8000_0000_0000
_ARENAS = 1 << 22
_PAGE = 8192

_IN_USE, _MANUAL = 1, 2  # mSpanState: objects of the collector; stacks and the like


class HeapObject(NamedTuple):
    """The room of one object: `size` bytes at `start`; free or in use, that is not told.

    `manual`: a span that the runtime keeps for itself, as for stacks, and then all of it.
    """

    start: int
    size: int
    manual: bool


class Heap:
    """The heap at one stop; spans are looked up once."""

    def __init__(self, reader: RuntimeReader) -> None:
        self._reader = reader
        self._spans: dict[int, HeapObject | None] = {}
        try:
            self._span = reader.layout("runtime.mspan")
            in_arena = reader.layout("runtime.heapArena").offset("spans")
            mheap = reader.address("runtime.mheap_")
            arenas = reader.word(mheap + reader.layout("runtime.mheap").offset("arenas"))
        except GogdbError:
            arenas = in_arena = 0  # before mallocinit, or nothing tells where
        self._arenas, self._in_arena = arenas, in_arena

    def object(self, address: int) -> HeapObject | None:
        """The object that `address` is in, None outside the heap and in what is free of it."""
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
        """The span as an object: its start, and the size of its elements."""
        word = self._reader.word
        index, inside = divmod((address - _ARENA_BASE) % (1 << 64), _ARENA_BYTES)
        if not self._arenas or index >= _ARENAS:
            return None
        arena = word(self._arenas + 8 * index)
        span = word(arena + self._in_arena + inside // _PAGE * 8) if arena else 0
        if not span:
            return None
        view = self._span.view(self._reader.target.read(span, self._span.size))
        start, state, size = view["startAddr"], view["state"], view["elemsize"]
        if state == _IN_USE and size and start <= address:
            return HeapObject(start, size, False)
        if state == _MANUAL:
            return HeapObject(start, view["npages"] * _PAGE, True)
        return None
