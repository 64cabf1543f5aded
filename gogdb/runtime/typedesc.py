"""Layouts from the program's own type descriptors, for builds without debug information.

The runtime allocates gs, ms and ps, so the linker keeps their type descriptors, which the garbage
collector and reflection use; they have every field's name and offset. Descriptors are laid out as
in internal/abi/type.go (runtime/type.go up to go1.20), names as internal/abi.Name.
"""

from __future__ import annotations

import struct as _struct
from collections.abc import Iterator, Sequence
from functools import cached_property

from gogdb.errors import Unreadable
from gogdb.inferior.layout import Kind, Struct, TypeNode, flatten
from gogdb.inferior.memory import Memory
from gogdb.runtime.goversion import DESCRIPTOR_KIND_MASK

__all__ = ["DescriptorLayouts"]

_MAX_SECTION = 1 << 28  # bytes; the largest programs have some 20 MB of types

_MAX_NODES = 250  # types that structs are made of; those that gogdb needs have some 150 together

_TYPE = _struct.Struct("<Q12xBxxB16xii")  # Size_, TFlag, Kind_, Str, PtrToThis
_STR = 40  # offset of Str in a Type
_ALIGN = 21  # offset of Align_ in a Type, and FieldAlign_ behind it
_FLAGS = 1 << 0 | 1 << 1 | 1 << 2  # TFlagUncommon, TFlagExtraStar, TFlagNamed
_UNCOMMON = 80  # offset of the UncommonType after a StructType; PkgPath is its first field

_ARRAY = _struct.Struct("<48xQ8xQ")  # ArrayType: Elem, Len
_INTERFACE = _struct.Struct("<64xQ")  # InterfaceType: len(Methods)
_STRUCT = _struct.Struct("<56xQQ")  # StructType: Fields' array and length
_FIELD = _struct.Struct("<QQQ")  # StructField: Name, Typ, Offset

# abi.Kind
_KIND_ARRAY, _KIND_INTERFACE, _KIND_SLICE, _KIND_STRING, _KIND_STRUCT = 17, 20, 23, 24, 25
_SCALARS: dict[int, Kind] = {
    1: "bool",
    **dict.fromkeys(range(2, 7), "int"),
    **dict.fromkeys(range(7, 13), "uint"),
    **dict.fromkeys((18, 19, 21, 22, 26), "uint"),  # chan, func, map, pointer, unsafe.Pointer
}

_POINTER, _INT = TypeNode("uint", 8), TypeNode("int", 8)


def _words(*members: tuple[str, TypeNode]) -> TypeNode:
    """Return a struct that consists of words."""
    places = [(name, 8 * i, node) for i, (name, node) in enumerate(members)]
    return TypeNode("struct", 8 * len(members), places)


_SLICE = _words(("array", _POINTER), ("len", _INT), ("cap", _INT))  # runtime/slice.go
_STRING = _words(("str", _POINTER), ("len", _INT))  # runtime/string.go, stringStruct
_EFACE = _words(("_type", _POINTER), ("data", _POINTER))  # runtime/runtime2.go
_IFACE = _words(("tab", _POINTER), ("data", _POINTER))


