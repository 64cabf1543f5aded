"""An ELF file that lets a debugger go on from any frame to a frame on any other stack.

A debugger finds the caller of a frame by call frame information (DWARF) at its pc. The file has it
for functions that do not exist. A frame in one of them gets the pc of its caller in `Arch.carrier`,
or finds it below the caller's SP, and leaves the other registers as they are. An unwinder that says
of any frame that its caller is one of these functions leads on to where it wants.

GDB takes a stack for damaged if the frame of a caller lies below that of its callee
(get_prev_frame_always_1 in gdb/frame.c). It makes two exceptions: for a function with the name
__morestack (gcc -fsplit-stack), and for the frame of a signal handler. The caller of a signal
handler is taken to be at its pc, other callers to be before it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gogdb.inferior.arch import Arch
from gogdb.inferior.debug_file import NamedAddress, debug_file
from gogdb.inferior.elf import Section, Segment
from gogdb.inferior.leb128 import sleb128, uleb128

__all__ = [
    "CALLED",
    "END",
    "INTERRUPTED",
    "START",
    "STOPPED",
    "Caller",
    "FramePlace",
    "switch_file",
]

FramePlace = tuple[int, int]
"""The pc and sp in a frame."""


class Caller(NamedTuple):
    """What an unwinder says of a frame: what identifies it, and the registers of its caller.

    `identity` are the frame's CFA and the entry of its function.
    """

    identity: tuple[int, int]
    registers: Mapping[str, int]


START = 0xFFFF_FFFF_FF70_0000
"""Where the functions begin: in the kernel's half of the address space, which no program has."""
_SIZE = 16  # of a function, in bytes
CALLED = START + 1
"""The pc of a frame whose caller called it: the caller's pc is a return address."""
STOPPED = START + _SIZE + 1
"""The pc of a frame whose caller was stopped at its pc, which is the next instruction."""
INTERRUPTED = START + 2 * _SIZE + 1
"""As `STOPPED`, for a caller whose pc lies below its SP, as if it had made a call."""
END = START + 3 * _SIZE

_NAMES = ("__morestack", "go_stopped", "go_interrupted")
_ET_EXEC, _SHT_NULL, _SHT_NOBITS = 2, 0, 8
_TEXT_FLAGS = 6  # SHF_ALLOC | SHF_EXECINSTR

_CIE_ID, _VERSION = 0xFFFFFFFF, 3
_FDE = struct.Struct("<IIQQ")  # length, offset of the CIE, first address, size of the code
_UNDEFINED, _SAME_VALUE, _REGISTER, _DEF_CFA, _OFFSET = 0x07, 0x08, 0x09, 0x0C, 0x80  # DW_CFA_*
_SIGNAL_FRAME, _PLAIN = b"S\0", b"\0"  # augmentations of a CIE


class _Headers(NamedTuple):
    machine: int
    sections: Sequence[Section]
    e_type: int = _ET_EXEC
    entry: int = START
    loaded: Sequence[Segment] = ()


def switch_file(arch: Arch) -> bytes:
    """Return the contents of the file."""
    sections = (
        Section("", _SHT_NULL, 0, 0, 0, 0, 0, 0),
        Section(".text", _SHT_NOBITS, _TEXT_FLAGS, START, 0, END - START, 0, 0),
    )
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in _NAMES)
    symbols = [
        NamedAddress(strings.index(name.encode()), START + index * _SIZE, _SIZE, is_function=True)
        for index, name in enumerate(_NAMES)
    ]
    frames = {".debug_frame": _frame_table(arch)}
    return debug_file(_Headers(arch.machine, sections), strings, symbols, frames)


def _frame_table(arch: Arch) -> bytes:
    carried = bytes([_REGISTER, arch.dwarf_return_address, _number(arch, arch.carrier)])
    carried += bytes([_UNDEFINED, _number(arch, arch.carrier)])
    on_stack = bytes([_OFFSET | arch.dwarf_return_address]) + uleb128(1)
    on_stack += bytes([_SAME_VALUE, _number(arch, arch.carrier)])
    cies, rules = bytearray(), []
    for augmentation, caller in (
        (_PLAIN, carried),
        (_SIGNAL_FRAME, carried),
        (_SIGNAL_FRAME, on_stack),
    ):
        rules.append(len(cies))
        cies += _cie(arch, augmentation, caller)
    fdes = (
        _FDE.pack(_FDE.size - 4, cie, START + index * _SIZE, _SIZE)
        for index, cie in enumerate(rules)
    )
    return bytes(cies) + b"".join(fdes)


def _cie(arch: Arch, augmentation: bytes, caller: bytes) -> bytes:
    """Return the rules of a function: the caller's SP is this frame's, as are other registers."""
    kept = (
        number
        for number, name in enumerate(arch.dwarf_registers)
        if name not in (arch.sp, arch.carrier)
    )
    body = b"".join(
        [
            struct.pack("<IB", _CIE_ID, _VERSION) + augmentation,
            uleb128(arch.pc_quantum),
            sleb128(-8),
            uleb128(arch.dwarf_return_address),
            bytes([_DEF_CFA, arch.dwarf_sp]) + uleb128(0),
            caller,
            b"".join(bytes([_SAME_VALUE, number]) for number in kept),
        ]
    )
    body += bytes(-(4 + len(body)) % 8)
    return struct.pack("<I", len(body)) + body


def _number(arch: Arch, name: str) -> int:
    return arch.dwarf_registers.index(name)
