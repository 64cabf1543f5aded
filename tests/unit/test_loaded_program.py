"""A program that is read from a core file alone, on files that are assembled here."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping

import pytest

from gogdb.errors import Unreadable
from gogdb.inferior.core_process import CoreContents, CoreProcess, MappedFile, read_process
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.elf_notes import notes
from gogdb.inferior.loaded_program import LoadedProgram, find_program
from tests.support.elf_image import BUILDINFO, core, note

BASE, SLIDE, ENTRY = 0x1000, 0x55550000_0000, 0x2010
CODE, DATA, TABLES = bytes(range(256)) * 16, BUILDINFO.ljust(0x2000, b"\1"), b"tables" * 700
BUILD_ID = note("GNU", 3, b"\xab" * 20)
GO_ID = note("Go", 4, b"first/second")


def first_page(build_ids: bytes) -> bytes:
    """Return the first page of a program with a segment of each kind."""
    segments = (  # type, flags, offset, address, bytes in the file, bytes in memory
        (4, 4, 0x400, BASE + 0x400, len(GO_ID), len(GO_ID)),
        (1, 5, 0, BASE, 0x2000, 0x2000),
        (1, 4, 0x2000, BASE + 0x2000, len(TABLES), len(TABLES)),
        (1, 6, 0x4000, BASE + 0x4000, len(DATA), 0x9000),
    )
    headers = b"".join(
        struct.pack("<IIQQQQQQ", kind, flags, at, address, 0, size, memory, 4096)
        for kind, flags, at, address, size, memory in segments
    )
    ident = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    start = struct.pack("<HHIQQQI", 3, 62, 1, ENTRY, 64, 0x9999, 0)
    sizes = struct.pack("<HHHHHH", 64, 56, len(segments), 64, 7, 6)
    page = (ident + start + sizes + headers).ljust(0x400, b"\0") + build_ids
    return page.ljust(0x1000, b"\0")


def whole(build_ids: bytes = GO_ID + BUILD_ID) -> dict[int, bytes]:
    """Return the memory of the program; its data are in two areas, as after mprotect(2)."""
    start = BASE + SLIDE
    return {
        start: first_page(build_ids) + CODE,
        start + 0x2000: TABLES,
        start + 0x4000: DATA[:0x1000],
        start + 0x5000: DATA[0x1000:],
    }


def opened(memory: Mapping[int, bytes], **more: object) -> ElfFile:
    return ElfFile(io.BytesIO(core(memory, **more)), "core", core=True)  # type: ignore[arg-type]


def program_in(memory: Mapping[int, bytes]) -> LoadedProgram:
    program = find_program(CoreContents(opened(memory)), BASE + SLIDE + 64)
    assert program is not None
    return program


def test_what_a_core_says_of_its_process() -> None:
    files = [(0x1000, 0x2000, "/lib/libc.so.6"), (0x5000, 0x7000, "/tmp/a b (deleted)")]
    process = read_process(opened({}, auxv={3: 0x5040, 9: 0x6010}, files=files))
    assert process == CoreProcess(
        [MappedFile(0x1000, 0x2000, "/lib/libc.so.6"), MappedFile(0x5000, 0x7000, "/tmp/a b")],
        0x6010,
        0x5040,
    )
    assert process.path == "/tmp/a b"


def test_a_core_without_files() -> None:
    process = read_process(opened({}))
    assert process == CoreProcess([], 0, 0)
    assert process.path == ""
    assert find_program(CoreContents(opened({})), process.program_headers) is None


@pytest.mark.parametrize("size", [0, 15, 16, 39, 40, 43])
def test_a_list_of_files_that_is_cut_short(size: int) -> None:
    whole = struct.pack("<5Q", 1, 4096, 0x1000, 0x2000, 0) + b"/bin/x\0"
    core_file = opened({}, auxv={9: 0x1000}, file_note=whole[:size])
    assert read_process(core_file).path in ("", "/bi")


@pytest.mark.parametrize("cut", [1, 8, 13, 20])
def test_notes_that_are_cut_short(cut: int) -> None:
    assert [each.kind for each in notes(GO_ID + BUILD_ID[:-cut])] == [("Go", 4)]


def test_the_file_of_a_whole_program() -> None:
    program = program_in(whole())
    assert program.parts(held=False) == []
    file = program.file("/bin/program")
    assert (file.path, file.entry, file.is_pie) == ("/bin/program", ENTRY + SLIDE, False)
    assert file.sections == ()
    assert not file.has_symbols
    assert file.is_go
    assert not file.is_packed
    assert file.read(BASE + SLIDE + 0x1000, len(CODE)) == CODE
    assert file.read(BASE + SLIDE + 0x2000, len(TABLES)) == TABLES
    assert file.read(BASE + SLIDE + 0x4FFC, 8) == DATA[0xFFC:0x1004]
    assert file.read(BASE + SLIDE + 0x6000, 8) == b""  # .bss is in no file
    assert file.go_version() == "go1.27.3X"


@pytest.mark.parametrize(
    ("kept", "has", "lacks"),
    [
        ((0, 2, 3), ["code", "data"], ["read-only data"]),
        ((0, 1, 2), ["code", "read-only data"], ["data"]),
        ((0,), ["code"], ["read-only data", "data"]),
    ],
)
def test_parts_that_a_core_lacks(kept: tuple[int, ...], has: list[str], lacks: list[str]) -> None:
    areas = list(whole().items())
    program = program_in(dict(areas[index] for index in kept))
    assert (program.parts(held=True), program.parts(held=False)) == (has, lacks)
    for address, data in (areas[index] for index in range(4) if index not in kept):
        assert program.file("").read(address, len(data)) == b""


def test_only_the_first_page() -> None:
    page = {BASE + SLIDE: first_page(GO_ID)}
    program = program_in(page)
    assert program.parts(held=True) == []
    assert program.build_id() == "Go build id first/second"


def test_build_ids() -> None:
    assert program_in(whole()).build_id() == f"GNU build id {'ab' * 20}"
    assert program_in(whole(b"")).build_id() == ""


@pytest.mark.parametrize("at", [0, 4, 32, 56])
def test_a_first_page_that_is_no_program(at: int) -> None:
    """The magic, the class, the place of the program headers and their number."""
    page = bytearray(first_page(b""))
    page[at : at + 2] = b"\xff\xff"
    memory = CoreContents(opened({BASE + SLIDE: bytes(page)}))
    assert find_program(memory, BASE + SLIDE + 64) is None


def test_reading_what_a_core_lacks() -> None:
    memory = CoreContents(opened({0x1000: b"ab", 0x1002: b"cd", 0x2000: b"e"}))
    assert memory.read(0x1001, 3) == b"bcd"
    assert memory.holds(0x1000, 4)
    for address, size in ((0xFFF, 2), (0x1003, 2), (0x1FFF, 2), (0x3000, 1)):
        assert not memory.holds(address, size)
        with pytest.raises(Unreadable):
            memory.read(address, size)
