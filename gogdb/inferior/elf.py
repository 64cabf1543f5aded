"""Read an ELF file: 64 bits, little-endian, for any processor.

Addresses are those that the linker assigned; a position-independent program runs at others.
Formats: elf(5), and `debug/elf` and `debug/buildinfo` in Go's standard library.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cached_property
from typing import NamedTuple, Protocol

from gogdb.errors import GogdbError
from gogdb.inferior.elf_symbols import ElfSymbol, ElfSymbolTable, SymbolTable, c_string

__all__ = [
    "EHDR",
    "ET_EXEC",
    "GO_SECTIONS",
    "PCLNTAB_SECTIONS",
    "PF_W",
    "PF_X",
    "PHDR",
    "PT_LOAD",
    "PT_NOTE",
    "Contents",
    "ElfFile",
    "Section",
    "Segment",
    "is_core",
]

PCLNTAB_SECTIONS = (".gopclntab", ".data.rel.ro.gopclntab")
"""Names of the section with the pclntab."""
GO_SECTIONS = frozenset({*PCLNTAB_SECTIONS, ".note.go.buildid", ".go.buildinfo"})
"""Names of sections that only files with Go code have."""

EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
"""An ELF header."""
PHDR = struct.Struct("<IIQQQQQQ")
"""A program header."""
_SHDR = struct.Struct("<IIQQQQIIQQ")

ET_EXEC, _ET_DYN, _ET_CORE = 2, 3, 4
PT_LOAD, PT_NOTE, _PT_TLS = 1, 4, 7
_PN_XNUM = 0xFFFF  # e_phnum where there are more: their number is in the first section's sh_info
PF_X, PF_W = 1, 2
"""Flags of a segment: it is executable, it is writable."""
_SHT_SYMTAB, _SHT_RELA, _SHT_NOBITS = 2, 4, 8

_UPX, _UPX_WITHIN = b"UPX!", 4096  # l_info, behind the program headers (UPX's stub/src/include)

_BUILDINFO_MAGIC = b"\xff Go buildinf:"
_BUILDINFO_INLINE = 0x2  # flag: the strings follow inline (since go1.18)
_MODINFO_MARK = 16  # bytes before and after the text of runtime.modinfo (modload.ModInfoData)
_MODULE_KEYS = ("path", "mod", "dep")


def is_core(start: bytes) -> bool:
    """Report whether a file that begins with `start`, at least 18 bytes, is an ELF core file."""
    return start[:4] == b"\x7fELF" and start[16:18] == bytes((_ET_CORE, 0))


class Section(NamedTuple):
    """A section header; `address` is 0 if the section is not loaded."""

    name: str
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int


class Segment(NamedTuple):
    """A program header; the first `file_size` of the segment's `size` bytes are in the file."""

    type: int
    flags: int
    offset: int
    address: int
    file_size: int
    size: int
    align: int


