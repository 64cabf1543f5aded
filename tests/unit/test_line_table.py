"""Line tables for GDB, made from tables that are assembled here, and decoded again."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

from gogdb.runtime.stripped.line_table import line_table
from tests.support.pc_tables import PcTables

NAMES = b"main.f\0example.com/a%2eb.g\0"
FILES = b"/src/main.go\0/src/other.go\0/src/b.go\0"
UNITS = (0, 13, 27)


def sections(tables: PcTables) -> Mapping[str, bytes]:
    return line_table(tables.pclntab(), tables.functions, 1)


def decoded(program: bytes) -> Iterator[tuple[int, str, int]]:
    """Yield (address, file, line) of the rows of all line number programs, line 0 at their ends."""
    while program:
        length, version, header_length = struct.unpack_from("<IHI", program)
        body, program = program[10 : 4 + length], program[4 + length :]
        header, body = body[:header_length], body[header_length:]
        base, line_range, opcode_base = struct.unpack_from("<bBB", header, 3)
        assert (version, opcode_base) == (4, 13)
        names = header[6 + opcode_base - 1 :].lstrip(b"\0").split(b"\0\0\0\0")[:-1]
        yield from _rows(body, base, line_range, [name.decode() for name in names])


def _rows(
    body: bytes, base: int, line_range: int, files: list[str]
) -> Iterator[tuple[int, str, int]]:
    at, address, file, line = 0, 0, 1, 1

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = body[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(body):
        opcode = body[at]
        at += 1
        if opcode >= 13:
            address += (opcode - 13) // line_range
            line += (opcode - 13) % line_range + base
            yield address, files[file - 1], line
        elif opcode == 0:
            size, kind = body[at], body[at + 1]
            if kind == 2:
                (address,) = struct.unpack_from("<Q", body, at + 2)
            else:
                yield address, files[file - 1], 0
                file, line = 1, 1
            at += 1 + size
        elif opcode == 1:
            yield address, files[file - 1], line
        elif opcode == 2:
            address += number()
        elif opcode == 3:
            begin = at
            value = number()
            negative = body[at - 1] & 0x40
            line += value - (1 << 7 * (at - begin)) if negative else value
        else:
            assert opcode == 4
            file = number()


def test_rows_of_several_functions_and_files() -> None:
    tables = PcTables(NAMES, FILES, UNITS)
    lines = [(4, 7), (150, 500), (200, 8)]
    tables.add(0x1000, 200, name=b"main.f", files=[(200, 0)], lines=lines)
    # The second file begins within a line, and ends where the line changes, too
    files, lines = [(10, 0), (30, 1), (64, 0)], [(20, 5), (30, 6), (64, 7)]
    tables.add(0x10C8, 64, name=b"main.f", files=files, lines=lines)
    only, line = [(16, 0)], [(16, 100)]
    tables.add(0x2000, 16, name=b"example.com/a%2eb.g", unit=2, files=only, lines=line)
    made = sections(tables)
    main, other, b = "/src/main.go", "/src/other.go", "/src/b.go"
    assert list(decoded(made[".debug_line"])) == [
        (0x1000, main, 7),
        (0x1004, main, 500),
        (0x1096, main, 8),
        (0x10C8, main, 0),
        (0x10C8, main, 5),
        (0x10D2, other, 5),
        (0x10DC, other, 6),
        (0x10E6, main, 7),
        (0x1108, main, 0),
        (0x2000, b, 100),
        (0x2010, b, 0),
    ]
    assert made[".debug_str"] == NAMES + b"main\0example.com/a.b\0"
    ranges = struct.unpack("<8Q", made[".debug_ranges"])
    assert ranges == (0x1000, 0x1108, 0, 0, 0x2000, 0x2010, 0, 0)


def test_entries_of_units_and_functions() -> None:
    tables = PcTables(NAMES, FILES, UNITS)
    tables.add(0x1000, 200, name=b"main.f")
    info = sections(tables)[".debug_info"]
    length, version, abbreviations, address_size = struct.unpack_from("<IHIB", info)
    assert (length, version, abbreviations, address_size) == (len(info) - 4, 4, 0, 8)
    assert struct.unpack_from("<BIHIQI", info, 11) == (1, len(NAMES), 0x16, 0, 0, 0)
    assert struct.unpack_from("<BIQI", info, 34) == (2, 0, 0x1000, 200)
    assert info[51:] == b"\0"


def test_function_without_lines_and_damaged_table() -> None:
    tables = PcTables(NAMES, FILES, UNITS)
    tables.add(0x1000, 8, name=b"main.f", files=[(8, 0)], lines=[(16, 7)])
    tables.add(0x1008, 8, name=b"main.f")
    assert list(decoded(sections(tables)[".debug_line"])) == []
