"""An ELF64 file on disk, little-endian, of any processor; parsed as far as it is asked for.

Everything here speaks link-time addresses. A PIE runs elsewhere: whoever knows the slide adds it.
Layouts: elf(5), `debug/elf` and `debug/buildinfo` in Go's standard library.
"""

from __future__ import annotations

import io
import struct
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from typing import BinaryIO, NamedTuple

from gogdb.errors import GogdbError, Unreadable

__all__ = ["ElfFile", "Section", "Segment", "Symbol", "is_core"]

_EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
_PHDR = struct.Struct("<IIQQQQQQ")
_SHDR = struct.Struct("<IIQQQQIIQQ")
_SYM = struct.Struct("<IBBHQQ")

_ET_EXEC, _ET_DYN, _ET_CORE = 2, 3, 4
_PT_LOAD, _PT_INTERP, _PT_TLS = 1, 3, 7
_SHT_SYMTAB, _SHT_NOBITS = 2, 8
_STT_NOTYPE, _STT_SECTION, _STT_FILE, _STT_TLS = 0, 3, 4, 6

_BUILDINFO_MAGIC = b"\xff Go buildinf:"
_BUILDINFO_INLINE = 0x2  # flag: strings stand inline, since Go 1.18


def is_core(start: bytes) -> bool:
    """Whether a file that begins so, with 18 bytes or more, is an ELF core file."""
    return start[:4] == b"\x7fELF" and start[16:18] == bytes((_ET_CORE, 0))


class Section(NamedTuple):
    """One section header; `address` is 0 for what is not loaded."""

    name: str
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int


class Segment(NamedTuple):
    """One program header; `size` bytes in memory, of which `file_size` come from the file."""

    type: int
    flags: int
    offset: int
    address: int
    file_size: int
    size: int
    align: int


class Symbol(NamedTuple):
    """A function or data object; `size` is in bytes, and 0 for markers such as runtime.text."""

    name: str
    start: int
    size: int


class _SymbolIndex(NamedTuple):
    by_name: dict[str, Symbol]
    tls: dict[str, int]
    starts: list[int]
    sized: list[Symbol]


