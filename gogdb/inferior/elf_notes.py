"""Notes in ELF files, which say what a program or a core file is: elf(5)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["GNU_BUILD_ID", "GO_BUILD_ID", "Note", "encode", "note_size", "notes"]

_HEADER = struct.Struct("<III")  # bytes of the name, bytes of the description, type

GNU_BUILD_ID = ("GNU", 3)  # NT_GNU_BUILD_ID
GO_BUILD_ID = ("Go", 4)  # elfNoteBuildID (cmd/link/internal/ld/elf.go)


class Note(NamedTuple):
    """A note; `kind` is its name and type, which together tell what it describes."""

    kind: tuple[str, int]
    description: bytes


def encode(note: Note) -> bytes:
    """Return a note as it is in a file."""
    name = note.kind[0].encode("latin-1") + b"\0"
    header = _HEADER.pack(len(name), len(note.description), note.kind[1])
    parts = (header, name, bytes(-len(name) % 4), note.description)
    return b"".join((*parts, bytes(-len(note.description) % 4)))


def note_size(data: bytes) -> int:
    """Return the size in bytes of the note that `data` begins with, 0 if that is cut short."""
    if len(data) < _HEADER.size:
        return 0
    name_size, size, _ = _HEADER.unpack_from(data)
    return int(_HEADER.size + (name_size + 3) // 4 * 4 + (size + 3) // 4 * 4)


def notes(data: bytes) -> Iterator[Note]:
    """Yield the notes of a section or segment, up to one that is cut short."""
    at = 0
    while at + _HEADER.size <= len(data):
        name_size, size, kind = _HEADER.unpack_from(data, at)
        name = at + _HEADER.size
        start = name + (name_size + 3) // 4 * 4
        at = start + (size + 3) // 4 * 4
        if start + size > len(data):
            return
        text = data[name : name + name_size].rstrip(b"\0").decode("latin-1")
        yield Note((text, kind), data[start : start + size])
