"""The ELF reader, on files that are assembled here."""

from __future__ import annotations

import io
import shutil
import struct
import sys
from pathlib import Path

import pytest

from gogdb.errors import GogdbError
from gogdb.inferior.elf import ElfFile, Section, Segment
from gogdb.inferior.elf_symbols import ElfSymbol, ElfSymbolTable
from tests.support.elf_image import BUILDINFO, FUNC, elf


def opened(**more: object) -> ElfFile:
    return ElfFile(io.BytesIO(elf(**more)), "example")  # type: ignore[arg-type]


def address(file: ElfFile, name: str) -> int | None:
    symbol = file.find(name)
    return symbol.address if symbol else None


def test_header_of_a_program() -> None:
    file = opened()
    assert (file.entry, file.e_type, file.machine, file.is_pie) == (0x401080, 2, 62, False)
    assert opened(e_type=3).is_pie
    assert file.has_debug_info
    assert file.has_symbols
    assert file.is_go


def test_sections_and_segments() -> None:
    file = opened()
    text = file.section(".text")
    assert isinstance(text, Section)
    assert (text.name, text.address, text.size, text.flags) == (".text", 0x401000, 256, 6)
    assert file.contents(text) == bytes(range(256))
    bss = file.section(".tbss")
    assert bss is not None
    assert file.contents(bss) == b""
    assert file.section(".nothing") is None
    tls = file.tls
    assert isinstance(tls, Segment)
    assert (tls.size, tls.align) == (0x28, 16)


def test_symbols_by_name() -> None:
    file = opened()
    assert address(file, "runtime.gogo.abi0") == 0x401080
    assert address(file, "gogo") == 0x401040
    assert file.find("runtime.m0") == ElfSymbol("runtime.m0", 0x402000, 1008)
    assert address(file, "runtime.größe") == 0x402800
    assert file.find("runtime.text") == ElfSymbol("runtime.text", 0x401000, 0)
    assert address(file, "_end") == 0x402900
    # Not addresses: file names, undefined symbols, offsets of thread-local variables.
    for name in ("main.go", "somewhere.else", "runtime.tlsg", "runtime.m", ""):
        assert file.find(name) is None
    assert file.tls_symbol("runtime.tlsg") == 0x18
    assert file.tls_symbol("runtime.m0") is None


def test_undefined_symbols() -> None:
    file = opened()
    assert file.is_undefined("somewhere.else")
    assert not file.is_undefined("else")
    assert not file.is_undefined("runtime.m0")
    assert not file.is_undefined("runtime.tlsg")


def test_a_global_symbol_is_preferred_to_a_local_one() -> None:
    file = opened()
    assert address(file, "twice") == 0x401300
    assert file.at(0x401200) == ElfSymbol("alias", 0x401200, 16)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (0x40103F, None),
        (0x401040, "gogo"),
        (0x40107F, "gogo"),
        (0x401080, "runtime.gogo.abi0"),
        (0x401090, "runtime.gogo.abi0"),
        (0x401091, None),
        (0x402000, "runtime.m0"),
        (0x4023EF, "runtime.m0"),
        (0x4023F0, None),
        (0x402900, None),
        (0, None),
        (2**64 - 1, None),
    ],
)
def test_at_returns_the_symbol_that_covers_an_address(address: int, name: str | None) -> None:
    symbol = opened().at(address)
    assert (symbol.name if symbol else None) == name


def test_a_file_without_symbols() -> None:
    file = opened(symbols=[])
    assert file.find("runtime.m0") is None
    assert file.at(0x401080) is None


@pytest.mark.parametrize(
    ("buildinfo", "version"),
    [
        (BUILDINFO, "go1.27.3X"),
        (BUILDINFO[:32] + b"\x81\x01" + b"v" * 129, "v" * 129),
        (BUILDINFO[:15] + b"\0" + BUILDINFO[16:], ""),  # pointers to strings, up to Go 1.17
        (b"\xff Go buildinf:", ""),
        (b"", ""),
        (BUILDINFO[:32] + b"\xff" * 20, ""),
    ],
)
def test_go_version(buildinfo: bytes, version: str) -> None:
    assert opened(buildinfo=buildinfo).go_version() == version


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "x is not an ELF file: give a program built by Go for Linux"),
        (b"#!/bin/sh\n", "x is not an ELF file: give a program built by Go for Linux"),
        (b"\x7fELF", "x is cut short: copy or build the program again"),
        (elf()[:60], "x is cut short: copy or build the program again"),
        (elf()[:200], "x is cut short: copy or build the program again"),
        (elf()[:-1], "x is cut short: copy or build the program again"),
        (b"\x7fELF\x01\x01".ljust(64, b"\0"), "x is a program for 32-bit or big-endian: "),
        (elf(e_type=4), "x is a core file, not a program: give the program itself"),
        (elf(e_type=1), "x is an object file, not a program: give the program itself"),
    ],
)
def test_other_files_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(GogdbError) as caught:
        ElfFile(io.BytesIO(data), "x")
    assert str(caught.value).startswith(message)