class ElfFile:
    """An opened ELF file: a program, or with `core` a core file.

    It also is a memory of link-time addresses (`read`), as the program looks before relocation.
    """

    def __init__(self, file: BinaryIO, path: str = "", *, core: bool = False) -> None:
        # Not mapped: a rebuild that truncates a mapped file would end the debugger with SIGBUS.
        self.path = path
        self._file = file
        self.length = file.seek(0, io.SEEK_END)  # bytes
        ident = self._at(0, min(16, self.length))
        if ident[:4] != b"\x7fELF":
            raise GogdbError(f"{path} is not an ELF file", "give a program built by Go for Linux")
        if len(ident) < 16:
            raise self._truncated()
        if ident[4:6] != b"\x02\x01":
            what = f"{path} is a program for 32-bit or big-endian"
            raise GogdbError(what, "gogdb reads linux/amd64 only")
        header = _EHDR.unpack(self._at(0, _EHDR.size))
        self.e_type, self.machine = int(header[1]), int(header[2])
        self.entry, ph_offset, sh_offset = int(header[4]), header[5], header[6]
        ph_count, sh_count, names_at = header[10], header[12], header[13]
        if self.e_type not in ((_ET_CORE,) if core else (_ET_EXEC, _ET_DYN)):
            kinds = {_ET_CORE: "a core file", _ET_EXEC: "a program", _ET_DYN: "a program"}
            what = kinds.get(self.e_type, "an object file")
            wanted = "core file" if core else "program"
            raise GogdbError(f"{path} is {what}, not a {wanted}", f"give the {wanted} itself")
        self.segments: tuple[Segment, ...] = tuple(
            Segment(kind, flags, offset, address, file_size, size, align)
            for kind, flags, offset, address, _, file_size, size, align in _PHDR.iter_unpack(
                self._at(ph_offset, ph_count * _PHDR.size)
            )
        )
        self.sections = self._read_sections(sh_offset, sh_count, names_at)
        # A half-copied file is refused here rather than misread later.
        for part in self.sections:
            if part.type != _SHT_NOBITS and part.offset + part.size > self.length:
                raise self._truncated()
        for segment in self.segments:
            if segment.offset + segment.file_size > self.length:
                raise self._truncated()

    @classmethod
    def open(cls, path: str, *, core: bool = False) -> ElfFile:
        """Open the file at `path`.

        Raises `GogdbError` if it cannot be opened, is not a 64-bit ELF program (with `core` a
        core file), or is truncated.
        """
        try:
            file = open(path, "rb")  # noqa: SIM115, it lives as long as this object
        except OSError as error:
            raise GogdbError(f"cannot open {path}", error.strerror or str(error)) from error
        try:
            return cls(file, path, core=core)
        except BaseException:
            file.close()
            raise

    def close(self) -> None:
        """Close the file; what was already read stays."""
        self._file.close()

    @property
    def is_pie(self) -> bool:
        """Whether the kernel chooses where the program is loaded."""
        return self.e_type == _ET_DYN

    @cached_property
    def interp(self) -> str:
        """The dynamic loader's path, '' for a static program."""
        for segment in self.segments:
            if segment.type == _PT_INTERP:
                name = self._at(segment.offset, segment.file_size)
                return name.split(b"\0")[0].decode(errors="replace")
        return ""

    @cached_property
    def tls(self) -> Segment | None:
        """The template of a thread's TLS block: its `size` and `align` place the variables."""
        return next((s for s in self.segments if s.type == _PT_TLS), None)

    @property
    def loaded(self) -> list[Segment]:
        """The segments that are in memory, by address."""
        return sorted((s for s in self.segments if s.type == _PT_LOAD), key=lambda s: s.address)

    def fileno(self) -> int:
        """The open file's descriptor; it is this object's to close."""
        return self._file.fileno()

    def section(self, name: str) -> Section | None:
        """The first section called `name`."""
        return next((s for s in self.sections if s.name == name), None)

    def contents(self, section: Section) -> bytes:
        """The bytes of `section` as the file has them; b'' for .bss and its like."""
        return b"" if section.type == _SHT_NOBITS else self._at(section.offset, section.size)

    def read(self, address: int, size: int) -> bytes:
        """`size` bytes at a link-time address; raises `Unreadable` outside the file's segments."""
        for s in self.segments:
            if s.type == _PT_LOAD and s.address <= address:
                start, end = address - s.address, address - s.address + size
                if size >= 0 and end <= s.size:
                    in_file = min(end, s.file_size) - start
                    data = self._at(s.offset + start, in_file) if in_file > 0 else b""
                    return data.ljust(size, b"\0")  # the rest is .bss
        raise Unreadable(address, size)

    @property
    def has_debug_info(self) -> bool:
        """Whether the file carries DWARF (`-ldflags=-w` and strip remove it)."""
        return any(s.name in (".debug_info", ".zdebug_info") and s.size for s in self.sections)

    @property
    def has_symbols(self) -> bool:
        """Whether there is a symbol table (`-ldflags=-s` and strip remove it)."""
        return any(s.type == _SHT_SYMTAB and s.size for s in self.sections)

    @cached_property
    def is_go(self) -> bool:
        """Whether the Go linker had a hand in this file."""
        names = {s.name for s in self.sections}
        marks = {".gopclntab", ".data.rel.ro.gopclntab", ".note.go.buildid", ".go.buildinfo"}
        return bool(names & marks)

    def go_version(self) -> str:
        """The toolchain that built it, such as 'go1.22.10'; '' when the file does not say.

        Source: `debug/buildinfo`; up to Go 1.17 the strings were elsewhere, which is not read.
        """
        section = self.section(".go.buildinfo")
        data = self.contents(section) if section else b""
        if not data.startswith(_BUILDINFO_MAGIC) or len(data) < 34:
            return ""
        if not data[15] & _BUILDINFO_INLINE:
            return ""
        length = shift = 0
        position = 32
        for byte in data[32:42]:  # a uvarint
            length |= (byte & 0x7F) << shift
            position, shift = position + 1, shift + 7
            if byte < 0x80:
                break
        if position + length > len(data):
            return ""
        return data[position : position + length].decode(errors="replace")

    def address(self, name: str) -> int | None:
        """Where the function or data object `name` is; of several, the global one comes first."""
        symbol = self._symbols.by_name.get(name)
        return symbol.start if symbol else None

    def size(self, name: str) -> int | None:
        """How many bytes `name` covers; 0 for a marker."""
        symbol = self._symbols.by_name.get(name)
        return symbol.size if symbol else None

    def at(self, address: int) -> Symbol | None:
        """The function or data object that covers `address`."""
        index = self._symbols
        position = bisect_right(index.starts, address) - 1
        if position < 0:
            return None
        symbol = index.sized[position]
        return symbol if address < symbol.start + symbol.size else None

    def tls_symbol(self, name: str) -> int | None:
        """The offset of the thread-local `name` (as 'runtime.tlsg') in the TLS block."""
        return self._symbols.tls.get(name)

    @property
    def symbols(self) -> Sequence[Symbol]:
        """Every function and data object that has a size, by address; one for an address."""
        return self._symbols.sized

    @cached_property
    def _symbols(self) -> _SymbolIndex:
        table = next((s for s in self.sections if s.type == _SHT_SYMTAB), None)
        if table is None or not 0 < table.link < len(self.sections):
            return _SymbolIndex({}, {}, [], [])
        strings = self.contents(self.sections[table.link])
        count = table.size // _SYM.size
        entries = list(_SYM.iter_unpack(self.contents(table)[: count * _SYM.size]))
        by_name: dict[str, Symbol] = {}
        by_start: dict[int, Symbol] = {}
        tls: dict[str, int] = {}
        # Locals stand first in the file, up to `info`; here globals go first, and the first wins.
        for name_at, kind, _, section, value, size in entries[table.info :] + entries[: table.info]:
            kind &= 0xF
            if section == 0 or kind in (_STT_SECTION, _STT_FILE):
                continue
            name = _c_string(strings, name_at)
            if kind == _STT_TLS:
                tls.setdefault(name, value)
                continue
            symbol = Symbol(name, value, size)
            by_name.setdefault(name, symbol)
            if size and kind != _STT_NOTYPE:
                by_start.setdefault(value, symbol)
        sized = sorted(by_start.values(), key=lambda symbol: symbol.start)
        return _SymbolIndex(by_name, tls, [s.start for s in sized], sized)

    def _read_sections(self, offset: int, count: int, names_at: int) -> tuple[Section, ...]:
        headers = list(_SHDR.iter_unpack(self._at(offset, count * _SHDR.size)))
        names = b""
        if names_at < len(headers):
            names = self._at(headers[names_at][4], headers[names_at][5])
        return tuple(
            Section(_c_string(names, h[0]), h[1], h[2], h[3], h[4], h[5], h[6], h[7])
            for h in headers
        )

    def _at(self, offset: int, size: int) -> bytes:
        if offset + size > self.length:
            raise self._truncated()
        self._file.seek(offset)
        data = self._file.read(size)
        if len(data) != size:
            raise self._truncated()
        return data

    def _truncated(self) -> GogdbError:
        return GogdbError(f"{self.path} is cut short", "copy or build the program again")


def _c_string(strings: bytes, offset: int) -> str:
    end = strings.find(b"\0", offset)
    return strings[offset : end if end >= 0 else None].decode(errors="replace")
