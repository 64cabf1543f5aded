"""Struct layouts with one path per field, and readers compiled from them.

A layout maps `sched.sp` to its offset in a `runtime.g`. Layouts come from the program (`Layouts`),
not from a table by version. A wrapper around a single value (atomic.Uint32, guintptr) is replaced
by the value, so that one path fits every Go release that has the field.
"""

from __future__ import annotations

import struct as _struct
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal, NamedTuple, Protocol

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


class Field(NamedTuple):
    """One field of a struct; pointers are "uint"."""

    offset: int  # bytes
    size: int  # bytes
    kind: Kind
    length: int = 1  # elements of an array, …
    stride: int = 0  # … and bytes from one to the next

    @property
    def format(self) -> str:
        """The format character of the `struct` module for a scalar, "" for anything else."""
        return _FORMATS.get((self.kind, self.size), "")


class Struct:
    """The layout of a struct: its size in bytes, its fields by dotted path, outer before inner."""

    def __init__(self, name: str, size: int, fields: Mapping[str, Field]) -> None:
        self.name = name
        self.size = size
        self.fields = fields

    def find(self, *paths: str) -> Field | None:
        """Return the field at the first of the paths that this struct has."""
        return next((self.fields[path] for path in paths if path in self.fields), None)

    def offset(self, path: str) -> int:
        """Return the offset of a field in bytes. Raises `GogdbError` if there is none."""
        place = self.fields.get(path)
        if place is None:
            raise GogdbError(
                f"{self.name} has no field {path}",
                "this Go release is newer than gogdb, or the binary is not a Go program",
            )
        return place.offset

    def path_at(self, offset: int) -> str:
        """Return the path of the innermost field that starts at `offset` bytes, or ""."""
        return self._paths.get(offset, "")

    @cached_property
    def _paths(self) -> dict[int, str]:
        starts: dict[int, str] = {}
        for path, place in self.fields.items():  # inner fields come later, and win
            if place.size:
                starts[place.offset] = path
        return starts

    def view(self, data: bytes, address: int = 0) -> View:
        """Return the struct at `address`, whose bytes are `data`."""
        return View(self, data, address)


class View:
    """The bytes of one struct, read by path: `view["sched.sp"]`."""

    def __init__(self, struct: Struct, data: bytes, address: int) -> None:
        self.struct = struct
        self.data = data
        self.address = address

    def __getitem__(self, path: str) -> int:
        """Return the number at `path`. Raises `GogdbError` if the struct has none there."""
        value = self.get(path)
        if value is None:
            self.struct.offset(path)  # raises if there is no such field
            raise GogdbError(f"{self.struct.name}.{path} is not a number")
        return value

    def get(self, *paths: str) -> int | None:
        """Return the number at the first of the paths that the struct has, None if it has none."""
        place = self.struct.find(*paths)
        if place is None or not place.format:
            return None
        return int(_struct.unpack_from("<" + place.format, self.data, place.offset)[0])

    def array(self, path: str) -> tuple[int, ...]:
        """Return an array of 8-byte words, empty if the struct has none at `path`."""
        place = self.struct.find(path)
        if place is None or place.stride != 8:
            return ()
        return _struct.unpack_from(f"<{place.length}Q", self.data, place.offset)


class Reader:
    """Decodes several scalars of a struct at once.

    `size` is the number of bytes from the start of the struct to the end of the last one.
    """

    def __init__(self, layout: Struct, paths: Sequence[str]) -> None:
        fields = [layout.find(path) for path in paths]
        places = [place if place and place.format else None for place in fields]
        rising = sorted({place for place in places if place}, key=lambda place: place.offset)
        self._order = [rising.index(place) if place else -1 for place in places]
        parts, at = ["<"], 0
        for place in rising:
            parts.append(f"{place.offset - at}x{place.format}")
            at = place.offset + place.size
        self.size = at
        self._unpack = _struct.Struct("".join(parts)).unpack_from

    def read(self, data: bytes, offset: int = 0) -> tuple[int | None, ...]:
        """Return the values of the struct at `offset` in `data`, in the order of the paths.

        None for a path that the struct does not have as a scalar.
        """
        values = self._unpack(data, offset)
        return tuple(None if i < 0 else values[i] for i in self._order)


class Records:
    """Structs of one type, concatenated; fast enough for a million gs."""

    def __init__(self, layout: Struct, size: int, data: bytes) -> None:
        """`data` has the first `size` bytes of each struct, a multiple of 8."""
        self._layout = layout
        self._size = size
        self._data = memoryview(data)

    def column(self, path: str) -> list[int | None]:
        """Return one scalar field of each struct; all None if there is no such field."""
        place = self._layout.fields.get(path)
        if place is None or not (form := place.format):
            return [None] * (len(self._data) // self._size)
        tail = self._data[place.offset :]
        whole = tail[: len(tail) // place.size * place.size]
        return whole.cast(form)[:: self._size // place.size].tolist()  # type: ignore[call-overload, no-any-return]


class Layouts(Protocol):
    """The source of layouts: debug information, or the runtime's type descriptors."""

    source: str  # as messages name it: "debug information"

    def struct(self, name: str) -> Struct | None:
        """Return the layout of a struct by its name, such as "runtime.g"; None if unknown."""


def required(layouts: Layouts, name: str) -> Struct:
    """Return the layout of a struct. Raises `GogdbError` if it is unknown."""
    layout = layouts.struct(name)
    if layout is None:
        raise GogdbError(
            f"no layout of {name} in the {layouts.source}",
            "build the program without -ldflags=-w and without strip",
        )
    return layout


class TypeNode(NamedTuple):
    """A type as its source describes it, before `flatten`."""

    kind: Kind
    size: int
    members: Sequence[tuple[str, int, TypeNode]] = ()  # (name, offset, type) of a struct
    element: TypeNode | None = None  # of an array
    length: int = 1


def unwrap(node: TypeNode) -> tuple[int, TypeNode]:
    """Return the single value that a wrapper struct holds, and its offset in bytes.

    Any other type is returned as it is. maybeTraceablePtr and its like (runtime2.go) hold the same
    value twice, as a pointer vp and as a number vu: the number is returned.
    """
    offset = 0
    while node.kind == "struct":
        members = [m for m in node.members if m[2].size]
        if {name for name, _, _ in members} == {"vp", "vu"}:
            members = [m for m in members if m[0] == "vu"]
        if len(members) != 1:
            break
        offset += members[0][1]
        node = members[0][2]
    return offset, node


def flatten(name: str, node: TypeNode) -> Struct:
    """Return the layout of a struct from its type."""
    fields: dict[str, Field] = {}

    def add(prefix: str, base: int, struct: TypeNode) -> None:
        for member, offset, type in struct.members:
            shift, inner = unwrap(type)
            path, place = prefix + member, base + offset + shift
            stride = inner.element.size if inner.element else 0
            fields[path] = Field(place, inner.size, inner.kind, inner.length, stride)
            if inner.kind == "struct":
                add(path + ".", place, inner)

    add("", 0, node)
    return Struct(name, node.size, fields)
