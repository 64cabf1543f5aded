"""The current g of a thread and its goid."""

from __future__ import annotations

import pytest

from gogdb.errors import Unreadable
from gogdb.inferior.arch import Registers
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.layout import Field, Struct
from gogdb.runtime.current_g import GoidReader, current_g, g_slot
from tests.support.recorded_memory import Image

THREAD_POINTER, G, LO, HI, GOID = 0x5000, 0x9000, 0x7000, 0x8000, 7
LAYOUT = Struct(
    "runtime.g",
    160,
    {
        "stack.lo": Field(0, 8, "uint"),
        "stack.hi": Field(8, 8, "uint"),
        "goid": Field(152, 8, "uint"),
    },
)


def word(value: int) -> bytes:
    return value.to_bytes(8, "little")


MEMORY = Image(
    {
        THREAD_POINTER - 16: bytes(8) + word(G),
        G: word(LO) + word(HI) + bytes(136) + word(GOID),
    }
)


def registers(thread_pointer: int = THREAD_POINTER) -> Registers:
    return Registers(AMD64, {"fs_base": thread_pointer})


def test_current_g_is_in_the_tls_slot() -> None:
    assert g_slot(THREAD_POINTER, -8) == THREAD_POINTER - 8
    assert current_g(MEMORY, registers(), -8) == G
    assert current_g(MEMORY, registers(), -16) == 0  # a thread that C made


@pytest.mark.parametrize("thread_pointer", [0, 0x1234_0000, 4])
def test_current_g_is_0_before_tls_is_set_up(thread_pointer: int) -> None:
    assert current_g(MEMORY, registers(thread_pointer), -8) == 0


def test_current_g_is_0_without_a_tls_slot() -> None:
    assert g_slot(THREAD_POINTER, None) == current_g(MEMORY, registers(), None) == 0


@pytest.mark.parametrize(
    ("sp", "goid"),
    [(LO, GOID), (LO + 8, GOID), (HI - 8, GOID), (HI, GOID), (LO - 8, 0), (HI + 8, 0), (0, 0)],
)
def test_goid_depends_on_the_stack(sp: int, goid: int) -> None:
    """On another stack, a system stack, the thread does not run the goroutine."""
    assert GoidReader(LAYOUT).goid(MEMORY, G, sp) == goid


def test_goid_takes_two_reads() -> None:
    image = Image(MEMORY.ranges)
    GoidReader(LAYOUT).goid(image, current_g(image, registers(), -8), LO)
    assert image.reads == 2


def test_goid_raises_for_an_unreadable_g() -> None:
    with pytest.raises(Unreadable):
        GoidReader(LAYOUT).goid(MEMORY, 0x123450, LO)
