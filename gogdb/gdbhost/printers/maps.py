"""Maps, of either implementation: recognized by the fields of the structs behind them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost.printers.members import address_of, member_type, names, offset, type_name
from gogdb.gdbhost.printers.memory import MEMORY, limit
from gogdb.gdbhost.printers.nesting import Nesting
from gogdb.gdbhost.printers.shown import Child, Container, Text, bounded
from gogdb.runtime.values.maps import BucketMap, Entry, GroupLayout, SwissMap

__all__ = ["show_map"]

_MAX_DIRECT = 128  # bytes; a larger key or element is kept as a pointer (MapMaxKeyBytes)


class _Slot:
    """How a key or an element is kept: of `type`, or as a pointer to it."""

    def __init__(self, type: gdb.Type, is_indirect: bool) -> None:
        self._pointer = type.pointer()
        self._is_indirect = is_indirect
        self._size = int(type.target().sizeof if is_indirect else type.sizeof)

    def read(self, address: int, nesting: Nesting) -> gdb.Value | str:
        value = gdb.Value(address).cast(self._pointer).dereference()
        try:
            if self._is_indirect:
                value = value.dereference()
            at = address_of(value)
            MEMORY.read(at, self._size)
        except gdb.error:
            return f"<cannot read 8 bytes at {address:#x}>"
        except GogdbError as error:
            return f"<{error}>"
        return value if nesting.show(at, self._size) else "{...}"


def show_map(value: gdb.Value) -> Text | Container:
    """Show a pointer to a struct like map<K,V> or hash<K,V>, as the linker makes them."""
    name = type_name(value.type) or str(value.type.strip_typedefs().target().name)
    address = int(value)
    if address == 0:
        return Text("nil", name)
    nesting = Nesting(value, (address, "map"))
    if why := nesting.why_not_deeper:
        return Text(f"{name} {why}", name)
    header = value.dereference()
    try:
        MEMORY.read(address, int(header.type.sizeof))
    except GogdbError as error:
        return Text(f"{name} <{error}>", name)
    is_swiss = "dirPtr" in names(header.type)
    source, key, element = _swiss(header) if is_swiss else _buckets(header)
    count = int(header["used" if is_swiss else "count"])
    entries, problem = _entries(source, limit() + 1)
    text = f"with {count} {'element' if count == 1 else 'elements'}"
    if len(entries) <= limit() and not problem and len(entries) != count:
        text += f" by its count, and {len(entries)} in its slots"

    def pairs() -> Iterator[Child]:
        number = 0
        for entry in entries:
            for slot, at in zip((key, element), entry, strict=True):
                yield f"[{number}]", slot.read(at, nesting)
                number += 1
        if problem:
            yield f"[{number}]", "..."
            yield f"[{number + 1}]", problem

    return Container(name, text, lambda: bounded(pairs(), 2 * count, "map"), "map")


def _entries(source: SwissMap | BucketMap, most: int) -> tuple[list[Entry], str]:
    """Return the first entries, and what is wrong behind them or ""."""
    entries: list[Entry] = []
    try:
        entries.extend(islice(source.entries(MEMORY), most))
    except GogdbError as error:
        return entries, f"<{error}>"
    return entries, ""


def _swiss(header: gdb.Value) -> tuple[SwissMap, _Slot, _Slot]:
    directory = header["dirPtr"]
    table = directory.type.target().target()
    groups, references = offset(table, "groups"), member_type(table, "groups")
    group = member_type(references, "data").target()
    if "slots" in names(group):
        slot = member_type(group, "slots").strip_typedefs().target()
        key, element = member_type(slot, "key"), member_type(slot, "elem")
        first, stride = offset(group, "slots"), int(slot.sizeof)
        places = first + offset(slot, "key"), stride, first + offset(slot, "elem"), stride
    else:  # GOEXPERIMENT=mapsplitgroup
        key, element = _item_type(group, "keys"), _item_type(group, "elems")
        strides = int(key.sizeof), int(element.sizeof)
        places = offset(group, "keys"), strides[0], offset(group, "elems"), strides[1]
    swiss = SwissMap(
        int(directory),
        int(header["dirLen"]),
        groups + offset(references, "data"),
        groups + offset(references, "lengthMask"),
        offset(group, "ctrl"),
        GroupLayout(int(group.sizeof), *places),
    )
    return swiss, *_slots(header.type, key, element)


def _buckets(header: gdb.Value) -> tuple[BucketMap, _Slot, _Slot]:
    bucket = header["buckets"].type.target()
    key, element = _item_type(bucket, "keys"), _item_type(bucket, "values")
    strides = int(key.sizeof), int(element.sizeof)
    places = offset(bucket, "keys"), strides[0], offset(bucket, "values"), strides[1]
    buckets = BucketMap(
        int(header["flags"]),
        int(header["B"]),
        int(header["buckets"]),
        int(header["oldbuckets"]),
        offset(bucket, "tophash"),
        offset(bucket, "overflow"),
        GroupLayout(int(bucket.sizeof), *places),
    )
    return buckets, *_slots(header.type, key, element)


def _slots(header: gdb.Type, key: gdb.Type, element: gdb.Type) -> tuple[_Slot, _Slot]:
    """Return how keys and elements are kept; the name of the header, "hash<K,V>", has their types.

    The linker describes a large one as a pointer (synthesizemaptypes in cmd/link).
    """
    types = str(header.name).partition("<")[2].removesuffix(">")
    key_is_pointer, element_is_pointer = types.startswith("*"), False
    if _is_pointer(element):
        element_is_pointer = types.endswith(f",*{element.target().name}")
    return (
        _Slot(key, _is_pointer(key) and not key_is_pointer and _is_large(key)),
        _Slot(element, _is_pointer(element) and not element_is_pointer and _is_large(element)),
    )


def _item_type(struct: gdb.Type, array: str) -> gdb.Type:
    return member_type(struct, array).strip_typedefs().target()


def _is_pointer(type: gdb.Type) -> bool:
    return bool(type.code == gdb.TYPE_CODE_PTR)


def _is_large(pointer: gdb.Type) -> bool:
    return int(pointer.target().sizeof) > _MAX_DIRECT
