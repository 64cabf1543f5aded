"""Finding heap objects in memory that is assembled here."""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any

from gogdb.errors import GogdbError
from gogdb.inferior.layout import TypeNode, flatten
from gogdb.runtime.heap import Heap, HeapObject
from tests.support.recorded_memory import Image

WORD, BYTE = TypeNode("uint", 8), TypeNode("uint", 1)
MHEAP, ARENAS, ARENA, SPANS = 0x500000, 0x7000_0000_0000, 0x7100_0000_0000, 0x600000
HERE = 0xC0_0000_0000  # start of Go's heap on linux/amd64, up to Go 1.25
INDEX = (HERE + 0x8000_0000_0000) // (64 << 20)  # of its arena: arenaIndex in mheap.go

LAYOUTS = {
    "runtime.mheap": TypeNode("struct", 24, (("arenas", 16, WORD),)),
    "runtime.heapArena": TypeNode("struct", 72, (("spans", 8, WORD),)),
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


class Reader:
    """The methods of RuntimeReader that Heap calls."""

    def __init__(self, image: Image, missing: str = "") -> None:
        self.target = image
        self._missing = missing

    def layout(self, name: str) -> Any:
        if name == self._missing:
            raise GogdbError(f"no layout of {name}")
        return flatten(name, LAYOUTS[name])

    def address(self, name: str) -> int:
        assert name == "runtime.mheap_"
        return MHEAP

    def word(self, address: int) -> int:
        return int.from_bytes(self.target.read(address, 8), "little")


def span(start: int, pages: int, size: int, state: int) -> bytes:
    return struct.pack("<QQQB7x", start, pages, size, state)


def heap(missing: str = "") -> Heap:
    spans = [
        span(HERE, 1, 48, 1),
        span(HERE + 8192, 4, 0, 2),  # stacks
        span(HERE + 5 * 8192, 1, 48, 0),  # free
    ]
    pages = [SPANS, *[SPANS + 32] * 4, SPANS + 64, 0]
    image = Image(
        {
            MHEAP: struct.pack("<QQQ", 0, 0, ARENAS),
            ARENAS + 8 * INDEX: struct.pack("<Q", ARENA),
            ARENA + 8: struct.pack("<7Q", *pages),
            SPANS: b"".join(spans),
        }
    )
    reader: Any = Reader(image, missing)
    return Heap(reader)


def test_object_that_an_address_is_in() -> None:
    objects = heap()
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


def test_no_objects_without_layouts() -> None:
    assert heap(missing="runtime.heapArena").object(HERE) is None


def test_no_objects_before_mallocinit() -> None:
    reader: Any = SimpleNamespace(
        layout=lambda name: flatten(name, LAYOUTS[name]),
        address=lambda name: MHEAP,
        word=lambda address: 0,
        target=Image({}),
    )
    assert Heap(reader).object(HERE) is None
