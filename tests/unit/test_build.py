"""A file is the program in memory: build ids, and what the linker wrote about the tables."""

from __future__ import annotations

import io
import struct

import pytest

from gogdb.errors import Unreadable
from gogdb.inferior.build import build_id, compare, module_data
from gogdb.inferior.elf import ElfFile
from tests.support.elf_image import BUILDINFO, GLOBAL, NOTES, OBJECT, SYMBOLS, elf

GNU, GO = ".note.gnu.build-id", ".note.go.buildid"
MODULE = 0x402000
SYMBOL = ("runtime.firstmoduledata", GLOBAL, OBJECT, 2, MODULE, 568)
# pcHeader, three words of each of six tables, findfunctab, minpc, maxpc, text, etext
WORDS = (0x4CC188, *(0x4CC200, 900, 900) * 6, 0x57BEC8, 0x401000, 0x4BB591, 0x401000, 0x4BB591)


def note(name: bytes, description: bytes) -> bytes:
    return struct.pack("<III", len(name), len(description), 3) + name + description


def gnu(build: bytes) -> bytes:
    return note(b"GNU\0", build * 20)


def go(build: str) -> bytes:
    return note(b"Go\0\0", build.encode())


def words(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}Q", *values)


class Pieces:
    """Memory that is made of a few pieces."""

    def __init__(self, pieces: dict[int, bytes]) -> None:
        self._pieces = pieces

    def read(self, address: int, size: int) -> bytes:
        data = self._pieces.get(address, b"")[:size]
        if len(data) < size:
            raise Unreadable(address, size)
        return data


def program(notes: dict[str, bytes], module: bytes = b"", *, debug_file: bool = False) -> ElfFile:
    symbols = [*SYMBOLS, SYMBOL] if module else SYMBOLS
    data = module or b"data"
    image = elf(notes=notes, symbols=symbols, data=data, debug_file=debug_file)
    return ElfFile(io.BytesIO(image), "example")


def test_equal_build_ids() -> None:
    notes = {GNU: gnu(b"\x19"), GO: go("action/content")}
    memory = Pieces({NOTES: notes[GNU], NOTES + 0x100: notes[GO]})
    assert compare(program(notes), 0, memory) == (True, "")
    assert build_id(program(notes)) == "19" * 20
    assert build_id(program({})) == ""


def test_slide() -> None:
    notes = {GNU: gnu(b"\x19")}
    assert compare(program(notes), 0x1000, Pieces({NOTES + 0x1000: notes[GNU]})).same
    assert compare(program(notes), 0x1000, Pieces({NOTES: notes[GNU]})) == (None, "")


def test_other_gnu_build_id() -> None:
    memory = Pieces({NOTES: gnu(b"\x7f")})
    assert compare(program({GNU: gnu(b"\x19")}), 0, memory) == (
        False,
        f"GNU build id {'19' * 10}…, in memory {'7f' * 10}…",
    )


def test_other_go_build_id() -> None:
    memory = Pieces({NOTES: go("here")})
    assert compare(program({GO: go("this")}), 0, memory) == (
        False,
        "Go build id this, in memory here",
    )


def test_other_build_information() -> None:
    """A core file without the page of the build ids has the pages that the program wrote."""
    file = program({GO: go("redacted")})
    assert compare(file, 0, Pieces({0x403000: BUILDINFO})) == (True, "")
    other = Pieces({0x403000: BUILDINFO.replace(b"go1.27.3", b"go1.27.2")})
    assert compare(file, 0, other) == (False, ".go.buildinfo in memory is not that of the file")


def test_memory_without_a_note_there() -> None:
    memory = Pieces({NOTES: b"\xff" * 36})
    assert compare(program({GNU: gnu(b"\x19")}), 0, memory) == (
        False,
        f"GNU build id {'19' * 10}…, in memory none",
    )


def test_unreadable_memory_says_nothing() -> None:
    file = program({GNU: gnu(b"\x19"), GO: go("this")}, words(*WORDS))
    assert compare(file, 0, Pieces({})) == (None, "")


@pytest.mark.parametrize("index", [0, 1, 2, 17, 22, 23])
def test_another_module_with_the_same_build_id(index: int) -> None:
    """Build systems that want equal output set one build id for all: `-buildid=redacted`."""
    notes = {GO: go("redacted")}
    file = program(notes, words(*WORDS))
    same = {NOTES: notes[GO], MODULE: words(*WORDS)}
    assert compare(file, 0, Pieces(same)) == (True, "")
    other = [*WORDS]
    other[index] += 16
    verdict = compare(file, 0, Pieces({**same, MODULE: words(*other)}))
    assert verdict == (False, "runtime.firstmoduledata in memory is not that of the file")


def test_module_of_a_relocated_program() -> None:
    """A pointer is 0 in the file, or lacks the slide (`-z pack-relative-relocs`)."""
    slide = 0x5555_5555_4000
    pointers = {0, *range(1, 19, 3), 19, 20, 21, 22, 23}
    loaded = words(*(w + slide if i in pointers else w for i, w in enumerate(WORDS)))
    in_file = words(*(0 if i in pointers else w for i, w in enumerate(WORDS)))
    for module in (in_file, words(*WORDS)):
        assert compare(program({}, module), slide, Pieces({MODULE + slide: loaded})).same
        # the dynamic loader has not relocated it yet
        assert compare(program({}, module), slide, Pieces({MODULE + slide: module})).same
    damaged = bytearray(loaded)
    damaged[16] ^= 1
    memory = Pieces({MODULE + slide: bytes(damaged)})
    assert compare(program({}, in_file), slide, memory).same is False


def test_debug_file_has_only_its_build_id() -> None:
    notes = {GNU: gnu(b"\x19")}
    file = program(notes, words(*WORDS), debug_file=True)
    memory = Pieces({NOTES: notes[GNU], MODULE: bytes(192)})
    assert compare(file, 0, memory) == (True, "")


PCLNTAB = 0x406000  # the first of the sections that are given as notes


def stripped(module: bytes, name: str = ".gopclntab") -> ElfFile:
    """Return a program without a symbol table, with a pclntab and a word before the module data."""
    image = elf(notes={name: bytes(64)}, symbols=[], data=bytes(8) + module)
    file = ElfFile(io.BytesIO(image), "example")
    file.sections = tuple(section for section in file.sections if section.name != ".symtab")
    return file


@pytest.mark.parametrize("name", [".gopclntab", ".data.rel.ro.gopclntab"])
def test_another_module_of_a_stripped_program(name: str) -> None:
    ours = words(PCLNTAB, *WORDS[1:])
    file = stripped(ours, name)
    assert not file.has_symbols
    assert module_data(file) == MODULE + 8
    assert compare(file, 0, Pieces({MODULE + 8: ours})) == (True, "")
    other = words(PCLNTAB, *WORDS[1:-1], WORDS[-1] + 16)
    assert compare(file, 0, Pieces({MODULE + 8: other})) == (
        False,
        "runtime.firstmoduledata in memory is not that of the file",
    )


def test_section_of_the_module_data() -> None:
    assert module_data(stripped(b"", ".go.module")) == PCLNTAB
    assert module_data(stripped(b"", ".other")) == 0
