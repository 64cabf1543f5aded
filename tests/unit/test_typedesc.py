"""Layouts decoded from recorded type descriptors are those of the debug information."""

from __future__ import annotations

import json
import lzma
import random
import struct
from dataclasses import dataclass
from typing import Any

import pytest

from gogdb.errors import Unreadable
from gogdb.inferior.layout import Field, Struct
from gogdb.runtime.typedesc import DescriptorLayouts
from tests.support.places import SNAPSHOTS

RECORDED = {19: "go1.19.8", 27: "go1.27.3"}
ALLOCATED = ("g", "m", "p", "sudog", "gobuf", "stack", "moduledata")


@dataclass
class Image:
    """The memory of a recorded program: its types section. `reads` counts reads."""

    start: int
    data: bytes
    reads: int = 0

    def read(self, address: int, size: int) -> bytes:
        self.reads += 1
        at = address - self.start
        if not 0 <= at <= at + size <= len(self.data):
            raise Unreadable(address, size)
        return self.data[at : at + size]


class Recorded:
    """A recorded types section, and the layouts that the debug information has."""

    def __init__(self, minor: int) -> None:
        stem = f"types-{RECORDED[minor]}"
        expected: dict[str, Any] = json.loads(lzma.decompress(_bytes(f"{stem}.json.xz")))
        self.minor = minor
        self.image = Image(expected["types"], lzma.decompress(_bytes(f"{stem}.xz")))
        self.structs = {
            name: Struct(name, s["size"], {path: Field(*place) for path, *place in s["fields"]})
            for name, s in expected["structs"].items()
        }

    def layouts(self) -> DescriptorLayouts:
        end = self.image.start + len(self.image.data)
        return DescriptorLayouts(self.image, self.image.start, end)

    def change(self, at: int, data: bytes) -> None:
        """Put other bytes at offset `at` of the section."""
        old = self.image.data
        self.image.data = old[:at] + data + old[at + len(data) :]


def _bytes(name: str) -> bytes:
    return (SNAPSHOTS / name).read_bytes()


@pytest.fixture(params=RECORDED)
def recorded(request: pytest.FixtureRequest) -> Recorded:
    return Recorded(request.param)


@pytest.mark.parametrize("name", ALLOCATED)
def test_a_layout_is_that_of_the_debug_information(recorded: Recorded, name: str) -> None:
    layout = recorded.layouts().struct(f"runtime.{name}")
    expected = recorded.structs[f"runtime.{name}"]
    assert layout is not None
    assert layout.size == expected.size
    assert list(layout.fields.items()) == list(expected.fields.items())


def test_the_section_is_read_once(recorded: Recorded) -> None:
    layouts = recorded.layouts()
    assert layouts.struct("runtime.g") is layouts.struct("runtime.g")
    assert layouts.struct("runtime.m") is not None
    assert recorded.image.reads == 1


@pytest.mark.parametrize(
    "name",
    [
        "runtime.schedt",
        "runtime.mheap",
        "runtime.nothing",
        "runtime.waitReason",
        "example.com/runtime.g",
        "g",
    ],
)
def test_a_struct_without_a_descriptor(recorded: Recorded, name: str) -> None:
    assert recorded.layouts().struct(name) is None


def test_the_whole_import_path_is_compared(recorded: Recorded) -> None:
    atomic = "runtime/internal/atomic" if recorded.minor < 23 else "internal/runtime/atomic"
    layout = recorded.layouts().struct(f"{atomic}.Uint32")
    assert layout is not None
    assert layout.find("value") == Field(0, 4, "uint")
    assert recorded.layouts().struct("elsewhere/atomic.Uint32") is None


def test_an_unreadable_section(recorded: Recorded) -> None:
    recorded.image.start += 8
    layouts = DescriptorLayouts(recorded.image, recorded.image.start - 8, recorded.image.start)
    with pytest.raises(Unreadable):
        layouts.struct("runtime.g")


@pytest.mark.parametrize("size", [-8, 1 << 40])
def test_absurd_bounds_of_the_section(recorded: Recorded, size: int) -> None:
    start = recorded.image.start
    with pytest.raises(Unreadable):
        DescriptorLayouts(recorded.image, start, start + size).struct("runtime.g")
    assert recorded.image.reads == 0


