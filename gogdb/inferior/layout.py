"""Struct layouts as flat paths, and readers compiled from them.

A layout says where `sched.sp` lies in a `runtime.g`; it comes from the binary in
front of us (`Layouts`), never from a table keyed by version. Wrappers that hold
one thing (atomic.Uint32, guintptr, ...) stand for that thing, so one path fits
every Go release that has the field.
"""

from __future__ import annotations

import struct as _struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, Protocol

from gogdb.errors import GogdbError

__all__ = [
    "Field",
    "Kind",
    "Layouts",
    "Reader",
    "Records",
    "Struct",
    "TypeNode",
    "View",
    "flatten",
    "unwrap",
]

Kind = Literal["int", "uint", "bool", "array", "struct", "other"]

_FORMATS = {
    ("uint", 8): "Q",
    ("uint", 4): "I",
    ("uint", 2): "H",
    ("uint", 1): "B",
    ("int", 8): "q",
    ("int", 4): "i",
    ("int", 2): "h",
    ("int", 1): "b",
    ("bool", 1): "?",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A place in a struct: `offset` and `size` in bytes.

    Pointers are "uint". An array has `count` elements of `stride` bytes.
    """

    offset: int
    size: int
    kind: Kind
    count: int = 1
    stride: int = 0

    @property
    def format(self) -> str:
        """The `struct` module's letter for a scalar, "" for anything else."""
        return _FORMATS.get((self.kind, self.size), "")


@dataclass(frozen=True)
class Struct:
    """The layout of one struct: its size in bytes and its fields by dotted path."""

    name: str
    size: int
    fields: Mapping[str, Field] = field(repr=False)

    def find(self, *paths: str) -> Field | None:
        """The first of the paths that this struct has."""
        return next((self.fields[path] for path in paths if path in self.fields), None)

    def offset(self, *paths: str) -> int:
        """Offset in bytes of the first path there is; raises `GogdbError` if none is."""
        found = self.find(*paths)
        if found is None:
            raise GogdbError(
                f"{self.name} has no field {' or '.join(paths)}",
                "this Go release is newer than gogdb, or the binary is not a Go program",
            )
        return found.offset

    def path_at(self, offset: int) -> str:
        """The innermost field that begins at `offset` bytes, "" where none does."""
        return self._paths.get(offset, "")

    @cached_property
    def _paths(self) -> dict[int, str]:
        starts: dict[int, str] = {}
        for path, place in self.fields.items():  # inner fields follow their outer one
            if place.size:
                starts[place.offset] = path
        return starts

    def view(self, data: bytes, address: int = 0) -> View:
        return View(self, data, address)


@dataclass(frozen=True, slots=True)
class View:
    """One struct's bytes, read by path: `view["sched.sp"]`."""

    struct: Struct
    data: bytes = field(repr=False)
    address: int = 0

    def __getitem__(self, path: str) -> int:
        value = self.get(path)
        if value is None:
            self.struct.offset(path)  # says which field is missing
            raise GogdbError(f"{self.struct.name}.{path} is not a number")
        return value

    def get(self, *paths: str) -> int | None:
        """The number at the first path there is, None when this release has none."""
        place = self.struct.find(*paths)
        if place is None or not place.format:
            return None
        return int(_struct.unpack_from("<" + place.format, self.data, place.offset)[0])

    def array(self, *paths: str) -> tuple[int, ...]:
        """An array of words (8 bytes each) at the first path there is."""
        place = self.struct.find(*paths)
        if place is None or place.stride != 8:
            return ()
        return _struct.unpack_from(f"<{place.count}Q", self.data, place.offset)


class Reader:
    """Chosen scalars of a struct in one `unpack`.

    `wanted` has alternatives for each value, in order; a value that no
    alternative has comes back as None.
    """

    def __init__(self, layout: Struct, wanted: Sequence[Sequence[str]]) -> None:
        found = [layout.find(*paths) for paths in wanted]
        places = [place if place and place.format else None for place in found]
        rising = sorted({place for place in places if place}, key=lambda place: place.offset)
        self._order = [rising.index(place) if place else -1 for place in places]
        parts, at = ["<"], 0
        for place in rising:
            parts.append(f"{place.offset - at}x{place.format}")
            at = place.offset + place.size
        self.size = at
        self._unpack = _struct.Struct("".join(parts)).unpack_from

    def read(self, data: bytes, offset: int = 0) -> tuple[int | None, ...]:
        """The wanted values of the struct that begins at `offset` in `data`."""
        values = self._unpack(data, offset)
        return tuple(None if i < 0 else values[i] for i in self._order)


class Records:
    """Structs of one kind, one after the other, in `data`; a scalar of all of them is a column.

    Of each there are `size` bytes, a multiple of 8: quick enough for a million gs.
    """

    def __init__(self, layout: Struct, size: int, data: bytes) -> None:
        self._layout = layout
        self._size = size
        self._data = memoryview(data)

    def column(self, path: str) -> list[int | None]:
        """The field of each, in their order; None where this release has no such field."""
        place = self._layout.find(path)
        if place is None or not place.format:
            return [None] * (len(self._data) // self._size)
        tail = self._data[place.offset :]
        whole = tail[: len(tail) // place.size * place.size]
        return whole.cast(place.format)[:: self._size // place.size].tolist()  # type: ignore[call-overload, no-any-return]


class Layouts(Protocol):
    """Where layouts come from: debug information, or the runtime's own types."""

    source: str  # for people: "debug information"

    def struct(self, name: str) -> Struct | None:
        """The layout of a named struct such as "runtime.g"; None when unknown."""


@dataclass(frozen=True)
class TypeNode:
    """A type as any source can tell it, before flattening."""

    kind: Kind
    size: int
    members: Sequence[tuple[str, int, TypeNode]] = ()  # (name, offset, type) of a struct
    element: TypeNode | None = None  # of an array
    count: int = 1


def unwrap(node: TypeNode) -> tuple[int, TypeNode]:
    """The one thing that a wrapper struct holds, and its offset in bytes.

    {vp, vu} (runtime.maybeTraceable...) is one value told twice: vu is the number.
    """
    offset = 0
    while node.kind == "struct":
        real = [m for m in node.members if m[2].size]
        if {name for name, _, _ in real} == {"vp", "vu"}:
            real = [m for m in real if m[0] == "vu"]
        if len(real) != 1:
            break
        offset += real[0][1]
        node = real[0][2]
    return offset, node


def flatten(name: str, node: TypeNode) -> Struct:
    """A struct's fields by dotted path, outer before inner."""
    fields: dict[str, Field] = {}

    def add(prefix: str, base: int, struct: TypeNode) -> None:
        for member, offset, kind in struct.members:
            shift, inner = unwrap(kind)
            path, place = prefix + member, base + offset + shift
            stride = inner.element.size if inner.element else 0
            fields[path] = Field(place, inner.size, inner.kind, inner.count, stride)
            if inner.kind == "struct":
                add(path + ".", place, inner)

    add("", 0, node)
    return Struct(name, node.size, fields)
