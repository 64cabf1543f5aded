"""What GDB's `info scope` says: each variable and where it is, range by range.

Evaluating a variable needs a frame, and a parked goroutine is none of GDB's: its places are read
from the text and counted from the CFA that the program's own tables give.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Piece", "places"]

_RANGE = re.compile(r"Range 0x([0-9a-f]+)-0x([0-9a-f]+): ")
_PIECE = re.compile(r"\[(\d+)-byte piece\]|an empty (\d+)-byte piece")
_OPERATION = re.compile(r"^ +\d+: DW_OP_(\w+)(?: (-?\d+))?$", re.M)
_AT_FRAME_BASE = re.compile(r"a variable at frame base reg \S+ offset (-?\d+)\+(-?\d+)")


class Piece(NamedTuple):
    """`size` bytes of a variable, from `start` on, that lie `offset` bytes from the CFA.

    `deref`: what lies there is the address of the variable.
    """

    name: str
    offset: int
    size: int
    start: int
    deref: bool


def places(text: str, pc: int) -> Iterator[Piece]:
    """The variables that are in memory at `pc`; the others are in registers, or nowhere."""
    for entry in re.split(r"^(?:Scope for .*:\n)?Symbol ", text, flags=re.M)[1:]:
        name, _, told = entry.partition(" is ")
        length = re.search(r", length (\d+)\.\s*$", told)
        if length is not None:
            yield from _pieces(name, told[: length.start()], int(length[1]), pc)


def _pieces(name: str, told: str, size: int, pc: int) -> Iterator[Piece]:
    here = told
    if told.startswith("multi-location"):
        ranges = list(_RANGE.finditer(told))
        ends = [*(r.start() for r in ranges[1:]), len(told)]
        here = ""
        for found, end in zip(ranges, ends, strict=True):
            if int(found[1], 16) <= pc < int(found[2], 16):
                here = told[found.end() : end]
    start = at = 0
    for piece in _PIECE.finditer(here):
        held = int(piece[1] or piece[2])
        if piece[1]:
            yield from _place(name, here[at : piece.start()], held, start)
        start, at = start + held, piece.end()
    if not at:
        yield from _place(name, here, size, 0)


def _place(name: str, told: str, size: int, start: int) -> Iterator[Piece]:
    offset = _offset(told)
    if offset is not None:
        yield Piece(name, offset[0], size, start, offset[1])


def _offset(told: str) -> tuple[int, bool] | None:
    """Bytes from the CFA, which is what Go gives as frame base, and whether that is a pointer."""
    operations = _OPERATION.findall(told)
    match [operation for operation, _ in operations]:
        case ["call_frame_cfa"]:
            return 0, False
        case ["fbreg"]:
            return int(operations[0][1]), False
        case ["fbreg", "deref"]:  # moved to the heap, since go1.25
            return int(operations[0][1]), True
        case ["call_frame_cfa", "deref"]:
            return 0, True
        case ["call_frame_cfa", "consts" | "const1s" | "const2s", "plus"]:
            return int(operations[1][1]), False
        case ["call_frame_cfa", "plus_uconst"]:
            return int(operations[1][1]), False
    return None
