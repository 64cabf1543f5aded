"""Which data amd64 code refers to, and how long arrays are, by the bytes of instructions.

Go's compiler and assembler refer to global variables relative to the instruction pointer. Code is
looked through byte by byte, so that an operand may look like an instruction: a caller keeps the
references to what it expects.
"""

from __future__ import annotations

import re
import struct

from gogdb.inferior.arch.reference import Reference, ReferenceKind

__all__ = ["index_bounds", "references"]

_RELATIVE = struct.Struct("<i")
# An opcode, and a ModRM byte that says "relative to the instruction pointer" (mod 0, r/m 5)
_OPCODES = rb"\x8d|\x8b|\x0f[\xb6\xbe]|\x89|\x88|\x87|\xc7|\xc6|\x80|\x81|\x83|\x39|\x3b"
_INSTRUCTION = re.compile(
    rb"(?=([\x40-\x4f]?)(" + _OPCODES + rb")([\x05\x0d\x15\x1d\x25\x2d\x35\x3d]))", re.DOTALL
)
_KINDS: dict[bytes, tuple[ReferenceKind, int, int]] = {
    # kind, bytes that are accessed (0: by REX.W), bytes of an immediate operand behind
    b"\x8d": ("address", 0, 0),  # LEAQ
    b"\x8b": ("load", 0, 0),
    b"\x0f\xb6": ("load", 1, 0),  # MOVBLZX
    b"\x0f\xbe": ("load", 1, 0),
    b"\x3b": ("load", 0, 0),  # CMPQ register, memory
    b"\x39": ("load", 0, 0),
    b"\x80": ("load", 1, 1),  # CMPB memory, immediate
    b"\x83": ("load", 0, 1),
    b"\x81": ("load", 0, 4),
    b"\x89": ("store", 0, 0),
    b"\x88": ("store", 1, 0),
    b"\x87": ("store", 0, 0),  # XCHGQ
    b"\xc6": ("store", 1, 1),  # MOVB immediate, memory
    b"\xc7": ("store", 0, 4),
}
_REX_W = 8
# CMP of a register with an 8-bit constant, and a jump if it is below, or not below (JB, JAE)
_BOUND = re.compile(
    rb"(?:\x3c|[\x40-\x4f]?[\x80\x83][\xf8-\xff])([\x00-\x7f])(?:[\x72\x73]|\x0f[\x82\x83])",
    re.DOTALL,
)


def references(code: bytes, address: int) -> list[Reference]:
    """Return the references of `code`, which lies at `address`, in their order."""
    found: list[Reference] = []
    last = -1
    for match in _INSTRUCTION.finditer(code):
        rex, opcode, _ = match.groups()
        at = match.end(3)
        if match.start(2) == last or at + 4 > len(code):  # again, without its prefix
            continue
        last = match.start(2)
        kind, size, immediate = _KINDS[opcode]
        end = at + 4 + immediate
        (relative,) = _RELATIVE.unpack_from(code, at)
        found.append(
            Reference(
                kind,
                size or (8 if rex and rex[0] & _REX_W else 4),
                target=address + end + relative,
                site=address + match.start(),
                immediate=int.from_bytes(code[at + 4 : end], "little") if immediate else None,
            )
        )
    return found


def index_bounds(code: bytes, address: int) -> list[tuple[int, int]]:
    """Return (site, bound) of the comparisons that may check an index against a constant."""
    return [(address + match.start(), match[1][0]) for match in _BOUND.finditer(code)]
