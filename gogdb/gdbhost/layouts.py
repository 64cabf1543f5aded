"""`Layouts` from the debug information that GDB has read."""

from __future__ import annotations

import gdb

from gogdb.gdbhost import process
from gogdb.inferior.layout import Kind, Struct, TypeNode, flatten

__all__ = ["DebugInfoLayouts"]

_SCALARS: dict[int, Kind] = {
    gdb.TYPE_CODE_PTR: "uint",
    gdb.TYPE_CODE_BOOL: "bool",
    gdb.TYPE_CODE_CHAR: "uint",
}


class DebugInfoLayouts:
    """Struct layouts by `gdb.lookup_type`; each type is looked up once."""

    source = "debug information"

    def __init__(self) -> None:
        self._structs: dict[str, Struct | None] = {}
        self._nodes: dict[str, TypeNode] = {}

    def struct(self, name: str) -> Struct | None:
        if name not in self._structs:
            self._structs[name] = self._look_up(name)
        return self._structs[name]

    def _look_up(self, name: str) -> Struct | None:
        try:
            struct = gdb.lookup_type(name)
        except gdb.error as error:  # GDB looks at the selected frame first, and may need to read it
            process.check(error)
            return None
        return flatten(name, self.node(struct))

    def node(self, type: gdb.Type) -> TypeNode:
        """Return the layout of a GDB type; a named type is converted once."""
        type = type.strip_typedefs()
        name = str(type.name or "")
        if name and name in self._nodes:
            return self._nodes[name]
        node = self._make(type)
        if name:
            self._nodes[name] = node
        return node

    def _make(self, type: gdb.Type) -> TypeNode:
        size = int(type.sizeof)
        if type.code == gdb.TYPE_CODE_STRUCT:
            members = [
                (str(f.name), f.bitpos // 8, self.node(f.type))
                for f in type.fields()
                if f.bitpos is not None and f.type is not None
            ]
            return TypeNode("struct", size, members)
        if type.code == gdb.TYPE_CODE_ARRAY:
            low, high = type.range()
            element = type.target().strip_typedefs()
            return TypeNode("array", size, (), self.node(element), high - low + 1)
        if type.code == gdb.TYPE_CODE_FUNC:  # a func value is a pointer to a funcval
            return TypeNode("uint", 8)
        if type.code == gdb.TYPE_CODE_INT:
            return TypeNode("int" if type.is_signed else "uint", size)
        return TypeNode(_SCALARS.get(type.code, "other"), size)