def test_core_files_are_opened_as_such() -> None:
    file = ElfFile(io.BytesIO(elf(e_type=4)), "x", core=True)
    assert [segment.address for segment in file.loaded] == [0x401000, 0x402000]
    with pytest.raises(GogdbError, match="x is a program, not a core file: give the core file"):
        ElfFile(io.BytesIO(elf()), "x", core=True)


def test_symbols_of_a_separate_debug_file() -> None:
    """Its program headers are those of the program, whose contents it does not have."""
    debug_file, stripped = opened(debug_file=True), opened(symbols=[])
    assert not debug_file.has_code
    assert address(debug_file, "runtime.m0") == 0x402000
    assert address(stripped, "runtime.m0") is None
    stripped.symbol_file = debug_file
    assert address(stripped, "runtime.m0") == 0x402000
    assert stripped.at(0x402001) == ElfSymbol("runtime.m0", 0x402000, 1008)
    assert stripped.tls_symbol("runtime.tlsg") == 0x18


def test_bytes_by_address() -> None:
    assert opened().read(0x402004, 4) == b"data"
    assert opened().read(0x402000, 33) == b""  # .bss follows
    assert opened().read(0x123, 4) == b""


def test_a_truncated_file_is_refused() -> None:
    whole = elf()
    for length in range(0, len(whole), 37):
        with pytest.raises(GogdbError):
            ElfFile(io.BytesIO(whole[:length]), "x")


def test_opening_a_file(tmp_path: Path) -> None:
    path = tmp_path / "example"
    path.write_bytes(elf())
    file = ElfFile.open(str(path))
    assert file.path == str(path)
    assert address(file, "runtime.m0") == 0x402000
    file.close()
    assert file.at(0x402001) == ElfSymbol("runtime.m0", 0x402000, 1008)
    for bad in (tmp_path / "missing", tmp_path):
        with pytest.raises(GogdbError, match="cannot open"):
            ElfFile.open(str(bad))


def test_a_program_of_this_machine() -> None:
    for path in (sys.executable, shutil.which("true"), shutil.which("sh")):
        if path and Path(path).read_bytes()[:20][18:] == b"\x3e\0":
            break
    else:
        pytest.skip("no x86-64 ELF program here")
    file = ElfFile.open(path)
    assert not file.is_go
    assert file.go_version() == ""
    text = file.section(".text")
    assert text is not None
    assert text.address <= file.entry < text.address + text.size
    assert len(file.contents(text)) == text.size


def test_names_that_share_their_ends() -> None:
    """GNU ld lets a name begin within a longer one (cgo)."""
    strings = b"\0x.runtime.m0\0m0\0"
    inside, alone = strings.index(b"runtime.m0"), strings.index(b"\0m0\0") + 1
    entries = [(1, 0x10), (inside, 0x20), (inside + len("runtime."), 0x30), (alone, 0x40)]
    table = b"".join(
        struct.pack("<IBBHQQ", name, FUNC, 0, 1, address, 8) for name, address in entries
    )
    symbols = ElfSymbolTable(table, strings, len(entries))
    for name, address in {"x.runtime.m0": 0x10, "runtime.m0": 0x20, "m0": 0x30}.items():
        assert symbols.find(name) == ElfSymbol(name, address, 8)
        assert symbols.at(address) == ElfSymbol(name, address, 8)
    assert symbols.find("time.m0") is None
    globals_last = ElfSymbolTable(table, strings, 3)
    assert globals_last.find("m0") == ElfSymbol("m0", 0x40, 8)


def test_a_symbol_table_that_ends_within_an_entry() -> None:
    strings = b"\0runtime.m0\0"
    entry = struct.pack("<IBBHQQ", 1, FUNC, 0, 1, 0x10, 8)
    symbols = ElfSymbolTable(entry + entry[:-1], strings, 9)
    assert symbols.find("runtime.m0") == ElfSymbol("runtime.m0", 0x10, 8)
    assert symbols.at(0x17) == ElfSymbol("runtime.m0", 0x10, 8)
    assert symbols.at(0x18) is None


def test_a_packed_program() -> None:
    """UPX leaves the program headers, its own header, and no section headers."""
    image = bytearray(elf())
    image[60:62] = bytes(2)  # e_shnum
    assert not ElfFile(io.BytesIO(image), "example").is_packed
    image[0x200:0x204] = b"UPX!"
    assert ElfFile(io.BytesIO(image), "example").is_packed
    assert not ElfFile(io.BytesIO(elf(data=b"UPX!")), "example").is_packed
