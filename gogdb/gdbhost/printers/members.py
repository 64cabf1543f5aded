"""The members of a struct type, and where a value is. All raise `KeyError` or `TypeError`.

A release whose structs have other members than the printers know is shown by GDB itself.
"""

from __future__ import annotations

import gdb

__all__ = ["address_of", "member_type", "names", "offset", "type_name"]


def names(type: gdb.Type) -> tuple[str, ...]:
    """Return the names of a struct's fields in their order."""
    return tuple(str(field.name) for field in type.strip_typedefs().fields())


def type_name(type: gdb.Type) -> str:
    """Return the name of a value's type, "" if it has none.

    In a generic function the types of variables are typedefs called ".param0" and so on, of the
    type for which the function was compiled, such as "[]go.shape.int".
    """
    while type.code == gdb.TYPE_CODE_TYPEDEF and str(type.name).startswith(".param"):
        type = type.target()
    return str(type.name or "")


def member_type(type: gdb.Type, name: str) -> gdb.Type:
    """Return the type of a field."""
    field = type.strip_typedefs()[name].type
    if field is None:
        raise TypeError(name)
    return field


def offset(type: gdb.Type, name: str) -> int:
    """Return where a field is in a struct, in bytes."""
    bits = type.strip_typedefs()[name].bitpos
    if bits is None:
        raise TypeError(name)
    return bits // 8


def address_of(value: gdb.Value) -> int:
    """Return the address of a value in memory."""
    if value.address is None:
        raise TypeError("a value in registers")
    return int(value.address)
