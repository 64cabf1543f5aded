"""Layouts decoded from recorded type descriptors are those of the debug information."""

from __future__ import annotations

import json
import lzma
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gogdb.errors import Unreadable
from gogdb.inferior.layout import Field, Struct
from gogdb.runtime.typedesc import DescriptorLayouts

SNAPSHOTS = Path(__file__).parents[1] / "snapshots"
RECORDED = {19: "go1.19.8", 27: "go1.27.3"}
ALLOCATED = ("g", "m", "p", "sudog", "gobuf", "stack", "moduledata")


@dataclass
class Image:
    """The memory of a program of which only the types section was kept."""

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
    def __init__(self, minor: int) -> None:
        stem = f"types-{RECORDED[minor]}"
        truth: dict[str, Any] = json.loads(lzma.decompress(_bytes(f"{stem}.json.xz")))
        self.minor = minor
        self.image = Image(truth["types"], lzma.decompress(_bytes(f"{stem}.xz")))
        self.truth = {
            name: Struct(name, s["size"], {path: Field(*place) for path, *place in s["fields"]})
            for name, s in truth["structs"].items()
        }

    def layouts(self) -> DescriptorLayouts:
        end = self.image.start + len(self.image.data)
        return DescriptorLayouts(self.image, self.image.start, end)

    def patched(self, at: int, data: bytes) -> None:
        """Put other bytes at offset `at` of the section."""
        old = self.image.data
        self.image.data = old[:at] + data + old[at + len(data) :]


def _bytes(name: str) -> bytes:
    return (SNAPSHOTS / name).read_bytes()


@pytest.fixture(params=RECORDED)
def recorded(request: pytest.FixtureRequest) -> Recorded:
    return Recorded(request.param)


@pytest.mark.parametrize("name", ALLOCATED)
def test_every_field_is_where_the_debug_information_has_it(recorded: Recorded, name: str) -> None:
    found = recorded.layouts().struct(f"runtime.{name}")
    truth = recorded.truth[f"runtime.{name}"]
    assert found is not None
    assert found.size == truth.size
    assert list(found.fields.items()) == list(truth.fields.items())


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
def test_what_has_no_struct_descriptor_is_none(recorded: Recorded, name: str) -> None:
    assert recorded.layouts().struct(name) is None


def test_an_import_path_with_slashes_is_compared_whole(recorded: Recorded) -> None:
    atomic = "runtime/internal/atomic" if recorded.minor < 23 else "internal/runtime/atomic"
    found = recorded.layouts().struct(f"{atomic}.Uint32")
    assert found is not None
    assert found.find("value") == Field(0, 4, "uint")
    assert recorded.layouts().struct("elsewhere/atomic.Uint32") is None


def test_an_unreadable_section_says_so(recorded: Recorded) -> None:
    recorded.image.start += 8
    layouts = DescriptorLayouts(recorded.image, recorded.image.start - 8, recorded.image.start)
    with pytest.raises(Unreadable):
        layouts.struct("runtime.g")


@pytest.mark.parametrize("size", [-8, 1 << 40])
def test_absurd_bounds_are_not_read(recorded: Recorded, size: int) -> None:
    start = recorded.image.start
    with pytest.raises(Unreadable):
        DescriptorLayouts(recorded.image, start, start + size).struct("runtime.g")
    assert recorded.image.reads == 0


def _descriptor(recorded: Recorded, name: str) -> int:
    """The offset of a struct's descriptor, found by its unusual size and kind."""
    size = recorded.truth[name].size.to_bytes(8, "little")
    data = recorded.image.data
    at = data.find(size)
    while data[at + 23] & 0x1F != 25:
        at = data.find(size, at + 1)
    return at


@pytest.mark.parametrize("count", [1 << 20, (1 << 64) - 1])
def test_a_descriptor_that_leads_outside_is_none(recorded: Recorded, count: int) -> None:
    recorded.patched(_descriptor(recorded, "runtime.m") + 64, struct.pack("<Q", count))
    assert recorded.layouts().struct("runtime.m") is None


def test_a_type_inside_itself_comes_to_an_end(recorded: Recorded) -> None:
    at = _descriptor(recorded, "runtime.m")
    (fields,) = struct.unpack_from("<Q", recorded.image.data, at + 56)
    itself = struct.pack("<Q", recorded.image.start + at)
    recorded.patched(fields - recorded.image.start + 8, itself)
    found = recorded.layouts().struct("runtime.m")
    assert found is not None
    assert found.fields["g0"].kind == "other"
