"""The ELF files that gogdb makes for a debugger, read back by its own reader."""

from __future__ import annotations

import io

import pytest

from gogdb.inferior.debug_file import MARK, NamedAddress, debug_file
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.elf_symbols import ElfSymbol
from gogdb.inferior.leb128 import sleb128, uleb128
from tests.support.elf_image import elf

STRINGS = b"\0main.main\0runtime.m0\0main.gr\xc3\xb6\xc3\x9fe\0elsewhere\0"
SYMBOLS = (
    NamedAddress(1, 0x401080, 17, True),
    NamedAddress(11, 0x402000, 8, False),
    NamedAddress(22, 0x401040, 64, True),
    NamedAddress(35, 0x909090, 1, False),
)


@pytest.fixture(scope="module")
def program() -> ElfFile:
    return ElfFile(io.BytesIO(elf(symbols=[])), "program")


@pytest.fixture(scope="module")
def made(program: ElfFile) -> ElfFile:
    contents = debug_file(program, STRINGS, SYMBOLS, {".debug_frame": b"frames"})
    return ElfFile(io.BytesIO(contents), "made")


def test_symbols(made: ElfFile) -> None:
    assert made.find("main.main") == ElfSymbol("main.main", 0x401080, 17)
    assert made.find("main.größe") == made.at(0x40107F) == ElfSymbol("main.größe", 0x401040, 64)
    assert made.at(0x402007) == ElfSymbol("runtime.m0", 0x402000, 8)
    assert made.find("elsewhere") == ElfSymbol("elsewhere", 0x909090, 1)
    assert made.find("") is None


def test_headers_are_those_of_the_program(program: ElfFile, made: ElfFile) -> None:
    for name in ("e_type", "machine", "entry"):
        assert getattr(made, name) == getattr(program, name)
    assert [each._replace(file_size=0) for each in program.loaded] == list(made.segments)
    for number, (ours, theirs) in enumerate(zip(made.sections, program.sections, strict=False)):
        assert ours.name == theirs.name, number
        if theirs.flags & 2:
            assert (ours.address, ours.size, ours.flags) == theirs[3:4] + theirs[5:6] + theirs[2:3]
            assert made.contents(ours) == b""
        else:
            assert (ours.type, ours.size, ours.address) == (0, 0, 0)


def test_sections_that_are_added(made: ElfFile) -> None:
    frames = made.section(".debug_frame")
    assert frames is not None
    assert made.contents(frames) == b"frames"
    assert made.section(MARK) is not None
    assert not made.has_code
    assert made.has_symbols


@pytest.mark.parametrize(
    ("value", "unsigned", "signed"),
    [
        (0, "00", "00"),
        (2, "02", "02"),
        (63, "3f", "3f"),
        (64, "40", "c000"),
        (127, "7f", "ff00"),
        (128, "8001", "8001"),
        (12857, "b964", "b9e400"),
    ],
)
def test_leb128(value: int, unsigned: str, signed: str) -> None:
    """The examples of the DWARF standard, and numbers at whose size the encoding gets longer."""
    assert (uleb128(value).hex(), sleb128(value).hex()) == (unsigned, signed)


@pytest.mark.parametrize(
    ("value", "encoded"), [(-1, "7f"), (-2, "7e"), (-64, "40"), (-65, "bf7f"), (-128, "807f")]
)
def test_negative_sleb128(value: int, encoded: str) -> None:
    assert sleb128(value).hex() == encoded
