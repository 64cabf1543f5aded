"""Text in Go's quotes, as `%q` prints it (strconv.Quote)."""

from __future__ import annotations

__all__ = ["quote"]

_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
    '"': r"\"",
}
_INVALID = range(0xDC80, 0xDD00)  # what surrogateescape makes of a byte that is not UTF-8
_MAX_RUNE = 4  # bytes


def quote(data: bytes, *, cut: bool = False) -> str:
    """Return bytes of UTF-8 in quotes; a byte that is not UTF-8 is escaped.

    With `cut` they are the beginning of a longer string: "..." follows, and a last character of
    which only the first bytes are there is left out.
    """
    text = _whole_runes(data) if cut else data.decode("utf-8", "surrogateescape")
    return f'"{"".join(map(_escape, text))}"{"..." if cut else ""}'


def _whole_runes(data: bytes) -> str:
    for end in range(len(data), max(len(data) - _MAX_RUNE, 0), -1):
        try:
            data[max(end - _MAX_RUNE, 0) : end].decode("utf-8", "strict")
        except UnicodeDecodeError as error:
            if error.reason != "unexpected end of data":
                break
        else:
            return data[:end].decode("utf-8", "surrogateescape")
    return data.decode("utf-8", "surrogateescape")


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    if code in _INVALID:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
