"""Line numbers as DWARF has them, made from the pcfile and pcln tables.

A compile unit is a package: its functions have the same `_func.cuOffset`, where its files begin in
cutab. It has a line table and an entry for each function, but no types or variables: a stripped
program has lost them. Format: DWARF 4.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from gogdb.inferior.leb128 import sleb128, uleb128
from gogdb.runtime.function_name import package
from gogdb.runtime.pclntab import FuncRecord, Pclntab
from gogdb.runtime.stripped.linked_functions import LinkedFunction

__all__ = ["line_table"]

_VERSION = 4
_ADDRESS_SIZE = 8

# .debug_abbrev: code, tag, whether it has children, attributes and their forms
_UNIT, _FUNCTION = 1, 2
_ABBREVIATIONS = bytes.fromhex(
    "01 11 01"  # DW_TAG_compile_unit
    "03 0e  13 05  10 17  11 01  55 17  00 00"  # name, language, stmt_list, low_pc, ranges
    "02 2e 00"  # DW_TAG_subprogram
    "03 0e  11 01  12 06  3f 19  00 00"  # name, low_pc, high_pc, external
    "00"
)
_GO = 0x16  # DW_LANG_Go
_UNIT_ENTRY = struct.Struct("<BIHIQI")
_FUNCTION_ENTRY = struct.Struct("<BIQI")
_END_OF_CHILDREN = b"\0"

# The line number program
_LINE_BASE, _LINE_RANGE, _OPCODE_BASE = -5, 14, 13
_OPERANDS = bytes([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1])  # of the standard opcodes
_COPY, _ADVANCE_PC, _ADVANCE_LINE, _SET_FILE = b"\1", b"\2", b"\3", b"\4"
_SET_ADDRESS = struct.Struct("<BBBQ")
_END_SEQUENCE = b"\0\1\1"
_VARINT = re.compile(rb"[\x80-\xff]*[\0-\x7f]")
_SAME = b"\0"  # an encoded difference
_FIRST = 2  # from the value before pcln's first, -1, to DWARF's first line


class _Unit(NamedTuple):
    files: Sequence[str]
    functions: Sequence[LinkedFunction]


def line_table(
    tables: Pclntab, functions: Sequence[LinkedFunction], quantum: int
) -> Mapping[str, bytes]:
    """Return the sections of DWARF, by name, for functions whose tables are `tables`.

    `quantum` is the unit in bytes of differences between pcs.
    """
    info, lines, ranges, strings = bytearray(), bytearray(), bytearray(), bytearray(tables.names)
    programs: dict[tuple[int, int], bytes] = {}  # many functions have the same
    for unit in _units(tables, functions):
        name = len(strings)
        first = unit.functions[0].record.name_offset
        strings += package(tables.name(first)).encode() + b"\0"
        info += _unit_entries(unit, name, len(lines), len(ranges))
        ranges += _ranges(unit.functions)
        lines += _line_program(tables, unit, quantum, programs)
    return {
        ".debug_abbrev": _ABBREVIATIONS,
        ".debug_info": bytes(info),
        ".debug_line": bytes(lines),
        ".debug_ranges": bytes(ranges),
        ".debug_str": bytes(strings),
    }


def _units(tables: Pclntab, functions: Sequence[LinkedFunction]) -> Iterator[_Unit]:
    """Yield the compile units. The functions of one need not be beside each other."""
    by_unit: dict[int, list[LinkedFunction]] = {}
    for function in functions:
        by_unit.setdefault(function.record.cu_offset, []).append(function)
    starts = sorted(by_unit)
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        yield _Unit(tables.files(start, end), by_unit[start])


def _unit_entries(unit: _Unit, name: int, line_offset: int, ranges_offset: int) -> bytes:
    entries = [_UNIT_ENTRY.pack(_UNIT, name, _GO, line_offset, 0, ranges_offset)]
    entries += [
        _FUNCTION_ENTRY.pack(_FUNCTION, record.name_offset, entry, record.size)
        for entry, record in unit.functions
    ]
    body = b"".join([*entries, _END_OF_CHILDREN])
    header = struct.pack("<HIB", _VERSION, 0, _ADDRESS_SIZE)
    return struct.pack("<I", len(header) + len(body)) + header + body


def _ranges(functions: Sequence[LinkedFunction]) -> bytes:
    """Return the addresses of a unit; functions that lie side by side are one range."""
    found: list[list[int]] = []
    for entry, record in functions:
        if found and found[-1][1] == entry:
            found[-1][1] = entry + record.size
        else:
            found.append([entry, entry + record.size])
    return b"".join(struct.pack("<QQ", *each) for each in [*found, [0, 0]])


def _line_program(
    tables: Pclntab, unit: _Unit, quantum: int, programs: dict[tuple[int, int], bytes]
) -> bytes:
    parts = []
    for entry, record in unit.functions:
        key = record.pcfile, record.pcln
        if key not in programs:
            programs[key] = _rows(tables, record, quantum)
        if programs[key]:
            parts += [_SET_ADDRESS.pack(0, 1 + _ADDRESS_SIZE, 2, entry), programs[key]]
    files = b"".join(name.encode() + b"\0\0\0\0" for name in unit.files)
    settings = struct.pack("<BBBbBB", quantum, 1, 1, _LINE_BASE, _LINE_RANGE, _OPCODE_BASE)
    header = settings + _OPERANDS + b"\0" + files + b"\0"  # no directories
    body = struct.pack("<HI", _VERSION, len(header)) + header + b"".join(parts)
    return struct.pack("<I", len(body)) + body


def _rows(tables: Pclntab, record: FuncRecord, quantum: int) -> bytes:
    """Return the part of the program for a function, after its address has been set.

    The pcln table has the same differences as the rows; so each pair of them becomes a row as it
    is, without the line and the pc that it leads to. Empty for a function without lines.
    """
    varints = _varints(tables.pctab, record.pcln)
    lines, steps = varints[::2], varints[1::2]
    starts = [0, *accumulate(map(_uvarint, steps))]  # of the rows, and the end
    if not steps or len(lines) != len(steps) or starts[-1] * quantum > record.size:
        return b""  # it has no lines, or the table is damaged
    files: dict[int, bytes] = {}
    for pc, file in tables.steps(record, record.pcfile):
        index = bisect_left(starts, pc // quantum)
        if file < 0 or index >= len(lines):
            continue
        if starts[index] != pc // quantum:  # the file changes, and the line does not
            starts.insert(index, pc // quantum)
            lines.insert(index, _SAME)
            around = starts[index - 1 : index + 2]
            steps[index - 1 : index] = [uleb128(b - a) for a, b in pairwise(around)]
        files[index] = _set_file(file)
    rows = [_row(0, _svarint(lines[0]) - _FIRST), *map(_next_row, steps, lines[1:])]
    for index, opcodes in files.items():
        rows[index] = opcodes + rows[index]
    return b"".join([*rows, _ADVANCE_PC, steps[-1], _END_SEQUENCE])


def _varints(pctab: bytes, table: int) -> list[bytes]:
    """Return the numbers of the table at an offset of pctab, as they are encoded.

    They are the difference of the value, that of the pc, and so on (`step` in runtime/symtab.go).
    """
    end = pctab.find(b"\0", table + 1)  # a difference of 0 ends it, and no other number has a 0
    return _VARINT.findall(pctab, table, end) if 0 < table < end else []


@cache
def _uvarint(encoded: bytes) -> int:
    value = 0
    for byte in reversed(encoded):
        value = value << 7 | byte & 0x7F
    return value


def _svarint(encoded: bytes) -> int:
    """Decode a difference of values: the lowest bit is the sign."""
    value = _uvarint(encoded)
    return ~(value >> 1) if value & 1 else value >> 1


@cache
def _set_file(index: int) -> bytes:
    return _SET_FILE + uleb128(index + 1)


@cache
def _next_row(step: bytes, line: bytes) -> bytes:
    return _row(_uvarint(step), _svarint(line))


def _row(units: int, lines: int) -> bytes:
    """Return the opcodes that go on by so much code and so many lines, and add a row."""
    if 0 <= lines - _LINE_BASE < _LINE_RANGE:
        special = lines - _LINE_BASE + _LINE_RANGE * units + _OPCODE_BASE
        if special < 256:
            return bytes([special])
    return _ADVANCE_PC + uleb128(units) + _ADVANCE_LINE + sleb128(lines) + _COPY
