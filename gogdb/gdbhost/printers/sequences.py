"""Slices, and the elements of arrays: values of one type that lie one behind the other."""

from __future__ import annotations

from collections.abc import Iterator

import gdb

from gogdb.errors import Unreadable
from gogdb.gdbhost.printers.members import address_of, type_name
from gogdb.gdbhost.printers.memory import MEMORY, limit
from gogdb.gdbhost.printers.nesting import Nesting
from gogdb.gdbhost.printers.shown import Child, Container, Text, bounded
from gogdb.runtime.values.quoting import quote

__all__ = ["Elements", "show_array", "show_slice"]


class Elements:
    """Values of `type` at `address`, each `stride` bytes behind the one before."""

    def __init__(self, type: gdb.Type, address: int) -> None:
        self._type = type
        self._pointer = type.pointer()
        self._address = address
        self.stride = int(type.sizeof)

    def __getitem__(self, index: int) -> gdb.Value:
        return gdb.Value(self.address(index)).cast(self._pointer).dereference()

    def address(self, index: int) -> int:
        return self._address + index * self.stride


def show_slice(value: gdb.Value) -> Text | Container:
    """Show a value with the fields array, len and cap."""
    array = value["array"]
    length, capacity = int(value["len"]), int(value["cap"])
    name, address = type_name(value.type), int(array)
    if address == 0 and length == 0:
        return Text("nil", name)
    text = f"of length {length}, capacity {capacity}"
    if not 0 <= length <= capacity:
        return Text(f"{name} {text}: <not a slice>", name)
    nesting = Nesting(value, (address, f"{name} {length}"))
    if why := nesting.why_not_deeper:
        return Text(f"{name} {text} {why}", name)
    element = array.type.target()
    if element.name == "uint8" and (bytes_text := _bytes_text(address, length)):
        text += f" {bytes_text}"
    elements = Elements(element, address)
    return Container(name, text, lambda: _children(nesting, elements, length), "array")


def show_array(value: gdb.Value) -> Container:
    """Show an array whose type GDB's caller does not know, as in an interface."""
    low, high = value.type.range()
    length, address = high - low + 1, address_of(value)
    nesting = Nesting(value, (address, str(value.type)))
    elements = Elements(value.type.target(), address)
    return Container("", "", lambda: _children(nesting, elements, length), "array")


def _children(nesting: Nesting, elements: Elements, length: int) -> Iterator[Child]:
    return bounded(_each(nesting, elements, length), length)


def _each(nesting: Nesting, elements: Elements, length: int) -> Iterator[Child]:
    """Yield the elements up to the first one that cannot be read."""
    ahead = min(length, limit() + 1) * elements.stride
    is_readable = _why_unreadable(elements.address(0), ahead) == ""
    for index in range(length):
        address = elements.address(index)
        if not is_readable and (why := _why_unreadable(address, elements.stride)):
            yield f"[{index}]", why
            return
        if not nesting.show(address, elements.stride):
            yield f"[{index}]", "{...}"
            return
        yield f"[{index}]", elements[index]


def _why_unreadable(address: int, size: int) -> str:
    try:
        MEMORY.read(address, size)
    except Unreadable as error:
        return f"<{error}>"
    return ""


def _bytes_text(address: int, length: int) -> str:
    """Return bytes in quotes if they are text, otherwise ""."""
    size = min(length, limit())
    try:
        text = quote(MEMORY.read(address, size), cut=size < length)
    except Unreadable:
        return ""
    return "" if "\\x" in text else text