def _descriptor(recorded: Recorded, name: str) -> int:
    """Return the offset of a struct's descriptor, found by its unusual size and its kind."""
    size = recorded.structs[name].size.to_bytes(8, "little")
    data = recorded.image.data
    at = data.find(size)
    while data[at + 23] & 0x1F != 25:
        at = data.find(size, at + 1)
    return at


@pytest.mark.parametrize("count", [1 << 20, (1 << 64) - 1])
def test_a_descriptor_that_points_outside_the_section(recorded: Recorded, count: int) -> None:
    recorded.change(_descriptor(recorded, "runtime.m") + 64, struct.pack("<Q", count))
    assert recorded.layouts().struct("runtime.m") is None


def test_a_type_that_contains_itself(recorded: Recorded) -> None:
    at = _descriptor(recorded, "runtime.m")
    (fields,) = struct.unpack_from("<Q", recorded.image.data, at + 56)
    itself = struct.pack("<Q", recorded.image.start + at)
    recorded.change(fields - recorded.image.start + 8, itself)
    assert recorded.layouts().struct("runtime.m") is None


def test_other_bytes_in_descriptors(recorded: Recorded) -> None:
    """A descriptor with other bytes has a layout or none; looking it up ends."""
    choose, whole = random.Random(3), recorded.image.data
    for _ in range(100):
        at = _descriptor(recorded, choose.choice(("runtime.g", "runtime.m", "runtime.p")))
        (fields,) = struct.unpack_from("<Q", whole, at + 56)
        start = choose.choice((at, fields - recorded.image.start))
        count = choose.choice((1, 8, 400))
        recorded.change(start + choose.randrange(0, 400, 8), choose.randbytes(count))
        for name in ("runtime.g", "runtime.m", "runtime.p"):
            layout = recorded.layouts().struct(name)
            assert layout is None or layout.name == name
        recorded.image.data = whole


def test_a_name_without_an_end(recorded: Recorded) -> None:
    at = _descriptor(recorded, "runtime.m")
    (fields,) = struct.unpack_from("<Q", recorded.image.data, at + 56)
    (name,) = struct.unpack_from("<Q", recorded.image.data, fields - recorded.image.start)
    recorded.change(name - recorded.image.start + 1, b"\xff" * 64)
    assert recorded.layouts().struct("runtime.m") is None


def _fields(recorded: Recorded, name: str) -> tuple[int, int]:
    """Return the offset in the section of a struct's array of fields, and their number."""
    at = _descriptor(recorded, name)
    fields, count = struct.unpack_from("<QQ", recorded.image.data, at + 56)
    return fields - recorded.image.start, count


@pytest.mark.parametrize("name", ["runtime.g", "runtime.m", "runtime.p"])
@pytest.mark.parametrize("by", [-8, 1, 8, 1 << 32])
def test_a_field_that_is_elsewhere(recorded: Recorded, name: str, by: int) -> None:
    fields, count = _fields(recorded, name)
    whole = recorded.image.data
    for index in range(1, count):
        place = fields + 24 * index + 16
        (offset,) = struct.unpack_from("<Q", whole, place)
        recorded.change(place, struct.pack("<Q", (offset + by) % (1 << 64)))
        assert recorded.layouts().struct(name) is None
        recorded.image.data = whole


def test_two_fields_of_one_name(recorded: Recorded) -> None:
    fields, count = _fields(recorded, "runtime.g")
    whole = recorded.image.data
    for index in range(1, count):
        recorded.change(fields + 24 * index, whole[fields : fields + 8])
        assert recorded.layouts().struct("runtime.g") is None
        recorded.image.data = whole


def test_a_field_of_another_type(recorded: Recorded) -> None:
    """Two types of the same size and alignment cannot be distinguished."""
    fields, count = _fields(recorded, "runtime.g")
    whole, original = recorded.image.data, recorded.layouts().struct("runtime.g")
    assert original is not None
    for index in range(1, count):
        recorded.change(fields + 24 * index + 8, whole[fields + 8 : fields + 16])
        layout = recorded.layouts().struct("runtime.g")
        assert layout is None or layout.size == original.size
        recorded.image.data = whole
