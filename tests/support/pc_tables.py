"""Tables of functions as the linker writes them, assembled here."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from gogdb.inferior.leb128 import uleb128
from gogdb.runtime.pclntab import FuncRecord, Pclntab
from gogdb.runtime.stripped.linked_functions import LinkedFunction

__all__ = ["PcTables", "Steps"]

Steps = Sequence[tuple[int, int]]
"""A table: (where a value ends, the value)."""

_MAGIC = 0xFFFFFFF1  # since go1.20


class PcTables:
    """A pclntab, and functions in it.

    `names` and `files` are strings that end with a zero byte; `compile_units` are offsets in
    `files`.
    """

    def __init__(self, names: bytes, files: bytes, compile_units: Sequence[int]) -> None:
        self._names = names
        self._files = files
        self._compile_units = compile_units
        self._pctab = b"\0"
        self.functions: list[LinkedFunction] = []

    def add(
        self,
        entry: int,
        size: int,
        *,
        name: bytes,
        files: Steps = (),
        lines: Steps = (),
        sp_deltas: Steps = (),
        unit: int = 0,
        flag: int = 0,
    ) -> None:
        """Add a function whose compile unit begins at `unit` of the compile units."""
        pcfile, pcln, pcsp = map(self._table, (files, lines, sp_deltas or [(size, 0)]))
        name_offset = self._names.index(name + b"\0")
        record = FuncRecord(name_offset, 0, pcsp, pcfile, pcln, 0, unit, 0, flag, 0, 0, size)
        self.functions.append(LinkedFunction(entry, record))

    def _table(self, steps: Steps) -> int:
        """Encode a table (cmd/internal/obj/pcln.go), and return its offset, 0 without steps."""
        if not steps:
            return 0
        offset, last_pc, last = len(self._pctab), 0, -1
        for pc, value in steps:
            difference = value - last
            zigzag = difference << 1 if difference >= 0 else ~(difference << 1)
            self._pctab += uleb128(zigzag) + uleb128(pc - last_pc)
            last_pc, last = pc, value
        self._pctab += b"\0"
        return offset

    def pclntab(self) -> Pclntab:
        """Return the tables."""
        return Pclntab(
            _MAGIC,
            1,
            functions=b"",
            ftab=b"",
            names=self._names,
            compile_units=struct.pack(f"<{len(self._compile_units)}I", *self._compile_units),
            files=self._files,
            pctab=self._pctab,
        )
