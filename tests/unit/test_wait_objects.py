"""What goroutines wait for, in memory made by hand, also where it leads nowhere."""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any

import pytest

from gogdb.inferior.layout import Field, Struct
from gogdb.runtime.batch import Batch
from gogdb.runtime.trace_cache import Shape, TraceBatch
from gogdb.runtime.unwind import Frame
from gogdb.runtime.wait_objects import WaitObjects
from tests.support import factories
from tests.support.factories import g_at
from tests.support.recorded_memory import Image

CHANNEL, SEMAPHORE, SUDOG = 0xC000_5000, 0xC000_6004, 0xC000_7000
SP = 0xC000_8000
_WORDS = {name: Field(8 * at, 8, "uint") for at, name in enumerate(("g", "elem", "c"))}
OLDER = Struct("runtime.sudog", 40, {**_WORDS, "isSelect": Field(24, 1, "bool")})
NEWER = Struct(
    "runtime.sudog",
    40,
    {
        "g": Field(0, 8, "uint"),
        "elem.vp": Field(32, 8, "uint"),
        "elem.vu": Field(8, 8, "uint"),
        "c.vp": Field(32, 8, "uint"),
        "c.vu": Field(16, 8, "uint"),
        "isSelect": Field(24, 1, "bool"),
    },
)


def sudog(goid: int, elem: int = 0, c: int = 0, in_select: int = 0) -> bytes:
    return struct.pack("<QQQB15x", g_at(goid), elem, c, in_select)


def found(memory: dict[int, bytes], layout: Struct | None = OLDER, **fields: Any) -> int:
    """Return what g7 waits for; it is parked in semacquire1, whose frame has 8 words."""
    reader = SimpleNamespace(find_layout=lambda _: layout)
    target = SimpleNamespace(bulk=lambda: Image(memory))
    program: Any = SimpleNamespace(target=target, reader=reader)
    frame = Frame("runtime.semacquire1", "sema.go", 1, 0, 0, 72, 64, None, False, False)
    gs = Batch.from_gs([factories.g(7, **fields)])
    (address,) = WaitObjects(program).addresses(TraceBatch(gs, [Shape((frame,), None)], [SP]))
    return address


def stack(**words: int) -> dict[int, bytes]:
    """Return a stack with some words in slots of the frame, by number."""
    values = [words.get(f"at{slot}", 0) for slot in range(17)]
    return {SP: struct.pack("<17Q", *values)}


@pytest.mark.parametrize("layout", [OLDER, NEWER])
def test_channel(layout: Struct) -> None:
    memory = {SUDOG: sudog(7, elem=1, c=CHANNEL)}
    assert found(memory, layout, waiting=SUDOG) == CHANNEL
    assert found(memory, layout, waiting=SUDOG, status="runnable") == 0  # it is awake


@pytest.mark.parametrize("layout", [OLDER, NEWER])
def test_semaphore_by_the_frame(layout: Struct) -> None:
    """The frame has the sudog in some slot, and the semaphore, perhaps where arguments are."""
    memory = {SUDOG: sudog(7, SEMAPHORE)}
    assert found(memory | stack(at3=SUDOG, at1=1, at9=SEMAPHORE), layout) == SEMAPHORE
    assert found(memory | stack(at3=SUDOG, at5=SEMAPHORE), layout, waiting=None) == SEMAPHORE


def test_what_does_not_fit_is_not_known() -> None:
    whole = {SUDOG: sudog(7, SEMAPHORE)} | stack(at3=SUDOG, at9=SEMAPHORE)
    assert found(whole) == SEMAPHORE
    assert found(whole, None) == 0
    assert found(whole, Struct("runtime.sudog", 40, _WORDS)) == 0
    assert found(whole, status="runnable") == 0
    for other in (sudog(8, SEMAPHORE), sudog(7, SEMAPHORE, CHANNEL), sudog(7, SEMAPHORE + 8)):
        assert found(whole | {SUDOG: other}) == 0
    assert found(whole | stack(at3=SUDOG)) == 0
    assert found({}) == 0


def test_a_select_and_a_sudog_of_another_goroutine() -> None:
    assert found({SUDOG: sudog(7, c=CHANNEL, in_select=1)}, waiting=SUDOG) == 0
    assert found({SUDOG: sudog(8, c=CHANNEL)}, waiting=SUDOG) == 0
    assert found({}, waiting=SUDOG) == 0
    assert found({}, waiting=(1 << 64) - 8) == 0
