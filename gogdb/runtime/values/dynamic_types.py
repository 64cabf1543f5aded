"""The dynamic type of an interface: what its type descriptor says, and its name in DWARF.

Descriptors are laid out as in internal/abi/type.go (runtime/type.go up to go1.20), names as
internal/abi.Name. A descriptor's own text has only the last part of a package's path, where debug
information has the whole path.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from gogdb.errors import GogdbError
from gogdb.inferior.memory import Memory
from gogdb.runtime.goversion import DESCRIPTOR_KIND_MASK

__all__ = ["ARRAY", "FUNC", "POINTER", "Descriptor", "DynamicTypes"]

ARRAY, CHAN, FUNC, INTERFACE, MAP, POINTER, SLICE, STRUCT = 17, 18, 19, 20, 21, 22, 23, 25
"""Some of abi.Kind."""

_TYPE = struct.Struct("<Q12xBxxB16xi4x")  # Size_, TFlag, Kind_, Str
_DIRECT = 1 << 5  # KindDirectIface in Kind_; since go1.26 TFlagDirectIface in TFlag
_UNCOMMON, _EXTRA_STAR, _NAMED = 1 << 0, 1 << 1, 1 << 2  # of TFlag
# Bytes of a kind's own descriptor, behind which is the UncommonType: ArrayType, ChanType, …
_SIZES = {ARRAY: 72, CHAN: 64, FUNC: 56, INTERFACE: 80, POINTER: 56, SLICE: 56, STRUCT: 80}
_COMPOSED = (ARRAY, CHAN, MAP, POINTER, SLICE)
_TYPE_SIZE = 48
_FIRST, _SECOND = 48, 56  # offsets: Elem, or Key of a map; Elem of a map, Dir of a chan
_LENGTH = 64  # offset of Len in an ArrayType
_CHANNELS = {1: "<-chan ", 2: "chan<- "}  # abi.ChanDir
_MAX_NAME = 1 << 12  # bytes
_MAX_DEPTH = 32


class Descriptor(NamedTuple):
    """A type as its descriptor has it: its size in bytes, its own text such as "fs.PathError".

    `is_direct`: an interface holds the value itself, not its address. `element` is the address of
    the descriptor of what it points at or consists of, `length` that of an array.
    """

    kind: int
    size: int
    text: str
    is_direct: bool
    element: int
    length: int
    is_named: bool


class DynamicTypes:
    """Reads descriptors. `sections` are the bounds of each module's types (moduledata).

    `map_size` is the size in bytes of a map's descriptor in this release, 0 if not known.
    """

    def __init__(
        self, memory: Memory, sections: Sequence[tuple[int, int]], map_size: int = 0
    ) -> None:
        self._memory = memory
        self._sections = sections
        self._sizes = {**_SIZES, **({MAP: map_size} if map_size else {})}

    def descriptor(self, address: int) -> Descriptor:
        """Return the descriptor at an address. Raises `GogdbError` if there is none."""
        size, flags, kind, name = _TYPE.unpack(self._memory.read(address, _TYPE_SIZE))
        is_direct = bool((flags | kind) & _DIRECT)
        kind &= DESCRIPTOR_KIND_MASK
        text = self._name(self._section(address) + name)
        if flags & _EXTRA_STAR:
            text = text.removeprefix("*")
        has_element = kind in (ARRAY, POINTER)
        element = self._word(address + _FIRST) if has_element else 0
        length = self._word(address + _LENGTH) if kind == ARRAY else 1
        return Descriptor(kind, size, text, is_direct, element, length, bool(flags & _NAMED))

    def full_name(self, address: int, depth: int = 0) -> str:
        """Return the name of a type with the whole paths of packages. Raises `GogdbError`."""
        if depth > _MAX_DEPTH:
            raise GogdbError(f"the type at {address:#x} does not end")
        found = self.descriptor(address)
        if found.is_named:
            return self._named(address, found)
        if found.kind not in _COMPOSED:
            return found.text
        first = self.full_name(self._word(address + _FIRST), depth + 1)
        second = self._word(address + _SECOND)
        if found.kind == MAP:
            return f"map[{first}]{self.full_name(second, depth + 1)}"
        before = {
            ARRAY: f"[{found.length}]",
            CHAN: _CHANNELS.get(second, "chan "),
            POINTER: "*",
            SLICE: "[]",
        }
        return before[found.kind] + first

    def _named(self, address: int, found: Descriptor) -> str:
        """Return the name of a declared type, behind the path of its package."""
        head, bracket, arguments = found.text.partition("[")  # of a generic type
        package, dot, name = head.rpartition(".")
        flags = self._memory.read(address + 20, 1)[0]
        size = self._sizes.get(found.kind, 0 if found.kind == MAP else _TYPE_SIZE)
        if dot and size and flags & _UNCOMMON:
            offset = int.from_bytes(self._memory.read(address + size, 4), "little", signed=True)
            path = self._name(self._section(address) + offset)
            if path.rpartition("/")[2] and path.isprintable():
                package = path
        return f"{package}{dot}{name}{bracket}{arguments}"

    def _section(self, address: int) -> int:
        """Return the address from which the names of a descriptor are counted."""
        start = next((low for low, high in self._sections if low <= address < high), None)
        if start is None:  # as for one that package reflect has made
            raise GogdbError(f"no type at {address:#x}")
        return start

    def _name(self, address: int) -> str:
        """Return the text of an abi.Name: a byte of flags, the length as a varint, the text."""
        data = self._memory.read(address, 4)
        length, shift, at = 0, 0, 1
        while True:
            if at == len(data):
                raise GogdbError(f"no name at {address:#x}")
            length |= (data[at] & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if not data[at - 1] & 0x80:
                break
        if length > _MAX_NAME:
            raise GogdbError(f"no name at {address:#x}")
        return self._memory.read(address + at, length).decode("utf-8", "backslashreplace")

    def _word(self, address: int) -> int:
        return int.from_bytes(self._memory.read(address, 8), "little")
