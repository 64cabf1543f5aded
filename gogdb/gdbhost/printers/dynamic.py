"""The dynamic type and value of an interface, as GDB knows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost.printers.members import address_of, names
from gogdb.gdbhost.printers.memory import MEMORY
from gogdb.runtime.values.dynamic_types import ARRAY, POINTER, DynamicTypes

__all__ = ["Dynamic", "dynamic", "find_type", "find_variables", "forget"]

_MAX_MODULES = 1000  # one, and one more for each plugin
_MAX_DEPTH = 32
# In this order: before GDB 16 a struct is in a domain of its own.
_DOMAINS: tuple[int, ...] = tuple(
    getattr(gdb, name)
    for name in ("SYMBOL_STRUCT_DOMAIN", "SYMBOL_TYPE_DOMAIN", "SYMBOL_VAR_DOMAIN")
    if hasattr(gdb, name)
)
_MAP_DESCRIPTORS = ("internal/abi.MapType", "internal/abi.SwissMapType", "runtime.maptype")


class Dynamic(NamedTuple):
    """What an interface holds: the name of its type, its value, None if GDB has no such type.

    `address` is that of the value, or of the word that is the value.
    """

    name: str
    value: gdb.Value | None
    address: int


_Type = tuple[str, gdb.Type | None, bool]
_types: dict[tuple[int, int, int], _Type] = {}  # by inferior, process, and descriptor


def forget() -> None:
    """Forget the types that were looked up, because GDB has other files now."""
    _types.clear()


def dynamic(interface: gdb.Value) -> Dynamic | None:
    """Return what an interface holds, None if it is nil. Raises `GogdbError`, `gdb.error`."""
    if "tab" in names(interface.type):
        tab = interface["tab"]
        if int(tab) == 0:
            return None
        fields = names(tab.type.target())
        descriptor = int(tab["Type" if "Type" in fields else "_type"])  # since go1.22 in abi.ITab
    else:
        descriptor = int(interface["_type"])
    if descriptor == 0:
        return None
    name, type, is_direct = _look_up(descriptor)
    data = interface["data"]
    address = int(data)
    if is_direct and data.address is not None:
        address = int(data.address)
    if type is None or (is_direct and data.address is None):
        return Dynamic(name, None, int(data))
    return Dynamic(name, gdb.Value(address).cast(type.pointer()).dereference(), address)


def _look_up(descriptor: int) -> _Type:
    """Return the name and type that a descriptor has, and whether interfaces hold it directly."""
    inferior = gdb.selected_inferior()
    key = inferior.num, inferior.pid, descriptor
    if key not in _types:
        reader = _types_reader()
        found = reader.descriptor(descriptor)
        type = _type(reader, descriptor)
        if type is not None and found.size != int(type.sizeof):
            type = None  # of another type with this name
        _types[key] = reader.full_name(descriptor), type, found.is_direct
    return _types[key]


def _type(reader: DynamicTypes, address: int, depth: int = 0) -> gdb.Type | None:
    """Return the type that a descriptor describes, None if debug information has none."""
    found = reader.descriptor(address)
    if found.is_named or found.kind not in (ARRAY, POINTER):
        name = reader.full_name(address)
        return find_type(name) or find_type(_escaped(name))
    element = _type(reader, found.element, depth + 1) if depth < _MAX_DEPTH else None
    if element is None:
        return None
    return element.pointer() if found.kind == POINTER else element.array(found.length - 1)


def _escaped(name: str) -> str:
    """Return a name with the dots of the package path's last part as the linker writes them.

    Source: PathToPrefix in cmd/internal/objabi/path.go.
    """
    package, dot, base = name.rpartition(".")
    directory, slash, last = package.rpartition("/")
    return f"{directory}{slash}{last.replace('.', '%2e')}{dot}{base}"


def find_type(name: str) -> gdb.Type | None:
    """Return a type by its name in debug information; GDB's own `int` and the like do not count."""
    for objfile in gdb.objfiles():
        for domain in _DOMAINS:
            symbol = objfile.lookup_static_symbol(name, domain)
            type = None if symbol is None else symbol.type
            if type is not None and type.name == name:
                return type
    return None


def find_variables(name: str) -> Iterator[gdb.Value]:
    """Yield the global variable `name` of each Go program in the process."""
    for objfile in gdb.objfiles():
        symbol = objfile.lookup_static_symbol(name) or objfile.lookup_global_symbol(name)
        if symbol is not None:
            yield symbol.value()


def _types_reader() -> DynamicTypes:
    sections: list[tuple[int, int]] = []
    for module in find_variables("runtime.firstmoduledata"):
        _add_sections(module, sections)
    if not sections:
        raise GogdbError("GDB has no debug information of the Go runtime")
    sizes = (int(type.sizeof) for type in map(find_type, _MAP_DESCRIPTORS) if type)
    return DynamicTypes(MEMORY, sections, next(sizes, 0))


def _add_sections(module: gdb.Value, sections: list[tuple[int, int]]) -> None:
    seen: set[int] = set()
    while address_of(module) not in seen and len(seen) < _MAX_MODULES:
        seen.add(address_of(module))
        sections.append((int(module["types"]), int(module["etypes"])))
        if int(module["next"]) == 0:
            return
        module = module["next"].dereference()
