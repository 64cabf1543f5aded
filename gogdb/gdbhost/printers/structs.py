"""The fields of structs, and structs that are too big to be shown whole."""

from __future__ import annotations

from collections.abc import Iterator

import gdb

from gogdb.gdbhost.printers.memory import limit
from gogdb.gdbhost.printers.nesting import Nesting
from gogdb.gdbhost.printers.shown import Child, Container

__all__ = ["fields", "show_big_struct"]

_MAX_DEPTH = 64


def show_big_struct(value: gdb.Value) -> Container | None:
    """Show a struct of more scalars than `print elements` allows, None for any other.

    Of its fields those are shown whole for which there is room; of the others, "{...}".
    """
    type = value.type.strip_typedefs()
    most = limit()
    # a C struct has no dot in its name; each scalar has at least one byte
    if "." not in str(type.name) or type.sizeof <= most or _scalars(type, most) <= most:
        return None
    if value.address is None:
        return None
    nesting = Nesting(value, (int(value.address), str(type.name)))
    return Container(str(type.name), "", lambda: _fitting(nesting, value, most))


def _fitting(nesting: Nesting, value: gdb.Value, room: int) -> Iterator[Child]:
    for name, child in fields(nesting, value):
        size = _scalars(child.type, room) if isinstance(child, gdb.Value) else 1
        if size > room:
            yield name, "{...}"
        else:
            room -= size
            yield name, child


def fields(nesting: Nesting, value: gdb.Value) -> Iterator[Child]:
    """Yield the name and value of each field of a struct."""
    for field in value.type.strip_typedefs().fields():
        child = value[field]
        address = child.address
        if address is not None and not nesting.show(int(address), int(child.type.sizeof)):
            yield str(field.name), "{...}"
            return
        yield str(field.name), child


def _scalars(type: gdb.Type, most: int, depth: int = 0) -> int:
    """Return how many scalars a value of a type has; any number above `most` stands for more."""
    type = type.strip_typedefs()
    if depth == _MAX_DEPTH:
        return most + 1
    if type.code == gdb.TYPE_CODE_ARRAY:
        low, high = type.range()
        return (high - low + 1) * _scalars(type.target(), most, depth + 1)
    if type.code != gdb.TYPE_CODE_STRUCT:
        return 1
    total = 0
    for field in type.fields():
        if field.type is not None and total <= most:
            total += _scalars(field.type, most, depth + 1)
    return total
