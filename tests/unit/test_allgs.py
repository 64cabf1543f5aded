"""allgs in hand-made memory: single gs, columns, and gs that cannot be read."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from gogdb.inferior.layout import Field, Struct
from gogdb.runtime.allgs import AllGs, GReader
from gogdb.runtime.model import G, GConstants
from tests.support import factories
from tests.support.recorded_memory import Image

# The words of a g that gogdb reads (runtime2.go); `ret` is in go1.24 and before
PATHS = (
    "stack.lo",
    "stack.hi",
    "stackguard0",
    "stackguard1",
    "m",
    "sched.sp",
    "sched.pc",
    "sched.g",
    "sched.ctxt",
    "sched.ret",
    "sched.lr",
    "sched.bp",
    "syscallsp",
    "syscallpc",
    "goid",
    "schedlink",
    "waitsince",
    "lockedm",
    "gopc",
    "startpc",
    "labels",
)
SMALL = {"atomicstatus": Field(168, 4, "uint"), "waitreason": Field(172, 1, "uint")}
WORDS = {path: Field(8 * at, 8, "uint") for at, path in enumerate(PATHS)}
LAYOUT = Struct("runtime.g", 176, WORDS | SMALL)
CONSTANTS = GConstants(factories.STATUSES, ("", "select"))
SLOT = 176  # a size class of the heap (sizeclasses.go)
HEAP = 0xC000_0000_0000


def memory_of(number: int, address: int) -> bytes:
    words = [1000 * number + at for at in range(len(PATHS))]
    words[PATHS.index("sched.g")] = address
    return struct.pack("<21QIB3x", *words, 4, 1).ljust(SLOT, b"\xee")


def g_of(number: int, address: int) -> G:
    word = {path: 1000 * number + at for at, path in enumerate(PATHS)}
    word["sched.g"] = address
    values: dict[str, Any] = {path.replace(".", "_"): value for path, value in word.items()}
    return G(
        address=address,
        system_name="",
        constants=CONSTANTS,
        unreadable="",
        syscallbp=None,
        atomicstatus=4,
        waitreason_code=1,
        parent_goid=None,
        waiting=None,
        bubble=None,
        **values,
    )


def allgs(count: int, slot: int = SLOT, hole: range = range(0)) -> tuple[Image, AllGs, list[int]]:
    """Return `count` gs every `slot` bytes; those in `hole` cannot be read."""
    addresses = [HEAP + slot * n for n in range(count)]
    if slot == SLOT and not hole:
        image = Image({HEAP: b"".join(map(memory_of, range(count), addresses))})
    else:
        image = Image({at: memory_of(n, at) for n, at in enumerate(addresses) if n not in hole})
    return image, AllGs(image, GReader(LAYOUT, CONSTANTS), addresses), addresses


@pytest.mark.parametrize("slot", [SLOT, 8 * SLOT])
def test_columns_equal_the_fields_of_single_gs(slot: int) -> None:
    _, gs, addresses = allgs(400, slot)
    expected = [g_of(n, at) for n, at in enumerate(addresses)]
    assert list(gs) == expected
    assert gs[-1] == expected[-1]
    for field in G._fields:
        column = [value for batch in gs.batches() for value in batch.column(field)]
        assert column == [getattr(g, field) for g in expected]


def test_adjacent_gs_are_read_in_one_piece() -> None:
    image, gs, _ = allgs(1000)
    assert len(list(gs)) == 1000
    assert image.reads == 2  # two batches: the first is small


def test_unreadable_gs_among_readable_ones() -> None:
    _, gs, addresses = allgs(600, hole=range(300, 302))
    read = list(gs)
    for number, (g, at) in enumerate(zip(read, addresses, strict=True)):
        if number in (300, 301):
            assert g.unreadable == f"cannot read 176 bytes at {at:#x}"
            assert g == GReader(LAYOUT, CONSTANTS).unreadable(at)
        else:
            assert g == g_of(number, at)
    for field in G._fields:
        column = [value for batch in gs.batches() for value in batch.column(field)]
        assert column == [getattr(g, field) for g in read]


def test_corrupt_allgs() -> None:
    """Addresses are at distances that no size class of the heap has."""
    addresses = [HEAP + (LAYOUT.size + 7) * n for n in range(300)]
    gs = AllGs(Image({HEAP: bytes(1 << 16)}), GReader(LAYOUT, CONSTANTS), addresses)
    assert [g.address for g in gs] == addresses
    assert [n for batch in gs.batches() for n in batch.column("goid")] == [0] * 300


def test_unreadable_memory_after_the_last_g() -> None:
    addresses = [HEAP, HEAP + SLOT]
    image = Image({HEAP: b"".join(map(memory_of, range(2), addresses))[: SLOT + LAYOUT.size]})
    gs = AllGs(image, GReader(LAYOUT, CONSTANTS), addresses)
    assert list(gs) == [g_of(0, HEAP), g_of(1, HEAP + SLOT)]


def test_what_is_no_g_says_so() -> None:
    image, _, addresses = allgs(300)
    lost = PATHS.index("sched.g") * 8
    status = struct.pack("<I", 77)
    for number, data in ((270, bytes(8)), (271, struct.pack("<Q", 5))):
        image = image.changed(addresses[number] + lost, data)
    image = image.changed(addresses[271] + SMALL["atomicstatus"].offset, status)
    read = list(AllGs(image, GReader(LAYOUT, CONSTANTS), addresses))
    assert read[270] == g_of(270, addresses[270])._replace(sched_g=0)
    stack = "the stack 0x42298 to 0x42299"
    assert read[271].unreadable == f"no g is there: sched.g is 0x5, the status 77, {stack}"
    assert [g for g in read if g.unreadable] == [read[271]]


def test_gs_after_many_that_are_none_are_not_tried() -> None:
    image, addresses = Image({HEAP: bytes(64)}), [HEAP + SLOT * n for n in range(50_000)]
    gs = AllGs(image, GReader(LAYOUT, CONSTANTS), addresses)
    read = list(gs)
    assert [g.address for g in read] == addresses
    assert len({g.unreadable for g in read if g.unreadable.startswith("not tried: ")}) == 1
    assert all(g.unreadable for g in read)
    assert image.reads < 50_000
    column = [why for batch in gs.batches() for why in batch.column("unreadable")]
    assert column == [g.unreadable for g in read]


def test_goids_are_read_once() -> None:
    """However many goroutines are selected one after another."""
    image, gs, _ = allgs(1500)
    goid = PATHS.index("goid")
    assert len(list(gs.with_goid(1_000 + goid))) == 1
    reads = image.reads
    for number in range(100):
        assert len(list(gs.with_goid(number * 1_000 + goid))) == 1
    assert image.reads == reads + 100  # each of them, alone


def test_lookup_by_address_goid_and_stack() -> None:
    _, gs, addresses = allgs(1500)
    assert gs.find(addresses[1234]) == g_of(1234, addresses[1234])
    assert gs.find(addresses[1234] + 8) is None
    goid = PATHS.index("goid")
    assert list(gs.with_goid(1_234_000 + goid)) == [g_of(1234, addresses[1234])]
    assert list(gs.with_goid(7)) == []
    # its made-up stack is from word 0 to word 1
    assert gs.on_stack(1_234_000) == g_of(1234, addresses[1234])
    assert gs.on_stack(1_234_500) is None
    assert gs.containing(addresses[3] + 100, SLOT) == g_of(3, addresses[3])
