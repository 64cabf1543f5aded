"""`Layouts` from the debug information that GDB has read."""

from __future__ import annotations

from collections.abc import Sequence

import gdb

from gogdb.gdbhost import process
from gogdb.inferior.layout import Kind, Struct, TypeNode, flatten

__all__ = ["DebugInfoLayouts", "find_type"]

_SCALARS: dict[int, Kind] = {
    gdb.TYPE_CODE_PTR: "uint",
    gdb.TYPE_CODE_BOOL: "bool",
    gdb.TYPE_CODE_CHAR: "uint",
}
_TYPE_DOMAIN: int = getattr(gdb, "SYMBOL_TYPE_DOMAIN", gdb.SYMBOL_STRUCT_DOMAIN)  # since GDB 16


def find_type(name: str, files: Sequence[gdb.Objfile]) -> gdb.Type | None:
    """Return a type from debug information, None if there is none with this name.

    With `files` it is looked up only in these: each of several Go programs in a process has its own
    `runtime.g`, and GDB takes that of the first.
    """
    try:
        if not files:
            return gdb.lookup_type(name)
        symbols = (file.lookup_static_symbol(name, _TYPE_DOMAIN) for file in files)
        return next((symbol.type for symbol in symbols if symbol is not None), None)
    except gdb.error as error:  # GDB looks at the selected frame first, and may need to read it
        process.check(error)
        return None


class DebugInfoLayouts:
    """Struct layouts by `find_type`; each type is looked up once."""

    source = "debug information"

    def __init__(self, files: Sequence[gdb.Objfile] = ()) -> None:
        self._files = files
        self._structs: dict[str, Struct | None] = {}
        self._nodes: dict[str, TypeNode] = {}

    def struct(self, name: str) -> Struct | None:
        if name not in self._structs:
            self._structs[name] = self._look_up(name)
        return self._structs[name]

    def _look_up(self, name: str) -> Struct | None:
        struct = find_type(name, self._files)
        return None if struct is None else flatten(name, self.node(struct))

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
