"""The types of packages sync and sync/atomic, recognized by their names."""

from __future__ import annotations

from collections.abc import Callable

import gdb

from gogdb.gdbhost.printers.members import names
from gogdb.gdbhost.printers.shown import Text
from gogdb.runtime.values.locks import mutex_text, once_text, rw_mutex_text, wait_group_text

__all__ = ["ATOMICS", "LOCKS", "show_atomic"]


def _number(value: gdb.Value) -> int:
    """Return the one number in a value, which may be in a struct like atomic.Int32."""
    while value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        fields = (value[field] for field in value.type.strip_typedefs().fields())
        (value,) = (field for field in fields if field.type.sizeof)
    return int(value)


def _mutex_state(mutex: gdb.Value) -> int:
    return int((mutex["mu"] if "mu" in names(mutex.type) else mutex)["state"])  # since go1.24 in mu


def _mutex(value: gdb.Value) -> str:
    return mutex_text(_mutex_state(value))


def _rw_mutex(value: gdb.Value) -> str:
    counts = _number(value["readerCount"]), _number(value["readerWait"])
    return rw_mutex_text(_mutex_state(value["w"]), *counts)


def _wait_group(value: gdb.Value) -> str:
    if "state" in names(value.type):  # since go1.20
        return wait_group_text(_number(value["state"]))
    return wait_group_text(int(value["state1"]))  # aligned to 8 bytes on 64-bit processors


def _once(value: gdb.Value) -> str:
    return once_text(_number(value["done"]), _mutex_state(value["m"]))


LOCKS: dict[str, Callable[[gdb.Value], str]] = {
    "sync.Mutex": _mutex,
    "internal/sync.Mutex": _mutex,
    "sync.RWMutex": _rw_mutex,
    "sync.WaitGroup": _wait_group,
    "sync.Once": _once,
}


_PACKAGES = ("sync/atomic", "internal/runtime/atomic", "runtime/internal/atomic")
_KINDS = ("Bool", "Int32", "Int64", "Pointer", "Uint8", "Uint32", "Uint64", "Uintptr")
ATOMICS = frozenset(f"{package}.{kind}" for package in _PACKAGES for kind in _KINDS)


def show_atomic(value: gdb.Value) -> Text | None:
    """Show a value of sync/atomic, or of the runtime's own package, as what it holds."""
    type = value.type.strip_typedefs()
    kind = str(type.name).partition("[")[0].rpartition(".")[2]
    if kind == "Bool":
        return Text("true" if _number(value) else "false")
    if kind != "Pointer":
        return Text(str(_number(value)))
    array = type.fields()[0].type  # [0]*T, in front of a noCopy and an unsafe.Pointer
    if array is None or array.code != gdb.TYPE_CODE_ARRAY:
        return None
    return Text(f"(*{array.target().target().name}) {int(value['v']):#x}")
