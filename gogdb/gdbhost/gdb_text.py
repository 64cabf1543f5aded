"""GDB's commands as text: what they print, and numbers that they read, in every mode and setting.

GDB's Python API decodes everything as UTF-8 and raises if it cannot. That happens with paths in
other encodings, and with thread names, which the kernel truncates to 15 bytes, possibly within a
character.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import gdb

__all__ = [
    "execute",
    "execute_in_c",
    "in_language",
    "read_path",
    "set_height",
    "set_width",
    "show",
    "without_calls",
    "without_demangling",
]

# Console output of GDB/MI: strings in quotes (print_one_escape in gdb/utils.c escapes them)
_QUOTED = re.compile(r'~"((?:[^"\\]|\\.)*)"\n?', re.S)
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.S)
_CONTROLS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"f": b"\f", b"b": b"\b", b"a": b"\a"}


def execute(command: str) -> str:
    """Run a GDB command and return its output; invalid bytes are replaced.

    The command has run even if GDB could not decode what it printed. Raises `gdb.error`.
    """
    try:
        text = gdb.execute(command, to_string=True)
    except UnicodeDecodeError as error:
        text = error.object.decode(errors="replace")
    while text.startswith('~"'):  # under MI, GDB 18 quotes it once for each nested command
        text = _unquoted(text)
    return text


def show(command: str) -> None:
    """Run a GDB command and let the user see what it prints. Raises `gdb.error`.

    In the TUI, GDB 13 writes what frames print across the screen unless it is captured.
    """
    if _is_in_tui():
        gdb.write(execute(command))
    else:
        gdb.execute(command)


def _is_in_tui() -> bool:
    with suppress(gdb.error):  # a GDB without the TUI
        return "not active" not in execute("info win")
    return False


def _unquoted(text: str) -> str:
    quoted = "".join(_QUOTED.findall(text)).encode()
    return _ESCAPE.sub(_unescaped, quoted).decode(errors="replace")


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return bytes([int(code, 8)]) if len(code) == 3 else _CONTROLS.get(code, code)


def execute_in_c(command: str) -> str:
    """Do as `execute`, and let GDB read numbers such as 0x10 as C does, whatever its language is.

    Some languages have other numbers, and `set language unknown` has no expressions at all.
    """
    return execute(f"with language c -- {command}")


@contextmanager
def in_language(name: str) -> Iterator[None]:
    """Set GDB's language for a while."""
    before = gdb.parameter("language")
    gdb.execute(f"set language {name}", to_string=True)
    try:
        yield
    finally:
        gdb.execute(f"set language {before}", to_string=True)


@contextmanager
def without_calls() -> Iterator[None]:
    """Let no expression call the program's functions for a while."""
    before = "on" if gdb.parameter("may-call-functions") else "off"
    gdb.execute("set may-call-functions off", to_string=True)
    try:
        yield
    finally:
        gdb.execute(f"set may-call-functions {before}", to_string=True)


@contextmanager
def without_demangling() -> Iterator[None]:
    """Let GDB take names of symbols as they are for a while: it reads main.f as D's, as main[f]."""
    before = gdb.parameter("demangle-style")
    gdb.execute("set demangle-style none", to_string=True)
    try:
        yield
    finally:
        gdb.execute(f"set demangle-style {before}", to_string=True)


def set_width(cells: int) -> None:
    """Set GDB's width."""
    _set_number("width", cells)


def set_height(lines: int) -> None:
    """Set GDB's height."""
    _set_number("height", lines)


def _set_number(setting: str, value: int) -> None:
    """Set a setting to a number, which GDB reads in the user's radix and language."""
    number = str(value) if gdb.parameter("input-radix") == 10 else f"{value:#x}"
    try:
        gdb.execute(f"set {setting} {number}")
    except gdb.error:
        gdb.execute(f"with language c -- set {setting} {value:#x}")


def read_path(read: Callable[[], str | None]) -> str | None:
    """Return the path that `read` gets from GDB, in a form that Python can open."""
    try:
        return read()
    except UnicodeDecodeError as error:
        return os.fsdecode(error.object)
