"""Where amd64 registers are saved: for a signal handler, in a core file, by asyncPreempt."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping

from gogdb.inferior.memory import WORD_MASK

__all__ = ["gregset", "interrupted_registers", "preempted_registers"]

# Registers by their numbers in an instruction; REX.R selects the second eight
_LEGACY = ("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi")
_EXTENDED = ("r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15")
_REX_WR = 0x4C

# struct sigcontext_64 (arch/x86/include/uapi/asm/sigcontext.h), from its offset in the ucontext on
_SIGCONTEXT = (
    *_EXTENDED,
    *("rdi", "rsi", "rbp", "rbx", "rdx", "rax", "rcx", "rsp", "rip", "eflags"),
)
_SIGCONTEXT_AT = 40

# struct user_regs_struct (arch/x86/include/asm/user_64.h): elf_gregset_t
_GREGSET = (
    *("r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx"),
    *("rsi", "rdi", "orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base"),
    *("ds", "es", "fs", "gs"),
)
# Of every thread in user code: __USER_CS and __USER_DS (asm/segment.h), interrupts enabled, and
# no system call that a debugger might restart
_IN_USER_CODE = {"cs": 0x33, "ss": 0x2B, "eflags": 0x202, "orig_rax": WORD_MASK}

_WORD = 8  # bytes
# PUSHQ BP; MOVQ SP, BP; PUSHFQ; SUBQ $size, SP; then MOVQ reg, disp(SP) for each register
_STORE = rb"[\x48\x4c]\x89(?:%s\x24|%s\x24.|%s\x24.{4})" % (
    b"[" + b"".join(rb"\x%02x" % (reg << 3 | 4) for reg in range(8)) + b"]",
    b"[" + b"".join(rb"\x%02x" % (0x40 | reg << 3 | 4) for reg in range(8)) + b"]",
    b"[" + b"".join(rb"\x%02x" % (0x80 | reg << 3 | 4) for reg in range(8)) + b"]",
)
_ASYNC_PREEMPT = re.compile(
    rb"\x55\x48\x89\xe5\x9c\x48(?:\x83\xec(.)|\x81\xec(.{4}))((?:%s)+)" % _STORE, re.DOTALL
)
_STORES = re.compile(_STORE, re.DOTALL)


def interrupted_registers(ucontext: bytes) -> dict[str, int]:
    """Return the registers in a ucontext, by name."""
    words = struct.unpack_from(f"<{len(_SIGCONTEXT)}Q", ucontext, _SIGCONTEXT_AT)
    return dict(zip(_SIGCONTEXT, words, strict=True))


def gregset(values: Mapping[str, int]) -> bytes:
    """Return the elf_gregset_t of a thread in user code; registers without a value are 0."""
    known = {**_IN_USER_CODE, **values}
    return struct.pack(f"<{len(_GREGSET)}Q", *(known.get(name, 0) for name in _GREGSET))


def preempted_registers(code: bytes) -> dict[str, int]:
    """Return where asyncPreempt, whose code this is, saves registers: by name, in bytes from SP.

    {} if the code does not begin as in preempt_amd64.s (mkpreempt.go).
    """
    match = _ASYNC_PREEMPT.match(code)
    if match is None:
        return {}
    size = int.from_bytes(match[1] or match[2], "little")
    saved = dict(map(_stored, _STORES.findall(match[3])))
    return {**saved, "eflags": size, "rbp": size + _WORD, "rip": size + 2 * _WORD}


def _stored(instruction: bytes) -> tuple[str, int]:
    """Return the register that MOVQ stores, and its distance from SP in bytes."""
    prefix, _, modrm, _, *_ = instruction
    names = _EXTENDED if prefix == _REX_WR else _LEGACY
    return names[modrm >> 3 & 7], int.from_bytes(instruction[4:], "little", signed=True)
