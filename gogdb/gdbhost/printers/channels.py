"""Channels: what is buffered, and how many goroutines wait."""

from __future__ import annotations

from collections.abc import Iterator

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost.printers.members import member_type, type_name
from gogdb.gdbhost.printers.memory import MEMORY, limit
from gogdb.gdbhost.printers.nesting import Nesting
from gogdb.gdbhost.printers.sequences import Elements
from gogdb.gdbhost.printers.shown import Child, Container, Text, bounded

__all__ = ["show_channel"]


def show_channel(value: gdb.Value) -> Text | Container:
    """Show a pointer to a struct like hchan<T>, as the linker makes them."""
    name = type_name(value.type) or str(value.type.strip_typedefs().target().name)
    address = int(value)
    if address == 0:
        return Text("nil", name)
    channel = value.dereference()
    try:
        MEMORY.read(address, int(channel.type.sizeof))
    except GogdbError as error:
        return Text(f"{name} <{error}>", name)
    length, capacity = int(channel["qcount"]), int(channel["dataqsiz"])
    parts = [f"of length {length}, capacity {capacity}"]
    if int(channel["closed"]):
        parts.append("closed")
    for queue, what in (("recvq", "receiving"), ("sendq", "sending")):
        if waiting := _count(channel[queue]["first"]):
            parts.append(f"{waiting} {what}")
    text = ", ".join(parts)
    first = int(channel["recvx"])
    if length > capacity or (length and first >= capacity):
        return Text(f"{name} {text}: <not a channel>", name)
    nesting = Nesting(value, (address, "chan"))
    if length == 0:
        return Text(f"{name} {text}", name)
    if why := nesting.why_not_deeper:
        return Text(f"{name} {text} {why}", name)
    elements = Elements(_element_type(channel), int(channel["buf"]))

    def children() -> Iterator[Child]:
        """Yield the elements in the order in which they are received."""
        for number in range(length):
            index = (first + number) % capacity
            try:
                MEMORY.read(elements.address(index), elements.stride)
            except GogdbError as error:
                yield f"[{number}]", f"<{error}>"
                return
            shown = nesting.show(elements.address(index), elements.stride)
            yield f"[{number}]", elements[index] if shown else "{...}"

    return Container(name, text, lambda: bounded(children(), length), "array")


def _element_type(channel: gdb.Value) -> gdb.Type:
    """Return T of an hchan<T>: its sudogs have a *T where those of the runtime have any pointer."""
    sudog = channel["recvq"]["first"].type.target()
    return member_type(sudog, "elem").target()


def _count(sudog: gdb.Value) -> str:
    """Return how many sudogs a list has, "" if none; the count ends with "+" where it is cut."""
    seen: set[int] = set()
    most = limit()
    try:
        while address := int(sudog):
            if address in seen or len(seen) == most:
                return f"{len(seen)}+"
            seen.add(address)
            sudog = sudog["next"]
    except gdb.error:
        return f"{len(seen)}+"
    return str(len(seen)) if seen else ""
