"""What is amd64 about a target: register names, the TLS slot, how a call is encoded."""

from __future__ import annotations

import struct

__all__ = ["REGISTERS", "RET", "calls", "tls_slot"]

RET = b"\xc3"  # the near return that Go's code ends its functions with

REGISTERS = (
    *("rip", "rsp", "rbp", "r14", "rax", "rbx", "rcx", "rdx", "rdi", "rsi"),
    *("r8", "r9", "r10", "r11", "r12", "r13", "r15", "fs_base"),
)


def tls_slot(fs_base: int, offset: int) -> int:
    """Address of the word that holds the current g (runtime.tlsg)."""
    return (fs_base + offset) & 0xFFFF_FFFF_FFFF_FFFF


def calls(code: bytes, base: int) -> list[tuple[int, int]]:
    """(call site, target) of every E8 rel32 in `code`, which lies at `base`.

    A byte 0xE8 inside another instruction gives a false pair; callers match the
    target against a function's exact entry, which such a pair does not hit.
    """
    found = []
    at = code.find(b"\xe8")
    while 0 <= at <= len(code) - 5:
        (relative,) = struct.unpack_from("<i", code, at + 1)
        found.append((base + at, base + at + 5 + relative))
        at = code.find(b"\xe8", at + 1)
    return found
