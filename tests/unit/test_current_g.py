"""Which goroutine a thread runs, by two words of its memory."""

from __future__ import annotations

import pytest

from gogdb.errors import Unreadable
from gogdb.inferior.layout import Field, Struct
from gogdb.runtime.current_g import Current, current_g
from tests.unit.recorded import Image

FS_BASE, G, LO, HI, GOID = 0x5000, 0x9000, 0x7000, 0x8000, 7
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
        FS_BASE - 16: bytes(8) + word(G),
        G: word(LO) + word(HI) + bytes(136) + word(GOID),
    }
)


def test_tls_slot() -> None:
    assert current_g(MEMORY, FS_BASE, -8) == G
    assert current_g(MEMORY, FS_BASE, -16) == 0  # a thread that is not Go's


@pytest.mark.parametrize("fs_base", [0, 0x1234_0000, 4])
def test_no_tls(fs_base: int) -> None:
    """Before there is one nothing is read that could fail."""
    assert current_g(MEMORY, fs_base, -8) == 0


@pytest.mark.parametrize(
    ("sp", "goid"),
    [(LO, GOID), (LO + 8, GOID), (HI - 8, GOID), (HI, GOID), (LO - 8, 0), (HI + 8, 0), (0, 0)],
)
def test_goid(sp: int, goid: int) -> None:
    """On another stack, a system stack, it is not the goroutine that runs."""
    assert Current(LAYOUT).goid(MEMORY, G, sp) == goid


def test_two_reads() -> None:
    image = Image(MEMORY.ranges)
    Current(LAYOUT).goid(image, current_g(image, FS_BASE, -8), LO)
    assert image.reads == 2


def test_unreadable_g() -> None:
    with pytest.raises(Unreadable):
        Current(LAYOUT).goid(MEMORY, 0x123450, LO)
