"""Finding heap objects in memory that is assembled here."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from gogdb.errors import GogdbError
from gogdb.inferior.layout import TypeNode, flatten
from gogdb.runtime.goversion import HEAP_ARENA_SPANS
from gogdb.runtime.heap import Heap, HeapObject
from gogdb.runtime.symtab import Function
from tests.support.recorded_memory import Image

WORD, BYTE = TypeNode("uint", 8), TypeNode("uint", 1)
PLACE, ARENAS, ARENA, SPANS = 0x500000, 0x7000_0000_0000, 0x7100_0000_0000, 0x600000
HERE = 0xC0_0000_0000  # start of Go's heap on linux/amd64, up to Go 1.25
INDEX = (HERE + 0x8000_0000_0000) // (64 << 20)  # of its arena: arenaIndex in mheap.go

LAYOUTS = {
    "runtime.mspan": TypeNode(
        "struct",
        32,
        (
            ("startAddr", 0, WORD),
            ("npages", 8, WORD),
            ("elemsize", 16, WORD),
            ("state", 24, TypeNode("struct", 1, (("s", 0, BYTE),))),
        ),
    ),
}


CODE = 0x401000


class Reader:
    """The methods of RuntimeReader that Heap calls."""

    def __init__(self, image: Image, missing: str = "") -> None:
        self.target = image
        self._missing = missing

    def layout(self, name: str) -> Any:
        if name == self._missing:
            raise GogdbError(f"no layout of {name}")
        return flatten(name, LAYOUTS[name])

    def word(self, address: int) -> int:
        return int.from_bytes(self.target.read(address, 8), "little")


class Functions:
    """A `SymbolTable` of one function."""

    def __init__(self, name: str, size: int) -> None:
        self._function = Function(name, CODE, CODE + size, False, False, False, 0)

    def lookup(self, name: str) -> Function | None:
        return self._function if name == self._function.name else None


def load(address: int, at: int) -> bytes:
    """Return MOVQ address(RIP), AX, an instruction at `at`."""
    return b"\x48\x8b\x05" + struct.pack("<i", address - (at + 7))


def span(start: int, pages: int, size: int, state: int) -> bytes:
    return struct.pack("<QQQB7x", start, pages, size, state)


def heap(missing: str = "", spans_at: int = 0, user: str = "runtime.findObject") -> Heap:
    spans = [
        span(HERE, 1, 48, 1),
        span(HERE + 8192, 4, 0, 2),  # stacks
        span(HERE + 5 * 8192, 1, 48, 0),  # free
    ]
    pages = [SPANS, *[SPANS + 32] * 4, SPANS + 64, 0]
    code = load(PLACE, CODE)
    image = Image(
        {
            CODE: code,
            PLACE: struct.pack("<Q", ARENAS),
            ARENAS + 8 * INDEX: struct.pack("<Q", ARENA),
            ARENA: b"\xff" * 64,  # the bitmap of older releases
            ARENA + spans_at: struct.pack("<7Q", *pages),
            SPANS: b"".join(spans),
        }
    )
    return make(Reader(image, missing), user, len(code))


def make(reader: Any, user: str = "runtime.findObject", size: int = 7) -> Heap:
    functions: Any = Functions(user, size)
    return Heap(reader, functions)


@pytest.mark.parametrize("user", ["runtime.findObject", "runtime.spanOf"])
@pytest.mark.parametrize("spans_at", HEAP_ARENA_SPANS)
def test_object_that_an_address_is_in(spans_at: int, user: str) -> None:
    objects = heap(spans_at=spans_at, user=user)
    assert objects.object(HERE) == HeapObject(HERE, 48, False)
    assert objects.object(HERE + 47) == HeapObject(HERE, 48, False)
    assert objects.object(HERE + 100) == HeapObject(HERE + 96, 48, False)
    assert objects.object(HERE + 2 * 8192 + 5) == HeapObject(HERE + 8192, 4 * 8192, True)


def test_addresses_of_no_object() -> None:
    objects = heap()
    assert objects.object(HERE + 5 * 8192) is None
    assert objects.object(HERE + 6 * 8192) is None
    assert objects.object(HERE + 7 * 8192) is None  # its entry in the arena cannot be read
    assert objects.object(HERE - 1) is None
    assert objects.object(0) is None
    assert objects.object(2**64 - 1) is None
    assert objects.object(0x8000_0000_0000) is None  # not canonical


def test_a_span_elsewhere_is_not_believed() -> None:
    """The index leads to a span that does not contain the address."""
    assert heap().object(HERE + 8192 * 4 + 8191) is not None
    moved = heap(spans_at=8)  # as if each span were of the page before
    assert moved.object(HERE + 8192) is None


def test_no_objects_without_what_they_are_found_by() -> None:
    assert heap(missing="runtime.mspan").object(HERE) is None
    assert heap(user="runtime.other").object(HERE) is None


def test_no_objects_if_the_code_loads_several_words() -> None:
    code = load(PLACE, CODE) + load(PLACE + 8, CODE + 7)
    image = Image({CODE: code, PLACE: struct.pack("<QQ", ARENAS, 0)})
    assert make(Reader(image), size=len(code)).object(HERE) is None


def test_no_objects_before_mallocinit() -> None:
    image = Image({CODE: load(PLACE, CODE), PLACE: bytes(8)})
    assert make(Reader(image)).object(HERE) is None
