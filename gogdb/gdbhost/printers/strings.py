"""Strings, in Go's quotes."""

from __future__ import annotations

import gdb

from gogdb.errors import Unreadable
from gogdb.gdbhost.printers.memory import MEMORY, limit
from gogdb.gdbhost.printers.shown import Text
from gogdb.runtime.values.quoting import quote

__all__ = ["raw_string", "show_string", "string_text"]


def show_string(value: gdb.Value) -> Text:
    """Show a value with the fields str and len."""
    return Text(string_text(value))


def string_text(value: gdb.Value) -> str:
    """Return a string in quotes, cut after as many bytes as `print elements` allows."""
    length = int(value["len"])
    if length < 0:
        return f"<a string of length {length}>"
    size = min(length, limit())
    try:
        return quote(MEMORY.read(int(value["str"]), size), cut=size < length)
    except Unreadable as error:
        return f"<{error}>"


def raw_string(value: gdb.Value) -> str:
    """Return a short string without quotes, such as a name. Raises `Unreadable`."""
    size = max(0, min(int(value["len"]), limit()))
    text = MEMORY.read(int(value["str"]), size).decode("utf-8", "backslashreplace")
    return text if text.isprintable() else quote(text.encode())
