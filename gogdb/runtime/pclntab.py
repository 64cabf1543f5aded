"""Decode the pclntab, which the Go linker writes beside the code: functions, lines, frame sizes.

Sources: `runtime/symtab.go` (pcvalue, step, funcline1), `_func` in `runtime/runtime2.go`,
`inlinedCall` in `runtime/symtabinl.go`, `internal/abi/symtab.go`.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from gogdb.errors import GogdbError
from gogdb.runtime.goversion import pclntab_has_start_line

__all__ = ["FUNCDATA_INL_TREE", "PCDATA_INL_TREE_INDEX", "FuncRecord", "InlinedCall", "Pclntab"]

PCDATA_INL_TREE_INDEX = 2
FUNCDATA_INL_TREE = 3
_ABSENT = 0xFFFFFFFF


class FuncRecord(NamedTuple):
    """The fields of a `_func` that are used; `tail` is the offset of the words after it."""

    name_offset: int
    args: int
    pcsp: int
    pcfile: int
    pcln: int
    pcdata_count: int
    cu_offset: int
    func_id: int
    flag: int
    funcdata_count: int
    tail: int


class InlinedCall(NamedTuple):
    """One entry of a function's inline tree; `parent_pc` is an offset from the function's entry."""

    func_id: int
    name_offset: int
    parent_pc: int


class Pclntab:
    """One module's tables.

    A pc is an offset in bytes, from the module's text for `find`, elsewhere from the function's
    entry.
    """

    def __init__(
        self,
        magic: int,
        pc_quantum: int,
        *,
        functions: bytes,
        ftab: bytes,
        names: bytes,
        compile_units: bytes,
        files: bytes,
        pctab: bytes,
    ) -> None:
        """`pc_quantum` is the unit in bytes of differences between pcs (pcHeader.minLC)."""
        self._pc_quantum = pc_quantum
        words = memoryview(ftab[: len(ftab) & ~7]).cast("I")
        # Pairs of (entry, record); the last is a sentinel whose entry is the end of the code
        self.entries = words[::2]
        self._records = words[1::2]
        self._functions = functions
        self._names = names
        self._compile_units = memoryview(compile_units).cast("I")
        self._files = files
        self._pctab = pctab
        self._values: dict[int, tuple[Sequence[int], Sequence[int]]] = {}
        if pclntab_has_start_line(magic):
            self._func = struct.Struct("<4xii4x5I4xBBxB")
            self._call = struct.Struct("<B3xii4x")  # funcID, nameOff, parentPc, startLine
        else:
            self._func = struct.Struct("<4xii4x5IBBxB")
            self._call = struct.Struct("<2xB9xii")  # parent, funcID, file, line, func_, parentPc

    def __len__(self) -> int:
        return max(0, len(self.entries) - 1)

    def find(self, offset: int) -> int | None:
        """Return the index of the function that contains an offset from the module's text."""
        index = bisect_right(self.entries, offset) - 1
        return index if 0 <= index < len(self) else None

    def record(self, index: int) -> FuncRecord:
        """Return the `_func` at `index` of ftab. Raises `GogdbError` if it is not in the tables."""
        at = self._records[index]
        if at + self._func.size > len(self._functions):
            raise GogdbError(f"function {index} of the program's tables lies outside of them")
        fields = self._func.unpack_from(self._functions, at)
        return FuncRecord._make((*fields, at + self._func.size))

    def name(self, offset: int) -> str:
        """Return the function name at an offset into funcnametab."""
        return _c_string(self._names, offset)

    def named(self, name: str) -> Sequence[int]:
        """Return the indices of the functions with this name: wrappers share their function's."""
        # The linker writes every name once, so its offset in funcnametab identifies it
        raw = name.encode() + b"\0"
        start = 0 if self._names.startswith(raw) else self._names.find(b"\0" + raw) + 1
        return self._by_name.get(start, ()) if self._names.startswith(raw, start) else ()

    @cached_property
    def _by_name(self) -> dict[int, list[int]]:
        by_name: dict[int, list[int]] = {}
        words = memoryview(self._functions[: len(self._functions) & ~3]).cast("I")
        for index in range(len(self)):
            # nameOff is the second word of a _func
            by_name.setdefault(words[(self._records[index] >> 2) + 1], []).append(index)
        return by_name

    def file(self, record: FuncRecord, pc: int) -> str:
        """Return the source file of the instruction at `pc`, "?" when it is not recorded."""
        number = self.value(record.pcfile, pc)
        if number < 0 or record.cu_offset + number >= len(self._compile_units):
            return "?"
        offset = self._compile_units[record.cu_offset + number]
        return "?" if offset == _ABSENT else _c_string(self._files, offset)

    def line(self, record: FuncRecord, pc: int) -> int:
        """Return the source line of the instruction at `pc`, 0 if it is not recorded."""
        return max(0, self.value(record.pcln, pc))

    def pcdata(self, record: FuncRecord, index: int) -> int:
        """Return the offset of a function's PCDATA table in pctab, 0 if it has none."""
        if index >= record.pcdata_count:
            return 0
        return self._word(record.tail + 4 * index)

    def funcdata(self, record: FuncRecord, index: int) -> int | None:
        """Return the offset of a function's FUNCDATA from the module's gofunc, or None."""
        if index >= record.funcdata_count:
            return None
        offset = self._word(record.tail + 4 * (record.pcdata_count + index))
        return None if offset == _ABSENT else offset

    def value(self, table: int, pc: int) -> int:
        """Return the value for `pc` in the table at offset `table` of pctab, -1 if it has none."""
        if table == 0:
            return -1
        ends, values = self._table(table)
        index = bisect_right(ends, pc)
        return values[index] if index < len(values) else -1

    def largest(self, table: int) -> int:
        """Return the largest value in the table at offset `table` of pctab, -1 if there is none."""
        return max(self._table(table)[1], default=-1) if table else -1

    def inline_tree_size(self, record: FuncRecord) -> int:
        """Return the size of a function's inline tree in bytes, 0 if nothing is inlined."""
        table = self.pcdata(record, PCDATA_INL_TREE_INDEX)
        return (self.largest(table) + 1) * self._call.size

    def inline_tree(self, raw: bytes) -> tuple[InlinedCall, ...]:
        """Decode the bytes of an inline tree."""
        return tuple(InlinedCall(*fields) for fields in self._call.iter_unpack(raw))

    def _word(self, at: int) -> int:
        return int.from_bytes(self._functions[at : at + 4], "little")

    def _table(self, offset: int) -> tuple[Sequence[int], Sequence[int]]:
        """Decode a whole table (`step` in symtab.go): the pcs at which its values end, the values.

        It consists of pairs of varints: the zigzag difference of the value, and the difference of
        the pc in units of the pc quantum. A value difference of 0 ends the table, except at its
        start.
        """
        table = self._values.get(offset)
        if table is None:
            ends: list[int] = []
            values: list[int] = []
            data, at, pc, value = self._pctab, offset, 0, -1
            while at < len(data):
                step, at = _uvarint(data, at)
                if step == 0 and ends:
                    break
                value += ~(step >> 1) if step & 1 else step >> 1
                step, at = _uvarint(data, at)
                pc += step * self._pc_quantum
                ends.append(pc)
                values.append(value)
            table = self._values[offset] = ends, values
        return table


def _uvarint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    return value, at


def _c_string(strings: bytes, offset: int) -> str:
    end = strings.find(b"\0", offset)
    return strings[offset : end if end >= 0 else None].decode(errors="replace")
