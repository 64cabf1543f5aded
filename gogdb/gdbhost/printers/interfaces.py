"""Interfaces, with the type and the value that they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost.printers.contexts import context_text
from gogdb.gdbhost.printers.dynamic import Dynamic, dynamic
from gogdb.gdbhost.printers.error_text import error_text
from gogdb.gdbhost.printers.members import address_of
from gogdb.gdbhost.printers.memory import MEMORY
from gogdb.gdbhost.printers.nesting import Nesting
from gogdb.gdbhost.printers.sequences import show_array
from gogdb.gdbhost.printers.shown import Child, Container, Text
from gogdb.gdbhost.printers.structs import fields

__all__ = ["show_interface"]

Show = Callable[[gdb.Value], Text | Container | None]


def show_interface(value: gdb.Value, show: Show) -> Text | Container:
    """Show a runtime.eface or runtime.iface; `show` is the printer of other Go values."""
    try:
        held = dynamic(value)
        if held is None:
            return Text("nil")
        if text := context_text(held) or error_text(held):
            return Text(f"({held.name}) {text}")
        if held.value is None:
            return Text(f"({held.name}) {held.address:#x}")
        return _show_held(value, held, held.value, show)
    except GogdbError as error:
        return Text(f"<{error}>")


def _show_held(value: gdb.Value, held: Dynamic, inner: gdb.Value, show: Show) -> Text | Container:
    type = inner.type.strip_typedefs()
    name = f"({held.name})"
    nesting = Nesting(value, (held.address, held.name))
    if why := nesting.why_not_deeper:
        return Text(f"{name} {why}")
    MEMORY.read(held.address, int(type.sizeof))
    nesting.show(held.address, int(type.sizeof))
    shown = show(inner)
    if isinstance(shown, Text):
        return Text(f"{name} {shown.text.removeprefix(held.name).strip()}")
    if shown is not None:
        return Container(name, shown.text, shown.children, shown.hint)
    if type.code == gdb.TYPE_CODE_STRUCT:
        return Container(name, "", lambda: fields(nesting, inner))
    if type.code == gdb.TYPE_CODE_ARRAY:
        array = show_array(inner)
        return Container(name, "", array.children, "array")
    if type.code == gdb.TYPE_CODE_PTR and _is_struct(type.target()) and int(inner):
        return _pointer_to_struct(name, inner, nesting)
    return Text(f"{name} {_plain(inner)}")


def _is_struct(type: gdb.Type) -> bool:
    return bool(type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT)


def _pointer_to_struct(name: str, pointer: gdb.Value, outer: Nesting) -> Text | Container:
    address, target = int(pointer), pointer.dereference()
    text = f"{address:#x}"
    nesting = Nesting(pointer, (address, name))
    if why := nesting.why_not_deeper:
        return Text(f"{name} {text} {why}")
    try:
        MEMORY.read(address, int(target.type.sizeof))
    except GogdbError as error:
        return Text(f"{name} {text} <{error}>")

    def children() -> Iterator[Child]:
        yield from fields(nesting, target)

    return Container(name, text, children)


def _plain(value: gdb.Value) -> str:
    """Return a number or a pointer as GDB prints it, without the type in front."""
    code = value.type.strip_typedefs().code
    if code in (gdb.TYPE_CODE_PTR, gdb.TYPE_CODE_FUNC):
        word = int(value) if code == gdb.TYPE_CODE_PTR else address_of(value)
        return f"{word:#x}"
    return str(value.format_string(raw=True))
