"""The collection of pretty printers that `set gogdb printers on` adds to GDB's.

GDB asks the printers of object files before all others, and Go's runtime-gdb.py adds its own to the
program's. So the collection is the first of the first object file, where it comes before those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gdb

from gogdb.errors import ShownError
from gogdb.gdbhost.printers import dynamic, nesting
from gogdb.gdbhost.printers.channels import show_channel
from gogdb.gdbhost.printers.interfaces import show_interface
from gogdb.gdbhost.printers.maps import show_map
from gogdb.gdbhost.printers.members import member_type, names
from gogdb.gdbhost.printers.sequences import show_slice
from gogdb.gdbhost.printers.shown import Container, Text
from gogdb.gdbhost.printers.strings import show_string
from gogdb.gdbhost.printers.structs import show_big_struct
from gogdb.gdbhost.printers.sync_types import ATOMICS, LOCKS, show_atomic
from gogdb.gdbhost.printers.times import show_duration, show_time

__all__ = ["switch"]

Shown = Text | Container | None

_HEADERS = {"map": "map", "hash": "map", "hchan": "channel"}  # of map<K,V>, hash<K,V>, hchan<T>
_STRING, _SLICE = ("str", "len"), ("array", "len", "cap")


class _Printer:
    """One kind of values, which `disable pretty-printer objfile gogdb;NAME` turns off."""

    def __init__(self, name: str, show: Callable[[gdb.Value], Shown]) -> None:
        self.name = name
        self.enabled = True
        self.show = show


class Collection:
    """What GDB asks for the printer of a value, in the form of its module gdb.printing."""

    name = "gogdb"

    def __init__(self) -> None:
        self.enabled = True
        self.subprinters = [
            _Printer("string", show_string),
            _Printer("slice", show_slice),
            _Printer("map", show_map),
            _Printer("channel", show_channel),
            _Printer("interface", self._show_interface),
            _Printer("time", show_time),
            _Printer("duration", show_duration),
            _Printer("lock", lambda value: Text(LOCKS[_name(value)](value))),
            _Printer("atomic", show_atomic),
            _Printer("struct", show_big_struct),
        ]
        self._by_name = {printer.name: printer for printer in self.subprinters}

    def _show_interface(self, value: gdb.Value) -> Shown:
        is_atomic = _name(value) == "sync/atomic.Value"
        return show_interface(value["v"] if is_atomic else value, self)

    def __call__(self, value: gdb.Value) -> Shown:
        kind = _kind(value.type.strip_typedefs())
        if not kind or not self._by_name[kind].enabled:
            return None
        around = nesting.levels()
        try:
            if value.is_optimized_out:
                return None
            return self._by_name[kind].show(value)
        except (gdb.error, ShownError) as error:
            return Text(_why(value, error))
        except (KeyError, TypeError, ValueError, OverflowError):
            return None  # of a shape that no known release has: GDB shows its fields
        finally:
            nesting.restore(around)


def _why(value: gdb.Value, error: Exception) -> str:
    """Return what stands in the place of a value that cannot be read."""
    if isinstance(error, gdb.MemoryError) and value.address is not None:
        return f"<cannot read {value.type.sizeof} bytes at {int(value.address):#x}>"
    return f"<{error}>"


def _name(value: gdb.Value) -> str:
    return str(value.type.strip_typedefs().name)


def _kind(type: gdb.Type) -> str:
    """Return the name of the printer of a type, "" if there is none."""
    if type.code == gdb.TYPE_CODE_STRUCT:
        return _kind_of_struct(type)
    if type.code == gdb.TYPE_CODE_PTR:
        target = type.target()
        if target.code != gdb.TYPE_CODE_STRUCT:
            return ""
        name, bracket, _ = str(target.name).partition("<")
        return _HEADERS.get(name, "") if bracket else ""
    return "duration" if type.name == "time.Duration" else ""


def _kind_of_struct(type: gdb.Type) -> str:
    name = str(type.name)
    if name == "time.Time":
        return "time"
    if name in LOCKS:
        return "lock"
    if name == "sync/atomic.Value":
        return "interface"
    if name.partition("[")[0] in ATOMICS:
        return "atomic"
    if name in ("runtime.iface", "runtime.eface"):
        return "interface"
    fields = names(type) if type.sizeof in (16, 24) else ()
    # a C struct may have such fields, but its int has no 8 bytes
    if fields in (_STRING, _SLICE) and all(_is_int(type, field) for field in fields[1:]):
        return "string" if fields == _STRING else "slice"
    return "struct"


def _is_int(struct: gdb.Type, field: str) -> bool:
    type = member_type(struct, field)
    return type.name == "int" and type.sizeof == 8


_collection: Any = Collection()  # gdb's stubs know only functions
_is_on = False


def switch(is_on: bool) -> None:
    """Add the collection to GDB's printers, or take it away."""
    global _is_on
    if is_on == _is_on:
        return
    _is_on = is_on
    for event, act in _EVENTS:
        (event.connect if is_on else event.disconnect)(act)
    if is_on:
        _put_first()
        return
    for objfile in _objfiles():
        if _collection in objfile.pretty_printers:
            objfile.pretty_printers.remove(_collection)


def _put_first(_: object = None) -> None:
    """Be the first printer of each program, also after a script has added its own."""
    for space in gdb.progspaces():
        for objfile in space.objfiles()[:1]:
            printers = objfile.pretty_printers
            if not printers or printers[0] is not _collection:
                if _collection in printers:
                    printers.remove(_collection)
                printers.insert(0, _collection)


def _new_file(event: object) -> None:
    dynamic.forget()
    _put_first()


_EVENTS: Any = ((gdb.events.new_objfile, _new_file), (gdb.events.before_prompt, _put_first))


def _objfiles() -> Iterator[gdb.Objfile]:
    for space in gdb.progspaces():
        yield from space.objfiles()
