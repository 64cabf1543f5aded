"""Numbers and strings as GDB reads them in an expression, whatever the user's settings are."""

from __future__ import annotations

import re

import gdb

__all__ = ["number", "string"]

_UNSAFE = re.compile(rb"[^ !#-\[\]-~]")
_UNSAFE_IN_UTF8 = re.compile(rb'[\x00-\x1f"\\\x7f]')


def number(value: int) -> str:
    """Return a number that is the same in every `set input-radix`."""
    return str(value) if gdb.parameter("input-radix") == 10 else f"{value:#x}"


def string(text: str) -> str:
    """Return a string literal; lone surrogates are bytes that are not UTF-8 (PEP 383)."""
    data = text.encode("utf-8", "surrogateescape")
    utf8 = gdb.host_charset() == gdb.target_charset() == "UTF-8"
    unsafe = _UNSAFE_IN_UTF8 if utf8 and text.isprintable() else _UNSAFE
    escaped = unsafe.sub(lambda match: b"\\%03o" % match[0][0], data)
    return f'"{escaped.decode()}"'
