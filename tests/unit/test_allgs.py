"""allgs over memory made by hand: every g by itself, in columns, and with holes."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from gogdb.inferior.layout import Field, Struct
from gogdb.runtime.allgs import AllGs, GReader
from gogdb.runtime.model import G, GConstants
from tests.support import factories
from tests.support.recorded_memory import Image

# As in runtime2.go, but for fields that nobody reads; `ret` is of go1.24 and before
PATHS = (
    *("stack.lo", "stack.hi", "stackguard0", "stackguard1", "m"),
    *("sched.sp", "sched.pc", "sched.g", "sched.ctxt", "sched.ret", "sched.lr", "sched.bp"),
    *("syscallsp", "syscallpc", "goid", "schedlink", "waitsince", "lockedm", "gopc", "startpc"),
)
SMALL = {"atomicstatus": Field(160, 4, "uint"), "waitreason": Field(164, 1, "uint")}
WORDS = {path: Field(8 * at, 8, "uint") for at, path in enumerate(PATHS)}
LAYOUT = Struct("runtime.g", 168, WORDS | SMALL)
NAMES = GConstants(factories.STATUSES, ("", "select"))
SLOT = 176  # a size class of the heap (sizeclasses.go)
HEAP = 0xC000_0000_0000


def bytes_of(number: int) -> bytes:
    words = [1000 * number + at for at in range(len(PATHS))]
    return struct.pack("<20QIB3x", *words, 4, 1).ljust(SLOT, b"\xee")


def g_of(number: int, address: int) -> G:
    word = {path: 1000 * number + at for at, path in enumerate(PATHS)}
    values: dict[str, Any] = {path.replace(".", "_"): value for path, value in word.items()}
    return G(
        address=address,
        system_name="",
        constants=NAMES,
        unreadable="",
        syscallbp=None,
        atomicstatus=4,
        waitreason_code=1,
        parent_goid=None,
        **values,
    )


def world(count: int, slot: int = SLOT, hole: range = range(0)) -> tuple[Image, AllGs, list[int]]:
    """`count` gs side by side, of which those in `hole` have no memory."""
    addresses = [HEAP + slot * n for n in range(count)]
    if slot == SLOT and not hole:
        image = Image({HEAP: b"".join(map(bytes_of, range(count)))})
    else:
        image = Image({at: bytes_of(n) for n, at in enumerate(addresses) if n not in hole})
    return image, AllGs(image, GReader(LAYOUT, NAMES), addresses), addresses


@pytest.mark.parametrize("slot", [SLOT, 8 * SLOT])
def test_one_by_one_and_in_columns(slot: int) -> None:
    _, gs, addresses = world(400, slot)
    expected = [g_of(n, at) for n, at in enumerate(addresses)]
    assert list(gs) == expected
    assert gs[-1] == expected[-1]
    for field in G._fields:
        column = [value for batch in gs.batches() for value in batch.column(field)]
        assert column == [getattr(g, field) for g in expected]


def test_neighbours_are_read_as_one() -> None:
    image, gs, _ = world(1000)
    assert len(list(gs)) == 1000
    assert image.reads == 2  # batches: the first is short


def test_one_that_cannot_be_read_is_missing_alone() -> None:
    _, gs, addresses = world(600, hole=range(300, 302))
    found = list(gs)
    for number, (g, at) in enumerate(zip(found, addresses, strict=True)):
        if number in (300, 301):
            assert g.unreadable == f"cannot read 168 bytes at {at:#x}"
            assert g == GReader(LAYOUT, NAMES).lost(at)
        else:
            assert g == g_of(number, at)
    for field in G._fields:  # the columns say the same
        column = [value for batch in gs.batches() for value in batch.column(field)]
        assert column == [getattr(g, field) for g in found]


def test_allgs_that_hold_nonsense() -> None:
    """At distances that no slots of the heap have."""
    addresses = [HEAP + (LAYOUT.size + 7) * n for n in range(300)]
    gs = AllGs(Image({HEAP: bytes(1 << 16)}), GReader(LAYOUT, NAMES), addresses)
    assert [g.address for g in gs] == addresses
    assert [n for batch in gs.batches() for n in batch.column("goid")] == [0] * 300


def test_what_lies_behind_the_last_g_need_not_be_there() -> None:
    addresses = [HEAP, HEAP + SLOT]
    image = Image({HEAP: b"".join(map(bytes_of, range(2)))[: SLOT + LAYOUT.size]})
    gs = AllGs(image, GReader(LAYOUT, NAMES), addresses)
    assert list(gs) == [g_of(0, HEAP), g_of(1, HEAP + SLOT)]


def test_found_by_address_number_and_stack() -> None:
    _, gs, addresses = world(1500)
    assert gs.find(addresses[1234]) == g_of(1234, addresses[1234])
    assert gs.find(addresses[1234] + 8) is None
    goid = PATHS.index("goid")
    assert list(gs.with_goid(1_234_000 + goid)) == [g_of(1234, addresses[1234])]
    assert list(gs.with_goid(7)) == []
    # its made-up stack is from word 0 to word 1
    assert gs.on_stack(1_234_000) == g_of(1234, addresses[1234])
    assert gs.on_stack(1_234_500) is None
    assert gs.containing(addresses[3] + 100, SLOT) == g_of(3, addresses[3])
