"""Call frame information, DWARF's .debug_frame, made from the pcsp tables.

GDB's own unwinder needs it: from the code alone it does not know where Go's functions keep the
return address. The linker makes the same of the same tables (`writeframes` in
cmd/link/internal/ld/dwarf.go) unless -w makes it leave out debug information.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache

from gogdb.inferior.arch import Arch
from gogdb.inferior.leb128 import sleb128, uleb128
from gogdb.runtime.pclntab import FuncRecord, Pclntab
from gogdb.runtime.stripped.linked_functions import LinkedFunction
from gogdb.runtime.symtab import TOP_FRAME

__all__ = ["frame_table"]

_CIE_ID = 0xFFFFFFFF
_VERSION = 3
_FDE = struct.Struct("<IIQQ")  # length, offset of the CIE, first address, size of the code
_ADVANCE_LOC, _OFFSET = 0x40, 0x80  # DW_CFA_*
_ADVANCE_LOC1, _ADVANCE_LOC2, _ADVANCE_LOC4, _UNDEFINED = b"\x02", b"\x03", b"\x04", b"\x07"
_DEF_CFA, _DEF_CFA_OFFSET = b"\x0c", b"\x0e"
# GDB knows the frame of a signal by this name, which go1.19 does not have, and its instructions;
# it first looks for call frame information at the byte before them
_SIGNAL_RETURN = "runtime.sigreturn__sigaction"
_HANDLERS = ("runtime.sigtramp", "runtime.cgoSigtramp")  # which seem to be called from there
# They switch to another stack, where the tables do not say how they were called
_SWITCHING = (
    "runtime.mcall",
    "runtime.systemstack",
    "runtime.morestack",
    "runtime.asmcgocall",
)


def frame_table(tables: Pclntab, functions: Sequence[LinkedFunction], arch: Arch) -> bytes:
    """Return the contents of .debug_frame for functions, whose tables are `tables`."""
    signal_return = _name_offsets(tables, _SIGNAL_RETURN)
    called = _name_offsets(tables, *_HANDLERS) if signal_return else frozenset()
    switching = _name_offsets(tables, *_SWITCHING)
    parts = [_cie(arch)]
    rules: dict[tuple[int, int | None], bytes] = {}  # many functions have the same
    for entry, record in functions:
        name, size = record.name_offset, tables.code_size(record)
        if not size or name in signal_return:
            continue
        top_from = None
        if name in switching:
            top_from = arch.pc_quantum
        elif record.flag & TOP_FRAME and name not in called:
            top_from = 0
        key = record.pcsp, top_from
        if key not in rules:
            rules[key] = _padded(_rules(tables, record, top_from, arch), _FDE.size)
        length = _FDE.size - 4 + len(rules[key])
        parts += [_FDE.pack(length, 0, entry, size), rules[key]]
    return b"".join(parts)


def _name_offsets(tables: Pclntab, *names: str) -> frozenset[int]:
    return frozenset(offset for name in names for offset in tables.name_offsets(name))


def _cie(arch: Arch) -> bytes:
    """Return what holds at the entry of every function: the call has pushed the return address."""
    word = arch.pushed_by_call
    body = b"".join(
        [
            struct.pack("<IBB", _CIE_ID, _VERSION, 0),  # no augmentation
            uleb128(arch.pc_quantum),
            sleb128(-word),
            uleb128(arch.dwarf_return_address),
            _DEF_CFA + uleb128(arch.dwarf_sp) + uleb128(word),
            bytes([_OFFSET | arch.dwarf_return_address]) + uleb128(1),
        ]
    )
    body = _padded(body, 4)
    return struct.pack("<I", len(body)) + body


def _rules(tables: Pclntab, record: FuncRecord, top_from: int | None, arch: Arch) -> bytes:
    """Return the instructions that say where the CFA is at each pc of a function.

    From `top_from` on the stack ends with its frame.
    """
    parts: list[bytes] = []
    word = arch.pushed_by_call
    pc, offset = 0, word
    if top_from is not None:
        parts += [_advance(top_from // arch.pc_quantum)] if top_from else []
        parts.append(_UNDEFINED + uleb128(arch.dwarf_return_address))
        pc = top_from
    for start, value in tables.steps(record, record.pcsp):
        if start > pc:
            parts.append(_advance((start - pc) // arch.pc_quantum))
            pc = start
        if value + word != offset and value >= -word:
            offset = value + word
            parts.append(_cfa_offset(offset))
    return b"".join(parts)


@cache
def _cfa_offset(offset: int) -> bytes:
    return _DEF_CFA_OFFSET + uleb128(offset)


@cache
def _advance(units: int) -> bytes:
    if units < 0x40:
        return bytes([_ADVANCE_LOC | units])
    if units < 1 << 8:
        return _ADVANCE_LOC1 + units.to_bytes(1, "little")
    if units < 1 << 16:
        return _ADVANCE_LOC2 + units.to_bytes(2, "little")
    return _ADVANCE_LOC4 + units.to_bytes(4, "little")


def _padded(body: bytes, before: int) -> bytes:
    """Return an entry with DW_CFA_nop behind it, so that it ends at a word."""
    return body + bytes(-(before + len(body)) % 8)
