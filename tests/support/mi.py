"""Result records of GDB/MI as Python values (GDB's manual, "GDB/MI Output Syntax")."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["records"]

_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_NAME = re.compile(r"([A-Za-z][\w-]*)=")
_SHORT = {
    b"n": b"\n",
    b"t": b"\t",
    b"r": b"\r",
    b"e": b"\x1b",
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
}


def records(output: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the class of each result record, "done" or "error", and its results.

    GDB escapes some bytes of a character and not others: those that are alone are surrogates.
    """
    found = []
    for line in output.splitlines():
        if head := re.match(r"\^([a-z]+)", line):
            results, end = _results(line, head.end())
            assert end == len(line), line[end:]
            found.append((head[1], results))
    return found


def _results(text: str, at: int, end: str = "") -> tuple[dict[str, Any], int]:
    """Return the results from `at` on, each NAME=VALUE, and where they end."""
    results: dict[str, Any] = {}
    while at < len(text) and text[at] != end:
        at += text[at] == ","
        name = _NAME.match(text, at)
        assert name, text[at : at + 40]
        results[name[1]], at = _value(text, name.end())
    return results, at


def _value(text: str, at: int) -> tuple[Any, int]:
    if text[at] == "{":
        results, at = _results(text, at + 1, "}")
        return results, at + 1
    if text[at] == "[":
        values: list[Any] = []
        at += 1
        while text[at] != "]":
            at += text[at] == ","
            name = _NAME.match(text, at)  # some lists are of results; a list's names are the same
            value, at = _value(text, name.end() if name else at)
            values.append(value)
        return values, at + 1
    string = _STRING.match(text, at)
    assert string, text[at : at + 40]
    return _unescaped(string[1]), string.end()


def _unescaped(text: str) -> str:
    def byte(escape: re.Match[bytes]) -> bytes:
        code = escape[1]
        return bytes([int(code, 8)]) if len(code) == 3 else _SHORT.get(code, code)

    return _ESCAPE.sub(byte, text.encode("utf-8", "surrogateescape")).decode()
