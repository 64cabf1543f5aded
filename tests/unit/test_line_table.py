"""Line tables for GDB, made from tables that are assembled here, and decoded again."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from gogdb.runtime.pclntab import FuncRecord, Pclntab
from gogdb.runtime.stripped.leb128 import uleb128
from gogdb.runtime.stripped.line_table import line_table
from gogdb.runtime.stripped.linked_functions import LinkedFunction

NAMES = b"main.f\0example.com/a%2eb.g\0"
FILES = b"/src/main.go\0/src/other.go\0/src/b.go\0"
Steps = list[tuple[int, int]]  # (where a value ends, the value)


def table(steps: Steps) -> bytes:
    """Encode a table (`pctab` in cmd/internal/obj/pcln.go)."""
    encoded, last_pc, last = b"", 0, -1
    for pc, value in steps:
        difference = value - last
        zigzag = difference << 1 if difference >= 0 else ~(difference << 1)
        encoded += uleb128(zigzag) + uleb128(pc - last_pc)
        last_pc, last = pc, value
    return encoded + b"\0"


class Tables:
    """A pclntab, and functions in it."""

    def __init__(self) -> None:
        self._pctab = b"\0"
        self.functions: list[LinkedFunction] = []

    def add(
        self, entry: int, size: int, files: Steps, lines: Steps, *, name: int, unit: int
    ) -> None:
        places = []
        for steps in (files, lines, [(size, 0)]):
            places.append(len(self._pctab))
            self._pctab += table(steps)
        pcfile, pcln, pcsp = places
        record = FuncRecord(name, 0, pcsp, pcfile, pcln, 0, unit, 0, 0, 0, 0, size)
        self.functions.append(LinkedFunction(entry, record))

    def sections(self) -> dict[str, bytes]:
        tables = Pclntab(
            0xFFFFFFF1,
            1,
            functions=b"",
            ftab=b"",
            names=NAMES,
            compile_units=struct.pack("<3I", 0, 13, 27),
            files=FILES,
            pctab=self._pctab,
        )
        return dict(line_table(tables, self.functions, 1))


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
    tables = Tables()
    tables.add(0x1000, 200, [(200, 0)], [(4, 7), (150, 500), (200, 8)], name=0, unit=0)
    # The second file begins within a line, and ends where the line changes, too
    files = [(10, 0), (30, 1), (64, 0)]
    tables.add(0x1100, 64, files, [(20, 5), (30, 6), (64, 7)], name=0, unit=0)
    tables.add(0x2000, 16, [(16, 0)], [(16, 100)], name=7, unit=2)
    sections = tables.sections()
    main, other, b = "/src/main.go", "/src/other.go", "/src/b.go"
    assert list(decoded(sections[".debug_line"])) == [
        (0x1000, main, 7),
        (0x1004, main, 500),
        (0x1096, main, 8),
        (0x10C8, main, 0),
        (0x1100, main, 5),
        (0x110A, other, 5),
        (0x1114, other, 6),
        (0x111E, main, 7),
        (0x1140, main, 0),
        (0x2000, b, 100),
        (0x2010, b, 0),
    ]
    assert sections[".debug_str"] == NAMES + b"main\0example.com/a.b\0"
    assert struct.unpack("<8Q", sections[".debug_ranges"][:64]) == (
        *(0x1000, 0x10C8, 0x1100, 0x1140, 0, 0),
        *(0x2000, 0x2010),
    )


def test_function_without_lines_and_damaged_table() -> None:
    tables = Tables()
    tables.add(0x1000, 8, [(8, 0)], [(16, 7)], name=0, unit=0)
    (function,) = tables.functions
    nothing = function.record._replace(pcln=0, pcfile=0)
    tables.functions.append(LinkedFunction(0x1008, nothing))
    assert list(decoded(tables.sections()[".debug_line"])) == []
