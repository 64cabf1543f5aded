"""What addresses point at, places and functions, as text in the language in use."""

from __future__ import annotations

from dataclasses import replace

from gogdb.i18n import tr
from gogdb.runtime.address_info import AddressInfo
from gogdb.runtime.disasm_notes import TLS_SLOT, Effect
from gogdb.runtime.model import NEW_G

__all__ = ["describe", "describe_register", "effect", "g_label", "short", "slot"]


def describe(info: AddressInfo) -> str:
    """Return a short text on what an address points at; "" for a mere number."""
    name = g_label(info.name)
    match info.kind:
        case "stack" if info.frame:
            return tr("{name}'s stack: frame of {frame}", name=name, frame=info.frame)
        case "stack":
            return tr("{name}'s stack, {offset:#x} below hi", name=name, offset=info.offset)
        case "os-stack" if info.offset:
            return tr(
                "the OS thread's stack, {offset:#x} above the entry's rsp", offset=info.offset
            )
        case "os-stack":
            return tr("the OS thread's stack: the entry's rsp")
        case "section":
            return tr("in {section}", section=info.name)
        case "heap":
            inside = f", +{info.offset}" if info.offset else ""
            return tr("heap, {size} B", size=info.size) + inside
        case "span":
            return tr("pages of the runtime's own")
    return replace(info, name=name).expression


def describe_register(info: AddressInfo, *, is_fp: bool) -> str:
    """Return what the value of a register points at; "" for 0, except in the frame pointer."""
    if info.kind == "nil":
        return tr("0: the end of the chain") if is_fp else ""
    return describe(info)


def g_label(label: str) -> str:
    """Return a g's label; only the label of a g without a goid is translated."""
    return tr("the new g") if label == NEW_G else label


def short(function: str) -> str:
    """Return a function's name without "runtime." and ".abi0", for narrow columns."""
    return function.removeprefix("runtime.").replace(".abi0", "")


def effect(written: Effect | None) -> str:
    """Return the note beside an instruction, such as "rsp = g1.sched.sp"; "" for None."""
    if written is None:
        return ""
    if not written.to:
        return tr("to {function}", function=written.value)
    return f"{slot(written.to)} = {slot(written.value)}"


def slot(name: str) -> str:
    """Return the name of a place in memory; only the TLS slot's name is translated."""
    return tr("TLS slot") if name == TLS_SLOT else name
