"""Parse the output of GDB's `info scope`: each variable and its location, by ranges of the pc.

GDB evaluates variables only in frames that it has unwound itself, and it has none of a parked
goroutine. Therefore locations are parsed from this text, as offsets from the CFA; the CFA comes
from the program's own tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Piece", "parse_scope"]

_RANGE = re.compile(r"Range 0x([0-9a-f]+)-0x([0-9a-f]+): ")
_PIECE = re.compile(r"\[(\d+)-byte piece\]|an empty (\d+)-byte piece")
_OPERATION = re.compile(r"^ +\d+: DW_OP_(\w+)(?: (-?\d+))?$", re.M)


class Piece(NamedTuple):
    """A piece of a variable, or all of it, in memory."""

    name: str
    offset: int  # bytes from the CFA
    size: int  # bytes
    start: int  # bytes of the variable before this piece
    deref: bool  # the word at `offset` holds the address of the variable


def parse_scope(text: str, pc: int) -> Iterator[Piece]:
    """Yield the variables in memory at `pc`; others are in registers or optimized out."""
    for entry in re.split(r"^(?:Scope for .*:\n)?Symbol ", text, flags=re.M)[1:]:
        name, _, location = entry.partition(" is ")
        length = re.search(r", length (\d+)\.\s*$", location)
        if length is not None:
            yield from _pieces(name, location[: length.start()], int(length[1]), pc)


def _pieces(name: str, location: str, size: int, pc: int) -> Iterator[Piece]:
    """Yield the pieces of one variable of `size` bytes that are in memory at `pc`."""
    if location.startswith("multi-location"):
        location = _location_at(location, pc)
    start = parsed = 0  # in bytes of the variable, and in characters of the text
    for piece in _PIECE.finditer(location):
        piece_size = int(piece[1] or piece[2])
        if piece[1]:
            yield from _piece(name, location[parsed : piece.start()], piece_size, start)
        start, parsed = start + piece_size, piece.end()
    if not parsed:
        yield from _piece(name, location, size, 0)


def _location_at(locations: str, pc: int) -> str:
    """Return the location for the range that contains `pc`, "" if none does."""
    ranges = list(_RANGE.finditer(locations))
    ends = [*(r.start() for r in ranges[1:]), len(locations)]
    location = ""
    for match, end in zip(ranges, ends, strict=True):
        if int(match[1], 16) <= pc < int(match[2], 16):
            location = locations[match.end() : end]
    return location


def _piece(name: str, location: str, size: int, start: int) -> Iterator[Piece]:
    offset = _cfa_offset(location)
    if offset is not None:
        yield Piece(name, offset[0], size, start, offset[1])


def _cfa_offset(location: str) -> tuple[int, bool] | None:
    """Return a location as bytes from the CFA, and whether the variable's address is there.

    Go's compiler gives the CFA as frame base (DW_AT_frame_base in cmd/internal/dwarf/dwarf.go).
    """
    operations = _OPERATION.findall(location)
    match [operation for operation, _ in operations]:
        case ["call_frame_cfa"]:
            return 0, False
        case ["fbreg"]:
            return int(operations[0][1]), False
        case ["fbreg", "deref"]:  # a variable moved to the heap, since go1.25
            return int(operations[0][1]), True
        case ["call_frame_cfa", "deref"]:
            return 0, True
        case ["call_frame_cfa", "consts" | "const1s" | "const2s", "plus"]:
            return int(operations[1][1]), False
        case ["call_frame_cfa", "plus_uconst"]:
            return int(operations[1][1]), False
    return None
