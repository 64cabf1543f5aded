"""Decode the pclntab, which the Go linker writes beside the code: functions, lines, frame sizes.

Sources: `runtime/symtab.go` (pcvalue, step, funcline1), `_func` in `runtime/runtime2.go`,
`inlinedCall` in `runtime/symtabinl.go`, `internal/abi/symtab.go`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from typing import NamedTuple

from gogdb.errors import GogdbError
from gogdb.i18n import counted
from gogdb.runtime.func_layout import GO_1_20, find_layout, garble_key
from gogdb.runtime.goversion import PCLNTAB_MAGICS

__all__ = ["FUNCDATA_INL_TREE", "PCDATA_INL_TREE_INDEX", "FuncRecord", "InlinedCall", "Pclntab"]

PCDATA_INL_TREE_INDEX = 2
FUNCDATA_INL_TREE = 3
_ABSENT = 0xFFFFFFFF
_MAX_DAMAGE = 8  # sentences
_MAX_NAME = 1 << 16  # bytes; names of generic functions have some thousand
_MAX_INLINED = 1 << 16  # calls that are inlined in one function


class FuncRecord(NamedTuple):
    """The fields of a `_func` that are used; `tail` is the offset of the words after it.

    `size` is that of the function's code in bytes.
    """

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
    size: int


_DAMAGED = FuncRecord(-1, *[0] * (len(FuncRecord._fields) - 1))


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
        """`pc_quantum` is the unit in bytes of differences between pcs (pcHeader.minLC).

        `magic` says which layout is likely; garble writes a random one, and encrypts entryOffs.
        """
        self._pc_quantum = pc_quantum
        words = memoryview(ftab[: len(ftab) & ~7]).cast("I")
        # Pairs of (entry, record); the last is a sentinel whose entry is the end of the code
        self.entries: Sequence[int] = words[::2]
        self._records = words[1::2]
        self._repaired = False
        self.damage: dict[str, None] = {}  # what makes no sense in the tables, as far as it was met
        self._functions = functions
        self.names = names
        self._compile_units = memoryview(compile_units).cast("I")
        self._files = files
        self.pctab = pctab
        self._values: dict[int, tuple[Sequence[int], Sequence[int]]] = {}
        records = self._records[: len(self)]
        layout = find_layout(magic, functions, records)
        self.has_known_layout = layout is not None
        self._func, self._call = layout or GO_1_20
        self._key = 0
        if magic not in PCLNTAB_MAGICS:
            self._key = garble_key(functions, self.entries, records)

    def __len__(self) -> int:
        return max(0, len(self.entries) - 1)

    def find(self, offset: int) -> int | None:
        """Return the index of the function that contains an offset from the module's text."""
        index = bisect_right(self.entries, offset) - 1
        if not self._repaired and not (self._is_sound(index) and self._is_sound(index + 1)):
            self._repair()
            index = bisect_right(self.entries, offset) - 1
        return index if 0 <= index < len(self) else None

    def _is_sound(self, index: int) -> bool:
        """Report whether an entry is what the `_func` that it leads to has as its entryOff."""
        return not 0 <= index < len(self) or self.entries[index] == self._entry_of(index)

    def _entry_of(self, index: int) -> int | None:
        """Return entryOff, the first word of the `_func` at `index`, None if there is none.

        In memory the `_func`s lie behind ftab, from which their offsets count.
        """
        at = self._records[index]
        inside = 8 * len(self) <= at <= len(self._functions) - 4
        if not inside or at % 4:
            return None
        entry = self._word(at)
        return entry ^ self._word(at + 4) * self._key % (1 << 32) if self._key else entry

    def _repair(self) -> None:
        """Replace the entries that are damaged, since a search goes astray at any of them.

        Of an entry and the entryOff of its `_func`, the one that lies between its neighbours is
        right. If neither does, the function is left out: its code counts as the one's before it.
        """
        entries, damaged = list(self.entries), 0
        for index in range(len(self)):
            entry_of = self._entry_of(index)
            if entry_of != entries[index]:
                damaged += 1
                low, high = entries[index - 1] if index else -1, entries[index + 1]
                likely = [e for e in (entry_of, entries[index]) if e is not None]
                entries[index] = next((e for e in likely if low < e < high), max(low, high))
        self.entries, self._repaired = entries, True
        n = counted(damaged)
        contradict = f"{n:entry of ftab contradicts|entries of ftab contradict}"
        self._complain(f"{n} {contradict} what {n:it leads|they lead} to")

    def record(self, index: int) -> FuncRecord:
        """Return the `_func` at `index` of ftab, one without a name and tables if it is damaged."""
        at, entry = self._records[index], self.entries[index]
        size = self.entries[index + 1] - entry
        if self._entry_of(index) != entry or at + self._func.size > len(self._functions):
            self._complain(f"entry {index} of ftab does not lead to its function")
            return _DAMAGED._replace(size=size)
        fields = self._func.unpack_from(self._functions, at)
        return FuncRecord._make((*fields, at + self._func.size, size))

    def name(self, offset: int) -> str:
        """Return the function name at an offset into funcnametab, "?" if none begins there."""
        begins = 0 <= offset < len(self.names) and (not offset or self.names[offset - 1] == 0)
        name = _c_string(self.names, offset) if begins else "?"
        if name == "?" and offset >= 0:
            self._complain(f"funcnametab has no name at {offset:#x}")
        return name

    def named(self, name: str) -> Sequence[int]:
        """Return the indices of the functions that share the first entry of this name."""
        offset = next(self.name_offsets(name), None)
        return () if offset is None else self._with_name(offset)

    def all_named(self, name: str) -> Sequence[int]:
        """Return the indices of all functions with this name; a wrapper may have its own entry."""
        return [index for offset in self.name_offsets(name) for index in self._with_name(offset)]

    def name_offsets(self, name: str) -> Iterator[int]:
        """Yield the offsets of a name in funcnametab."""
        raw = name.encode() + b"\0"
        if self.names.startswith(raw):
            yield 0
        at = self.names.find(b"\0" + raw)
        while at >= 0:
            yield at + 1
            at = self.names.find(b"\0" + raw, at + 1)

    def _with_name(self, offset: int) -> Sequence[int]:
        indices: list[int] = []
        with suppress(ValueError):
            while True:
                after = indices[-1] + 1 if indices else 0
                indices.append(self._name_offsets.index(offset, after))
        return indices

    @cached_property
    def _name_offsets(self) -> Sequence[int]:
        """The offset in funcnametab of each function's name, -1 for a damaged entry."""
        words = memoryview(self._functions[: len(self._functions) & ~3]).cast("I")
        last = len(words) - 1
        return [
            words[place] if (place := (record >> 2) + 1) <= last else -1  # a _func's second word
            for record in self._records[: len(self)].tolist()
        ]

    def file(self, record: FuncRecord, pc: int) -> str:
        """Return the source file of the instruction at `pc`, "?" when it is not recorded."""
        number = self.value(record, record.pcfile, pc)
        if number < 0 or record.cu_offset + number >= len(self._compile_units):
            return "?"
        offset = self._compile_units[record.cu_offset + number]
        return "?" if offset == _ABSENT else _c_string(self._files, offset)

    def line(self, record: FuncRecord, pc: int) -> int:
        """Return the source line of the instruction at `pc`, 0 if it is not recorded."""
        return max(0, self.value(record, record.pcln, pc))

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

    def value(self, record: FuncRecord, table: int, pc: int) -> int:
        """Return the value for `pc` in a function's table at offset `table` of pctab, or -1."""
        if table == 0:
            return -1
        ends, values = self._table(table, record.size)
        index = bisect_right(ends, pc)
        return values[index] if index < len(values) else -1

    def start(self, record: FuncRecord, table: int, pc: int) -> int:
        """Return where the value that a table has for `pc` begins, 0 if it has none."""
        if table == 0:
            return 0
        ends, _ = self._table(table, record.size)
        index = bisect_right(ends, pc)
        return ends[index - 1] if 0 < index < len(ends) else 0

    def steps(self, record: FuncRecord, table: int) -> Iterator[tuple[int, int]]:
        """Yield (pc, value) of a function's table at offset `table`: `value` holds from `pc` on."""
        if table:
            ends, values = self._table(table, record.size)
            yield from zip([0, *ends], values, strict=False)

    def files(self, start: int, end: int | None) -> list[str]:
        """Return the files in a part of cutab, "?" for those that are not recorded."""
        offsets = self._compile_units[start:end]
        return ["?" if each == _ABSENT else _c_string(self._files, each) for each in offsets]

    def code_size(self, record: FuncRecord) -> int:
        """Return the size of a function's code without the padding after it, 0 if it is unknown."""
        ends = self._table(record.pcsp, record.size)[0] if record.pcsp else ()
        return ends[-1] if ends else 0

    def largest(self, record: FuncRecord, table: int) -> int:
        """Return the largest value in a function's table at offset `table` of pctab, or -1."""
        return max(self._table(table, record.size)[1], default=-1) if table else -1

    def inline_tree_size(self, record: FuncRecord) -> int:
        """Return the size of a function's inline tree in bytes, 0 if nothing is inlined.

        Raises `GogdbError` if it cannot be that large.
        """
        count = self.largest(record, self.pcdata(record, PCDATA_INL_TREE_INDEX)) + 1
        if count > _MAX_INLINED:
            raise GogdbError(f"an inline tree of the program's tables has {count} entries")
        return count * self._call.size

    def inline_tree(self, raw: bytes) -> tuple[InlinedCall, ...]:
        """Decode the bytes of an inline tree."""
        return tuple(InlinedCall(*fields) for fields in self._call.iter_unpack(raw))

    def _complain(self, what: str) -> None:
        if len(self.damage) < _MAX_DAMAGE:
            self.damage[what] = None

    def _word(self, at: int) -> int:
        return int.from_bytes(self._functions[at : at + 4], "little")

    def _table(self, offset: int, size: int) -> tuple[Sequence[int], Sequence[int]]:
        """Decode a whole table (`step` in symtab.go): the pcs at which its values end, the values.

        It consists of pairs of varints: the zigzag difference of the value, and the difference of
        the pc in units of the pc quantum. A value difference of 0 ends the table, except at its
        start. A table that goes on beyond the function's `size` is damaged: it has no values.
        """
        table = self._values.get(offset)
        if table is None:
            ends: list[int] = []
            values: list[int] = []
            data, at, pc, value = self.pctab, offset, 0, -1
            while at < len(data):
                step, at = data[at], at + 1
                if step > 0x7F:  # most are one byte long
                    step, at = _uvarint(data, at - 1)
                if step == 0 and ends:
                    break
                value += ~(step >> 1) if step & 1 else step >> 1
                step, at = _uvarint(data, at)
                pc += step * self._pc_quantum
                if step == 0 or pc > size:
                    self._complain(f"a table at {offset:#x} in pctab goes beyond its function")
                    return (), ()
                ends.append(pc)
                values.append(value)
            table = self._values[offset] = ends, values
        return table


def _uvarint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 35:  # five bytes hold a uint32
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    return value, at


def _c_string(strings: bytes, offset: int) -> str:
    """Return the string at `offset`, "?" if it does not end within `_MAX_NAME` bytes."""
    end = strings.find(b"\0", offset, offset + _MAX_NAME)
    return "?" if end < 0 else strings[offset:end].decode(errors="replace")
