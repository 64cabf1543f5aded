"""The goroutine that a thread works for, found in few reads."""

from __future__ import annotations

import pytest

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.layout import Field, Struct
from gogdb.runtime.thread_goroutine import GoroutineFinder, ThreadGoroutine
from tests.support.recorded_memory import Image

THREAD, G, G0, M, LABELS = 0x5000, 0x9000, 0xA000, 0xB000, 0xC000
G_LAYOUT = Struct(
    "runtime.g",
    96,
    {"m": Field(48, 8, "uint"), "goid": Field(56, 8, "uint"), "labels": Field(64, 8, "uint")},
)
M_LAYOUT = Struct("runtime.m", 32, {"curg": Field(16, 8, "uint")})


def words(*values: int) -> bytes:
    return b"".join(value.to_bytes(8, "little") for value in values)


def image(current: int, curg: int = G, m: int = M) -> Image:
    """Return the memory of a thread with this g in its TLS slot."""
    return Image(
        {
            THREAD - 8: words(current),
            G: bytes(48) + words(m, 7, LABELS),
            G0: bytes(48) + words(m, 0, 0),
            M: bytes(16) + words(curg, 0),
        }
    )


def find(memory: Image, thread_pointer: int = THREAD) -> ThreadGoroutine | None:
    return GoroutineFinder(G_LAYOUT, M_LAYOUT, -8).find(memory, thread_pointer)


@pytest.mark.parametrize(("current", "reads"), [(G, 2), (G0, 4)])
def test_own_stack_or_a_system_stack(current: int, reads: int) -> None:
    memory = image(current)
    assert find(memory) == (7, LABELS)
    assert memory.reads == reads


@pytest.mark.parametrize(
    "memory", [image(0), image(G0, curg=0), image(G0, m=0)], ids=["no g", "idle", "before m0"]
)
def test_no_goroutine(memory: Image) -> None:
    assert find(memory) is None


def test_before_there_is_thread_local_storage() -> None:
    assert find(image(G), 0) is None


@pytest.mark.parametrize(
    ("memory", "thread_pointer"),
    [(image(G), 0x1234_0000), (image(0x10), THREAD), (image(G0, curg=0x10), THREAD)],
    ids=["slot", "g", "curg"],
)
def test_what_cannot_be_read_is_not_no_goroutine(memory: Image, thread_pointer: int) -> None:
    with pytest.raises(Unreadable):
        find(memory, thread_pointer)


def test_g_in_a_register_only() -> None:
    with pytest.raises(GogdbError, match="does not keep the current g in"):
        GoroutineFinder(G_LAYOUT, M_LAYOUT, None).find(image(G), THREAD)


def test_other_layouts_are_refused() -> None:
    with pytest.raises(GogdbError, match="has no field curg"):
        GoroutineFinder(G_LAYOUT, Struct("runtime.m", 8, {}), -8)
