"""The messages of errors of the standard library, without calling their method Error."""

from __future__ import annotations

from collections.abc import Callable

import gdb

from gogdb.errors import GogdbError
from gogdb.gdbhost.printers.dynamic import Dynamic, dynamic, find_variables
from gogdb.gdbhost.printers.memory import MEMORY, limit
from gogdb.runtime.values.quoting import quote

__all__ = ["error_text"]

_MAX_DEPTH = 16  # errors inside one another


def error_text(held: Dynamic) -> str:
    """Return the message of an error in quotes, "" if only its method could tell."""
    message = _message(held, 0)
    if message is None:
        return ""
    most = limit()
    return quote(message[:most], cut=len(message) > most)


def _message(held: Dynamic | None, depth: int) -> bytes | None:
    """Return the beginning of a message, None if it is not known. Raises `GogdbError`."""
    if held is None or held.value is None or depth == _MAX_DEPTH:
        return None
    known = _KNOWN.get(held.name)
    if known is None:
        return None
    value = held.value
    if value.type.strip_typedefs().code == gdb.TYPE_CODE_PTR:
        if int(value) == 0:
            return None
        value = value.dereference()
    try:
        return known(value, depth)
    except gdb.error:
        return None


def _text(string: gdb.Value) -> bytes:
    length = int(string["len"])
    if length < 0:
        raise GogdbError(f"a string of length {length}")
    return MEMORY.read(int(string["str"]), min(length, limit() + 1))


def _of_field(name: str) -> Callable[[gdb.Value, int], bytes | None]:
    return lambda value, depth: _text(value[name])


def _around(*names: str, form: str = "{} {}: {}") -> Callable[[gdb.Value, int], bytes | None]:
    """Return a message of string fields and the error in the field Err, as `form` joins them."""

    def message(value: gdb.Value, depth: int) -> bytes | None:
        inner = _message(dynamic(value["Err"]), depth + 1)
        if inner is None:
            return None
        parts = [_text(value[name]) for name in names] + [inner]
        texts = (part.decode("utf-8", "surrogateescape") for part in parts)
        return form.format(*texts).encode("utf-8", "surrogateescape")

    return message


def _joined(value: gdb.Value, depth: int) -> bytes | None:
    """Return the messages of an errors.joinError, one a line."""
    errors = value["errs"]
    count = int(errors["len"])
    if not 0 < count <= limit():
        return None
    parts = [_message(dynamic(errors["array"][i]), depth + 1) for i in range(count)]
    known = [part for part in parts if part is not None]
    return b"\n".join(known) if len(known) == count else None


def _errno(value: gdb.Value, depth: int) -> bytes | None:
    """Return the text of a syscall.Errno, from the program's own table (syscall.errors)."""
    number = int(value)
    for texts in find_variables("syscall.errors"):
        low, high = texts.type.range()
        text = _text(texts[number]) if low <= number <= high else b""
        return text or f"errno {number}".encode()
    return None


def _runtime_error(value: gdb.Value, depth: int) -> bytes | None:
    return b"runtime error: " + _text(value)


_KNOWN: dict[str, Callable[[gdb.Value, int], bytes | None]] = {
    "*errors.errorString": _of_field("s"),
    "*errors.joinError": _joined,
    "*fmt.wrapError": _of_field("msg"),
    "*fmt.wrapErrors": _of_field("msg"),
    "*io/fs.PathError": _around("Op", "Path"),
    "*os.SyscallError": _around("Syscall", form="{}: {}"),
    "*os.LinkError": _around("Op", "Old", "New", form="{} {} {}: {}"),
    "context.deadlineExceededError": lambda value, depth: b"context deadline exceeded",
    "runtime.errorString": _runtime_error,
    "syscall.Errno": _errno,
}
