"""Write an ELF file with symbols and debug information for a program that has none.

It is like one of `objcopy --only-keep-debug`: the program's own headers, and of each section that
is loaded only the header, so that a debugger takes both files for the same program. Of a section
that is not loaded not even the header is kept. Formats: elf(5).
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from gogdb.inferior.elf import Section, Segment

__all__ = ["MARK", "Headers", "NamedAddress", "debug_file"]

MARK = ".gogdb"
"""The name of an empty section that tells such a file from the program's own debug files."""

_EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
_PHDR = struct.Struct("<IIQQQQQQ")
_SHDR = struct.Struct("<IIQQQQIIQQ")
_SYM = struct.Struct("<IBBHQQ")

_IDENT = b"\x7fELF\x02\x01\x01"  # 64 bits, little-endian, version 1
_SHT_NULL, _SHT_PROGBITS, _SHT_SYMTAB, _SHT_STRTAB, _SHT_NOBITS = 0, 1, 2, 3, 8
_SHF_ALLOC = 2
_SHN_ABS = 0xFFF1
_GLOBAL, _OBJECT, _FUNC = 0x10, 1, 2  # st_info


class NamedAddress(NamedTuple):
    """A function or data object; its name begins at the offset `name` of the strings."""

    name: int
    address: int
    size: int
    is_function: bool


class Headers(Protocol):
    """The headers of the file that a debugger is to take it for."""

    @property
    def e_type(self) -> int: ...
    @property
    def machine(self) -> int: ...
    @property
    def entry(self) -> int: ...
    @property
    def loaded(self) -> Sequence[Segment]: ...
    @property
    def sections(self) -> Sequence[Section]: ...


def debug_file(
    elf: Headers, strings: bytes, symbols: Sequence[NamedAddress], sections: Mapping[str, bytes]
) -> bytes:
    """Return an ELF file for `elf` with these symbols and these sections.

    `strings` are the names, each with a zero byte at its end; the first one is empty.
    """
    writer = _Writer(elf)
    count = len(writer.headers)
    writer.add(".symtab", _symtab(elf, symbols), _SHT_SYMTAB, link=count + 1, info=1, entry=24)
    writer.add(".strtab", strings, _SHT_STRTAB)
    for name, contents in {**sections, MARK: b""}.items():
        writer.add(name, contents, _SHT_PROGBITS)
    return writer.finish()


def _symtab(elf: Headers, symbols: Sequence[NamedAddress]) -> bytes:
    section_of = _SectionIndex(elf.sections)
    table = bytearray(_SYM.size * (len(symbols) + 1))  # the first entry is empty
    for number, symbol in enumerate(symbols, 1):
        info = _GLOBAL | (_FUNC if symbol.is_function else _OBJECT)
        place = section_of(symbol.address)
        offset = number * _SYM.size
        _SYM.pack_into(table, offset, symbol.name, info, 0, place, symbol.address, symbol.size)
    return bytes(table)


class _SectionIndex:
    """Tells which section an address is in, as the symbol of that address has to say."""

    def __init__(self, sections: Sequence[Section]) -> None:
        loaded = sorted(
            (section.address, section.address + section.size, index)
            for index, section in enumerate(sections)
            if section.flags & _SHF_ALLOC and section.size
        )
        self._starts = [start for start, _, _ in loaded]
        self._loaded = loaded

    def __call__(self, address: int) -> int:
        """Return the index of the section, SHN_ABS outside all of them."""
        position = bisect_right(self._starts, address) - 1
        if position < 0:
            return _SHN_ABS
        _, end, index = self._loaded[position]
        return index if address < end else _SHN_ABS


class _Writer:
    """Collects section headers and contents; the program's own sections keep their indices."""

    def __init__(self, elf: Headers) -> None:
        self._elf = elf
        self._names = bytearray(b"\0")
        self._contents: list[bytes] = []
        self._end = _EHDR.size + _PHDR.size * len(elf.loaded)  # file offset
        self.headers = [self._without_contents(section) for section in elf.sections]

    def _without_contents(self, section: Section) -> bytes:
        name = self._name(section.name)
        if not section.flags & _SHF_ALLOC:
            return _SHDR.pack(name, _SHT_NULL, *[0] * 8)
        where = section.address, section.offset, section.size
        return _SHDR.pack(name, _SHT_NOBITS, section.flags, *where, 0, 0, 1, 0)

    def _name(self, name: str) -> int:
        offset = len(self._names)
        self._names += name.encode() + b"\0"
        return offset

    def add(
        self, name: str, contents: bytes, kind: int, link: int = 0, info: int = 0, entry: int = 0
    ) -> None:
        """Add a section that is not loaded."""
        padding = -self._end % 8
        where = self._end + padding, len(contents)
        header = _SHDR.pack(self._name(name), kind, 0, 0, *where, link, info, 1, entry)
        self.headers.append(header)
        self._contents += [bytes(padding), contents]
        self._end += padding + len(contents)

    def finish(self) -> bytes:
        """Return the file."""
        own_name = self._name(".shstrtab")
        header = _SHDR.pack(own_name, _SHT_STRTAB, 0, 0, self._end, len(self._names), 0, 0, 1, 0)
        headers_at = self._end + len(self._names)
        self.headers.append(header)
        count = len(self.headers)
        elf = self._elf
        ehdr = _EHDR.pack(
            *(_IDENT, elf.e_type, elf.machine, 1, elf.entry, _EHDR.size, headers_at, 0),
            *(_EHDR.size, _PHDR.size, len(elf.loaded), _SHDR.size, count, count - 1),
        )
        phdrs = (
            _PHDR.pack(s.type, s.flags, s.offset, s.address, s.address, 0, s.size, s.align)
            for s in elf.loaded
        )
        return b"".join([ehdr, *phdrs, *self._contents, self._names, *self.headers])
