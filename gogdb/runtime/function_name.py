"""The names under which a function can be known: the linker's, the source's, a traceback's."""

from __future__ import annotations

import re

__all__ = ["linker_name", "package", "spellings"]

_ESCAPE = re.compile(rb"%([0-9a-f]{2})")


def spellings(name: str) -> frozenset[str]:
    """Return the ways to write a function's name, given the one in the symbol table.

    The linker escapes a package's path; the runtime's traceback leaves the path so, but leaves
    out type arguments.
    """
    if "%" not in name and "[" not in name:
        return frozenset((name,))
    names = (name, _without_type_arguments(name))
    return frozenset((*names, *map(_unescaped, names)))


def linker_name(text: str) -> str:
    """Return a name as in Go's assembly, `runtime·gogo`, as the linker writes it.

    Middle dot and division slash stand for "." and "/" (`cmd/asm/internal/lex/lex.go`).
    """
    return text.replace("\u00b7", ".").replace("\u2215", "/")


def package(name: str) -> str:
    """Return the path of the package of a function, as in the source."""
    start = name.rfind("/", 0, (name + "[").index("[")) + 1
    path, _, _ = name[start:].partition(".")
    return _unescaped(name[:start] + path)


def _unescaped(name: str) -> str:
    """Return a name with its package's path as in the source.

    Each `%xx` is a byte of UTF-8: a dot in the path's last element, `%`, `"`, and all that is not
    printable ASCII (PathToPrefix in `cmd/internal/objabi/path.go`).
    """
    raw = _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), name.encode(errors="replace"))
    return raw.decode(errors="replace")


def _without_type_arguments(name: str) -> str:
    """Return a name with `[...]` for type arguments (funcNamePiecesForPrint in traceback.go)."""
    kept, depth = "", 0
    for part in re.split(r"([][])", name):
        if part == "]" and depth:
            depth -= 1
            part = "[...]" if depth == 0 else ""
        elif part == "[":
            depth += 1
        kept += "" if depth else part
    return kept if depth == 0 else name
