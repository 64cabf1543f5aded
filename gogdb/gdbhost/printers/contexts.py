"""A context.Context as its String prints it: the chain from context.Background to itself."""

from __future__ import annotations

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost.printers.dynamic import Dynamic, dynamic, find_variables
from gogdb.gdbhost.printers.members import names
from gogdb.gdbhost.printers.strings import string_text
from gogdb.gdbhost.printers.times import show_time

__all__ = ["context_text"]

_MAX_CHAIN = 64


def context_text(held: Dynamic) -> str:
    """Return the chain of a context of the standard library, "" for any other value.

    Behind it, whether the context was canceled. Raises `GogdbError`.
    """
    if not _is_known(held):
        return ""
    parts: list[str] = []
    canceled = ""
    seen: set[int] = set()
    link: Dynamic | None = held
    while link is not None and _is_known(link):
        if link.address in seen or len(parts) == _MAX_CHAIN:
            parts.append("...")
            break
        seen.add(link.address)
        part, link, is_canceled = _link(link)
        parts.append(part)
        canceled = canceled or (" (canceled)" if is_canceled else "")
    else:
        if link is not None:
            parts.append(link.name)
    return ".".join(reversed(parts)) + canceled


def _is_known(held: Dynamic) -> bool:
    name = held.name.removeprefix("*")
    return held.value is not None and name.startswith("context.") and name.endswith("Ctx")


def _link(held: Dynamic) -> tuple[str, Dynamic | None, bool]:
    """Return what one context adds, the one around it, and whether it was canceled itself."""
    assert held.value is not None
    value, name = held.value, held.name.removeprefix("*")
    if held.name.startswith("*"):
        value = value.dereference()
    if name in ("context.backgroundCtx", "context.todoCtx"):  # since go1.21
        return ("context.Background" if "background" in name else "context.TODO"), None, False
    if name == "context.emptyCtx":
        todos = map(int, find_variables("context.todo"))
        is_todo = int(held.value) in todos
        return ("context.TODO" if is_todo else "context.Background"), None, False
    if name == "context.valueCtx":
        pair = f"{_text(value['key'])}, {_text(value['val'])}"
        return f"WithValue({pair})", dynamic(value["Context"]), False
    if name == "context.withoutCancelCtx":
        return "WithoutCancel", dynamic(value["c"]), False
    if name == "context.stopCtx":
        return "stopCtx", dynamic(value["Context"]), False
    text = "WithCancel"
    if name == "context.timerCtx":
        text = f"WithDeadline({show_time(value['deadline']).text})"
    cancel = value if name == "context.cancelCtx" else value["cancelCtx"]
    return text, dynamic(cancel["Context"]), _is_canceled(cancel)


def _is_canceled(context: gdb.Value) -> bool:
    error = context["err"]
    if "v" in names(error.type):  # since go1.25
        error = error["v"]
    return dynamic(error) is not None


def _text(interface: gdb.Value) -> str:
    """Return what stringify in context.go makes of a key or a value: a string or its type."""
    try:
        held = dynamic(interface)
    except GogdbError as error:
        return f"<{error}>"
    if held is None:
        return "<nil>"
    return string_text(held.value) if held.name == "string" and held.value else held.name
