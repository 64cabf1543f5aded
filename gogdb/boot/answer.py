"""Numbers as people type them: 0x28, 40, -8, 65,536, 64 KiB, 7fffffffe6c0."""

from __future__ import annotations

import re

__all__ = ["parse_number"]

_GROUPED = re.compile(r"-?\d{1,3}(?:[ ,_']\d{3})+|-?\d+")
_HEX = re.compile(r"0x[0-9a-f]+(?:_[0-9a-f]+)*|(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{6,16}")
_UNITS = {"": 1, "b": 1, "byte": 1, "bytes": 1, "k": 1 << 10, "kb": 1 << 10, "kib": 1 << 10}


def parse_number(text: str) -> int | None:
    """Return the number that `text` is, None if it is something else, such as an expression.

    Hexadecimal digits without 0x are a number if there are at least six, with a letter among them.
    """
    word = text.strip().lower()
    if _HEX.fullmatch(word):
        return int(word.replace("_", ""), 16)
    if match := re.fullmatch(rf"({_GROUPED.pattern})\s*([a-z]*)", word):
        digits, unit = re.sub(r"[ ,_']", "", match[1]), match[2]
        return int(digits) * _UNITS[unit] if unit in _UNITS else None
    return None
