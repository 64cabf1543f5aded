"""How the `_func`s of a pclntab are laid out, and what garble changes in them.

Garble builds its own linker: a pclntab has a random magic, and each entryOff is encrypted.
Sources: `_func` in runtime/runtime2.go, `inlinedCall` in runtime/symtabinl.go, writeFuncs in
cmd/link/internal/ld/pcln.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from struct import Struct, unpack_from
from typing import NamedTuple

from gogdb.runtime.goversion import pclntab_has_start_line

__all__ = ["GO_1_20", "FuncLayout", "find_layout", "garble_key"]

_COMPARED = 64  # functions that tell the layout of all
_UINT32 = 1 << 32


class FuncLayout(NamedTuple):
    """The fields of a `_func` that are used, and of an `inlinedCall`: funcID, name, parentPc."""

    func: Struct
    call: Struct

    def fits(self, functions: bytes, records: Sequence[int]) -> bool:
        """Report whether most `_func`s are as long as the way to the next one.

        `records` are their offsets in `functions`. Each begins at a multiple of 8 bytes.
        """
        compared = fitting = 0
        for at, after in pairwise(records[:_COMPARED]):
            compared += 1
            if at + self.func.size <= len(functions):
                *_, pcdata, _, _, _, funcdata = self.func.unpack_from(functions, at)
                fitting += after - at == (self.func.size + 4 * (pcdata + funcdata) + 7) // 8 * 8
        return 2 * fitting >= compared


_GO_1_18 = FuncLayout(Struct("<4xii4x5IBBxB"), Struct("<2xB9xii"))
GO_1_20 = FuncLayout(Struct("<4xii4x5I4xBBxB"), Struct("<B3xii4x"))
"""With startLine, and calls without file, line and function."""


def find_layout(magic: int, functions: bytes, records: Sequence[int]) -> FuncLayout | None:
    """Return the layout that `_func`s have, None if they have neither.

    `magic` says which one is likely.
    """
    likely = GO_1_20 if pclntab_has_start_line(magic) else _GO_1_18
    other = _GO_1_18 if likely is GO_1_20 else GO_1_20
    return next((each for each in (likely, other) if each.fits(functions, records)), None)


def garble_key(functions: bytes, entries: Sequence[int], records: Sequence[int]) -> int:
    """Return the key with which garble has encrypted entryOffs: each XORed with nameOff times it.

    It follows from one function, since ftab has its entry as well; 0 if they are not encrypted.
    """
    for entry, at in zip(entries, records, strict=False):
        if at + 8 <= len(functions):
            encrypted, name = unpack_from("<II", functions, at)
            if name % 2:  # has an inverse
                return int((encrypted ^ entry) * pow(name, -1, _UINT32) % _UINT32)
    return 0