class Contents(Protocol):
    """What is read of an open file."""

    def seek(self, offset: int, whence: int = ..., /) -> int:
        """Go to an offset, and return it."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""

    def fileno(self) -> int:
        """Return its descriptor."""

    def close(self) -> None:
        """Close it."""


class ElfFile:
    """An open ELF file: a program or, with `core`, a core file.

    `symbol_file` is the separate debug file that has its symbols, None if it has them itself.
    `symbol_table` is what is used in place of a symbol table, None to use that of the file.
    `reported_version` is the Go version of a file without build information, "" if not known.
    """

    def __init__(self, file: Contents, path: str = "", *, core: bool = False) -> None:
        """Read the headers. Raises `GogdbError` as `open` does."""
        # The file is read, not mapped: truncating a mapped file raises SIGBUS in the debugger.
        self.path = path
        self.symbol_file: ElfFile | None = None
        self.symbol_table: SymbolTable | None = None
        self._is_core = core
        self.reported_version = ""
        self._file = file
        self.length = file.seek(0, io.SEEK_END)  # bytes
        ident = self._at(0, min(16, self.length))
        if ident[:4] != b"\x7fELF":
            raise GogdbError(f"{path} is not an ELF file", "give a program built by Go for Linux")
        if len(ident) < 16:
            raise self._truncated()
        if ident[4:6] != b"\x02\x01":
            message = f"{path} is a program for 32-bit or big-endian"
            raise GogdbError(message, "gogdb reads 64-bit, little-endian programs only")
        header = EHDR.unpack(self._at(0, EHDR.size))
        self.e_type, self.machine = int(header[1]), int(header[2])
        self.entry, ph_offset, sh_offset = int(header[4]), header[5], header[6]
        ph_count, sh_count, names_at = header[10], header[12], header[13]
        if self.e_type not in ((_ET_CORE,) if core else (ET_EXEC, _ET_DYN)):
            kinds = {_ET_CORE: "a core file", ET_EXEC: "a program", _ET_DYN: "a program"}
            actual = kinds.get(self.e_type, "an object file")
            expected = "core file" if core else "program"
            raise GogdbError(f"{path} is {actual}, not a {expected}", f"give the {expected} itself")
        self.sections = self._read_sections(sh_offset, sh_count, names_at)
        if ph_count == _PN_XNUM and self.sections:
            ph_count = self.sections[0].info
        self.segments: tuple[Segment, ...] = tuple(
            Segment(kind, flags, offset, address, file_size, size, align)
            for kind, flags, offset, address, _, file_size, size, align in PHDR.iter_unpack(
                self._at(ph_offset, ph_count * PHDR.size)
            )
        )
        # Reject a file that is still being copied.
        for part in self.sections:
            if part.type != _SHT_NOBITS and part.offset + part.size > self.length:
                raise self._truncated()
        if self.has_code:  # a debug file may have the program's own headers (eu-strip -f)
            for segment in self.segments:
                if segment.offset + segment.file_size > self.length:
                    raise self._truncated()

    @classmethod
    def open(cls, path: str, *, core: bool = False, name: str = "") -> ElfFile:
        """Open the file at `path`; `name` is what messages call it instead.

        Raises `GogdbError` if it cannot be opened, is truncated, or is not a 64-bit ELF program;
        with `core`, if it is not a core file.
        """
        try:
            file = open(path, "rb")  # noqa: SIM115, it lives as long as this object
        except OSError as error:
            message = f"cannot open {name or path}"
            raise GogdbError(message, error.strerror or str(error)) from error
        with ExitStack() as on_error:
            on_error.callback(file.close)
            elf = cls(file, name or path, core=core)
            on_error.pop_all()
        return elf

    def close(self) -> None:
        """Close the file; what has been read stays available."""
        self._file.close()

    @property
    def is_pie(self) -> bool:
        """Whether the program is position-independent: the kernel chooses its load address."""
        return self.e_type == _ET_DYN

    @cached_property
    def tls(self) -> Segment | None:
        """The template of a thread's TLS block, whose `size` and `align` place the variables."""
        return next((s for s in self.segments if s.type == _PT_TLS), None)

    @cached_property
    def loaded(self) -> list[Segment]:
        """The segments that are loaded into memory, sorted by address."""
        return sorted((s for s in self.segments if s.type == PT_LOAD), key=lambda s: s.address)

    def fileno(self) -> int:
        """Return the descriptor of the open file, which `close` closes."""
        return self._file.fileno()

    def section(self, name: str) -> Section | None:
        """Return the first section with this name, None if there is none."""
        return next((s for s in self.sections if s.name == name), None)

    def read(self, address: int, size: int) -> bytes:
        """Return bytes by the address that the linker assigned, b"" if the file does not have them.

        Raises `GogdbError` if the file was truncated.
        """
        for segment in self.loaded:
            offset = address - segment.address
            if offset >= 0 and offset + size <= segment.file_size:
                return self._at(segment.offset + offset, size)
        return b""

    def contents(self, section: Section) -> bytes:
        """Return the bytes of a section in the file, b"" if it has none there (.bss)."""
        return b"" if section.type == _SHT_NOBITS else self._at(section.offset, section.size)

    def part(self, segment: Segment) -> bytes:
        """Return the bytes of a segment in the file."""
        return self._at(segment.offset, segment.file_size)

    @property
    def has_code(self) -> bool:
        """Whether the file has the program's code: a separate debug file does not."""
        text = self.section(".text")
        return text is None or text.type != _SHT_NOBITS

    @property
    def has_debug_info(self) -> bool:
        """Whether the file has DWARF, which `-ldflags=-w` and strip remove."""
        return any(s.name in (".debug_info", ".zdebug_info") and s.size for s in self.sections)

    @property
    def has_symbols(self) -> bool:
        """Whether it or its `symbol_file` has a symbol table; `-ldflags=-s` and strip remove it."""
        return any(s.type == _SHT_SYMTAB and s.size for s in (self.symbol_file or self).sections)

    @cached_property
    def is_go(self) -> bool:
        """Whether the file has a section that only Go programs have, or no sections at all."""
        return not (self.sections and GO_SECTIONS.isdisjoint(s.name for s in self.sections))

    @property
    def is_packed(self) -> bool:
        """Whether UPX has packed the program: code that unpacks it into memory, and no sections."""
        return not self.sections and _UPX in self._at(0, min(_UPX_WITHIN, self.length))

    def go_version(self) -> str:
        """Return the Go version that built the file, such as "go1.22.10"; "" if it is not known."""
        return self._build_strings()[0].decode(errors="replace") or self.reported_version

    def modules(self) -> tuple[str, ...]:
        """Return the paths of the main package, of its module, and of the modules it depends on.

        Empty if the file does not say. Format: `ParseBuildInfo` in `runtime/debug/mod.go`.
        """
        rows = self._build_info()
        return tuple(dict.fromkeys(row[1] for row in rows if row[0] in _MODULE_KEYS and row[1:]))

    def build_settings(self) -> tuple[str, ...]:
        """Return how the program was built: "-race=true", "CGO_ENABLED=1", "vcs.revision=…".

        Empty if the file does not say.
        """
        return tuple(row[1] for row in self._build_info() if row[0] == "build" and row[1:])

    def _build_info(self) -> Iterator[list[str]]:
        text = self._build_strings()[1][_MODINFO_MARK:-_MODINFO_MARK].decode(errors="replace")
        return (line.split("\t") for line in text.split("\n"))

    def _build_strings(self) -> tuple[bytes, bytes]:
        """Return the Go version and runtime.modinfo, b"" for each that is not recorded.

        Format: `debug/buildinfo`. The format of Go 1.17 and older is not read.
        """
        data = self._from_build_info()
        if not data.startswith(_BUILDINFO_MAGIC) or len(data) < 34:
            return b"", b""
        if not data[15] & _BUILDINFO_INLINE:
            return b"", b""
        version, end = _counted(data, 32)
        return version, _counted(data, end)[0]

    def _from_build_info(self) -> bytes:
        """Return what begins with the build information, which is in a section or among data."""
        section = self.section(".go.buildinfo")
        if section or self.sections:
            return self.contents(section) if section else b""
        for segment in self.loaded:
            data = self.part(segment) if segment.flags & PF_W else b""
            at = data.find(_BUILDINFO_MAGIC)
            if at >= 0:
                return data[at:]
        return b""

    def find(self, name: str) -> ElfSymbol | None:
        """Return the function or data object with this name; a global one precedes a local one."""
        return self._symbols.find(name)

    def is_undefined(self, name: str) -> bool:
        """Report whether the file uses a symbol that another file, a shared library, defines."""
        return self._symbols.is_undefined(name)

    def at(self, address: int) -> ElfSymbol | None:
        """Return the function or data object that contains `address`, None if there is none."""
        return self._symbols.at(address)

    def tls_symbol(self, name: str) -> int | None:
        """Return the offset of a thread-local variable in the TLS block, such as runtime.tlsg.

        None if there is none with this name.
        """
        return self._symbols.tls.get(name)

    def local_tls_slot(self, offset: int, relocation: int) -> int | None:
        """Return the address of the word that the dynamic loader sets for a thread-local variable.

        It becomes the distance from the thread pointer to the variable at `offset` in the TLS
        block. `relocation` is the processor's type of such a relocation. None if there is none.
        """
        slots = (place for place, addend in self.relocations(relocation) if addend == offset)
        return next(slots, None)

    def relocations(self, kind: int) -> Iterator[tuple[int, int]]:
        """Yield (address, addend) of the relocations of a processor's type that name no symbol."""
        for section in self.sections:
            if section.type == _SHT_RELA and section.address:
                words = memoryview(self.contents(section))[: section.size // 24 * 24].cast("Q")
                infos = words[1::3].tolist()
                for index, info in enumerate(infos):
                    if info == kind:
                        yield words[3 * index], words[3 * index + 2]

    @property
    def _symbols(self) -> SymbolTable:
        return self.symbol_table or (self.symbol_file or self)._own_symbols

    @cached_property
    def _own_symbols(self) -> ElfSymbolTable:
        table = next((s for s in self.sections if s.type == _SHT_SYMTAB), None)
        if table is None or not 0 < table.link < len(self.sections):
            return ElfSymbolTable(b"", b"", 0)
        strings = self.contents(self.sections[table.link])
        return ElfSymbolTable(self.contents(table), strings, table.info)

    def _read_sections(self, offset: int, count: int, names_at: int) -> tuple[Section, ...]:
        headers = list(_SHDR.iter_unpack(self._at(offset, count * _SHDR.size)))
        names = b""
        if names_at < len(headers):
            names = self._at(headers[names_at][4], headers[names_at][5])
        return tuple(
            Section(c_string(names, h[0]), h[1], h[2], h[3], h[4], h[5], h[6], h[7])
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
        if self._is_core:
            hint = "check `ulimit -c` and the free space where it was written"
        else:
            hint = "copy or build the program again"
        return GogdbError(f"{self.path} is cut short", hint)


def _counted(data: bytes, at: int) -> tuple[bytes, int]:
    """Return the bytes at an offset that follow their length, a uvarint, and the offset after them.

    b"" if they go beyond the end.
    """
    length = shift = 0
    for byte in data[at : at + 10]:
        length |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            break
    return (data[at : at + length], at + length) if at + length <= len(data) else (b"", len(data))