class DescriptorLayouts:
    """`Layouts` over the types section of a running program.

    `types` and `etypes` bound it: the symbols runtime.types and runtime.etypes, or the
    moduledata's fields. A struct that is never allocated, such as runtime.schedt, has none.
    """

    source = "type descriptors"

    def __init__(self, memory: Memory, types: int, etypes: int) -> None:
        self._memory = memory
        self._types = types
        self._etypes = etypes
        self._structs: dict[str, Struct | None] = {}
        self._nodes: dict[int, TypeNode] = {}

    def struct(self, name: str) -> Struct | None:
        """Return the layout of a struct by import path and name, such as "runtime.g".

        None if the linker kept no descriptor of it. Raises `Unreadable` if the section cannot be
        read.
        """
        if name not in self._structs:
            self._structs[name] = self._look_up(name)
        return self._structs[name]

    @cached_property
    def _section(self) -> bytes:
        size = self._etypes - self._types
        if not 0 <= size <= _MAX_SECTION:
            raise Unreadable(self._types, size)
        return self._memory.read(self._types, size)

    def _look_up(self, name: str) -> Struct | None:
        for address in self._candidates(name):
            try:
                return flatten(name, self._node(address))
            except Unreadable:  # these bytes only look like a descriptor
                self._nodes.clear()
        return None

    def _candidates(self, name: str) -> Iterator[int]:
        """Yield the addresses of possible descriptors of the struct `name`.

        They are found by the type's string, which has only the last part of the import path.
        """
        package, _, base = name.rpartition(".")
        text = f"*{package.rpartition('/')[2]}.{base}".encode()
        for at in _occurrences(self._section, bytes([len(text)]) + text):
            name_offset = (at - 1).to_bytes(4, "little")  # the flags byte comes first
            for str_at in _occurrences(self._section, name_offset):
                address = self._types + str_at - _STR
                if address % 8 == 0 and self._is_struct_of(package, address):
                    yield address

    def _is_struct_of(self, package: str, address: int) -> bool:
        try:
            _, flags, kind, _, _ = self._unpack(_TYPE, address)
            if kind & DESCRIPTOR_KIND_MASK != _KIND_STRUCT or flags & _FLAGS != _FLAGS:
                return False
            path = int.from_bytes(self._bytes(address + _UNCOMMON, 4), "little")
            return self._name(self._types + path) == package
        except Unreadable:
            return False

    def _node(self, address: int) -> TypeNode:
        """Return the type whose descriptor lies at `address`, down to its scalars."""
        if address not in self._nodes:
            if len(self._nodes) == _MAX_NODES:
                raise Unreadable(address, _TYPE.size)
            size, _, kind, _, _ = self._unpack(_TYPE, address)
            kind &= DESCRIPTOR_KIND_MASK
            # entered before its members are decoded, so that a cycle in garbage ends
            self._nodes[address] = TypeNode(_SCALARS.get(kind, "other"), size)
            self._nodes[address] = self._composite(address, kind, size) or self._nodes[address]
        return self._nodes[address]

    def _composite(self, address: int, kind: int, size: int) -> TypeNode | None:
        if kind == _KIND_STRUCT:
            fields, count = self._unpack(_STRUCT, address)
            members = list(_FIELD.iter_unpack(self._bytes(fields, count * _FIELD.size)))
            nodes = [(self._name(name), at, self._node(type)) for name, type, at in members]
            aligns = [self._aligns(type)[1] for _, type, _ in members]
            if not _is_laid_out(nodes, aligns, size, self._aligns(address)[0]):
                raise Unreadable(address, _TYPE.size)
            return TypeNode("struct", size, nodes)
        if kind == _KIND_ARRAY:
            element, count = self._unpack(_ARRAY, address)
            return TypeNode("array", size, (), self._node(element), count)
        if kind == _KIND_INTERFACE:
            (methods,) = self._unpack(_INTERFACE, address)
            return _IFACE if methods else _EFACE
        return {_KIND_SLICE: _SLICE, _KIND_STRING: _STRING}.get(kind)

    def _aligns(self, address: int) -> tuple[int, int]:
        """Return the alignment in bytes of a type alone, and as a field."""
        align, field_align = self._bytes(address + _ALIGN, 2)
        return align, field_align

    def _name(self, address: int) -> str:
        """Decode an abi.Name: a byte of flags, the length as a varint, the text."""
        at, size = address + 1, 0
        for shift in range(0, 35, 7):  # five bytes hold a uint32
            (byte,) = self._bytes(at, 1)
            size |= (byte & 0x7F) << shift
            at += 1
            if byte < 0x80:
                return self._bytes(at, size).decode("utf-8", "replace")
        raise Unreadable(address, at - address)

    def _unpack(self, form: _struct.Struct, address: int) -> tuple[int, ...]:
        return form.unpack(self._bytes(address, form.size))

    def _bytes(self, address: int, size: int) -> bytes:
        """Return bytes of the section. Raises `Unreadable` for an address outside of it."""
        start = address - self._types
        if not 0 <= start <= start + size <= len(self._section):
            raise Unreadable(address, size)
        return self._section[start : start + size]


def _is_laid_out(
    fields: Sequence[tuple[str, int, TypeNode]], aligns: Sequence[int], size: int, align: int
) -> bool:
    """Report whether fields are where the compiler puts them: CalcStructSize in cmd/compile.

    Each is at the first multiple of its alignment behind the one before, and no two have a name.
    Behind a last field without a size is a byte, so that a pointer to it stays in the struct.
    """
    names = [name for name, _, _ in fields if name != "_"]
    if len(set(names)) < len(names):
        return False
    end = 0
    for (_, at, node), field_align in zip(fields, aligns, strict=True):
        if not field_align or at != -(-end // field_align) * field_align:
            return False
        end = at + node.size
    return bool(align) and size in {-(-(end + more) // align) * align for more in (0, 1)}


def _occurrences(data: bytes, pattern: bytes) -> Iterator[int]:
    at = data.find(pattern)
    while at >= 0:
        yield at
        at = data.find(pattern, at + 1)
