"""What is amd64 about a target: register names, the TLS slot, signal frames, calls."""

from __future__ import annotations

import struct

from gogdb.inferior.protocol import Memory

__all__ = ["REGISTERS", "RET", "calls", "interrupted", "tls_slot"]

RET = b"\xc3"  # the near return that Go's code ends its functions with

REGISTERS = (
    *("rip", "rsp", "rbp", "r14", "rax", "rbx", "rcx", "rdx", "rdi", "rsi"),
    *("r8", "r9", "r10", "r11", "r12", "r13", "r15", "fs_base"),
)


def tls_slot(fs_base: int, offset: int) -> int:
    """Address of the word that holds the current g (runtime.tlsg)."""
    return (fs_base + offset) & 0xFFFF_FFFF_FFFF_FFFF


# In the ucontext that the kernel leaves on a signal's stack (struct sigcontext of
# arch/x86/include/uapi/asm/sigcontext.h, behind uc_flags, uc_link and uc_stack)
_UC_RBP, _UC_RSP, _UC_RIP = 120, 160, 168


def interrupted(memory: Memory, cfa: int) -> tuple[int, int, int]:
    """The pc, sp and rbp that a signal interrupted; `cfa` is that of its handler's first frame.

    There the ucontext begins: the kernel has pushed it, and then the address of sigreturn for
    the handler to return to. Raises `Unreadable`.
    """
    context = memory.read(cfa, _UC_RIP + 8)
    pc, sp, rbp = (struct.unpack_from("<Q", context, at)[0] for at in (_UC_RIP, _UC_RSP, _UC_RBP))
    return pc, sp, rbp


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
