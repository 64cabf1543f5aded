"""ELF programs made by hand."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from types import MappingProxyType

__all__ = [
    "BASE",
    "BUILDINFO",
    "FUNC",
    "GLOBAL",
    "LOCAL",
    "NOTES",
    "NOTYPE",
    "OBJECT",
    "SYMBOLS",
    "TLS",
    "core",
    "elf",
    "note",
]

BASE = 0x400000
NOTES = 0x406000  # the address of the first note; the next ones are 0x100 bytes apart
FUNC, OBJECT, TLS, NOTYPE = 2, 1, 6, 0
LOCAL, GLOBAL = 0, 1


# Locals first, as in every ELF file: name, binding, type, section, address, size.
SYMBOLS = [
    ("main.go", LOCAL, 4, 0xFFF1, 0, 0),
    ("runtime.text", LOCAL, FUNC, 1, 0x401000, 0),
    ("gogo", LOCAL, FUNC, 1, 0x401040, 64),
    ("twice", LOCAL, FUNC, 1, 0x401200, 16),
    ("runtime.tlsg", LOCAL, TLS, 4, 0x18, 8),
    ("somewhere.else", GLOBAL, FUNC, 0, 0, 0),
    ("runtime.gogo.abi0", GLOBAL, FUNC, 1, 0x401080, 17),
    ("twice", GLOBAL, FUNC, 1, 0x401300, 32),
    ("alias", GLOBAL, FUNC, 1, 0x401200, 16),
    ("runtime.m0", GLOBAL, OBJECT, 2, 0x402000, 1008),
    ("runtime.größe", GLOBAL, OBJECT, 2, 0x402800, 8),
    ("_end", GLOBAL, NOTYPE, 2, 0x402900, 8),
]


BUILDINFO = b"\xff Go buildinf:\x08\x02".ljust(32, b"\0") + b"\x09go1.27.3X\x00"


def elf(
    *,
    machine: int = 62,
    e_type: int = 2,
    buildinfo: bytes = BUILDINFO,
    symbols: list[tuple[str, int, int, int, int, int]] = SYMBOLS,
    data: bytes = b"data" * 8,
    notes: Mapping[str, bytes] = MappingProxyType({}),
    debug_file: bool = False,
) -> bytes:
    """Return a program with code, data, .bss, TLS, an interpreter, build info and symbols.

    `notes` are sections by name. With `debug_file`, it has no code, and the headers of segments
    that are not in it.
    """
    strings = b"\0"
    table = bytes(24)
    for name, binding, kind, section, address, size in symbols:
        table += struct.pack(
            "<IBBHQQ", len(strings), binding << 4 | kind, 0, section, address, size
        )
        strings += name.encode() + b"\0"
    local = 1 + sum(binding == LOCAL for _, binding, *_ in symbols)
    interp = b"/lib64/ld-linux-x86-64.so.2\0"
    parts = [  # name, type, flags, address, content, link, info
        ("", 0, 0, 0, b"", 0, 0),
        (".text", 8 if debug_file else 1, 6, 0x401000, bytes(range(256)), 0, 0),
        (".data", 1, 3, 0x402000, data, 0, 0),
        (".go.buildinfo", 1, 3, 0x403000, buildinfo, 0, 0),
        (".tbss", 8, 0x403, 0x404000, b"", 0, 0),
        (".interp", 1, 2, 0x405000, interp, 0, 0),
        (".debug_info", 1, 0, 0, b"dwarf", 0, 0),
        (".symtab", 2, 0, 0, table, 8, local),
        (".strtab", 3, 0, 0, strings, 0, 0),
    ]
    for number, (name, note) in enumerate(notes.items()):
        parts.append((name, 7, 2, NOTES + 0x100 * number, note, 0, 0))
    names = b"".join(part[0].encode() + b"\0" for part in parts) + b".shstrtab\0"
    parts.append((".shstrtab", 3, 0, 0, names, 0, 0))
    assert len(data) < 0x1000
    segments = 4
    offset = 64 + 56 * segments
    body, offsets, headers, name_at = b"", {}, b"", 0
    for name, kind, flags, address, content, link, info in parts:
        offsets[name] = at = offset + len(body)
        size = 0x28 if name == ".tbss" else len(content)
        headers += struct.pack(
            "<IIQQQQIIQQ", name_at, kind, flags, address, at, size, link, info, 8, 0
        )
        name_at += len(name) + 1
        body += content
    programs = b"".join(
        struct.pack("<IIQQQQQQ", kind, flags, at, address, address, size, memory, align)
        for kind, flags, at, address, size, memory, align in (
            (1, 5, 1 << 30 if debug_file else offsets[".text"], 0x401000, 256, 256, 4096),
            (1, 6, offsets[".data"], 0x402000, len(data), 0x1000, 4096),
            (3, 4, offsets[".interp"], 0x405000, len(interp), len(interp), 1),
            (7, 4, offsets[".tbss"], 0x404000, 0, 0x28, 16),
        )
    )
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    places = struct.pack("<HHIQQQI", e_type, machine, 1, 0x401080, 64, offset + len(body), 0)
    sizes = struct.pack("<HHHHHH", 64, 56, segments, 64, len(parts), len(parts) - 1)
    return ident + places + sizes + programs + body + headers


def note(name: str, kind: int, description: bytes) -> bytes:
    """Return a note: elf(5)."""
    text = name.encode() + b"\0"
    header = struct.pack("<III", len(text), len(description), kind)
    return b"".join(part + bytes(-len(part) % 4) for part in (header, text, description))


def core(
    memory: Mapping[int, bytes],
    *,
    auxv: Mapping[int, int] = MappingProxyType({}),
    files: Sequence[tuple[int, int, str]] = (),
    file_note: bytes | None = None,
    threads: bytes = b"",
    extended: bool = False,
) -> bytes:
    """Return a core file with memory by address; `files` are (start, end, path).

    `file_note` is what NT_FILE has instead of them, `threads` are notes that come first. With
    `extended`, the number of segments is where it is if there are more than 65,534.
    """
    areas = b"".join(struct.pack("<QQQ", start, end, 0) for start, end, _ in files)
    paths = b"".join(path.encode() + b"\0" for *_, path in files)
    words = b"".join(struct.pack("<QQ", *pair) for pair in (*auxv.items(), (0, 0)))
    if file_note is None:
        file_note = struct.pack("<QQ", len(files), 4096) + areas + paths
    parts = [(4, 0, threads + note("CORE", 6, words) + note("CORE", 0x46494C45, file_note))]
    parts += [(1, address, data) for address, data in memory.items()]
    offset, headers = 64 + 56 * len(parts), bytearray()
    for kind, address, data in parts:
        size = len(data)
        headers += struct.pack("<IIQQQQQQ", kind, 6, offset, address, 0, size, size, 1)
        offset += size
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    start = struct.pack("<HHIQQQI", 4, 62, 1, 0, 64, offset if extended else 0, 0)
    counts, last = (len(parts), 0, 0, 0), b""
    if extended:  # fill_extnum_info in fs/binfmt_elf.c
        counts = 0xFFFF, 64, 1, 0
        last = struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 1, 0, len(parts), 0, 0)
    sizes = struct.pack("<HHHHHH", 64, 56, *counts)
    return ident + start + sizes + headers + b"".join(data for *_, data in parts) + last
