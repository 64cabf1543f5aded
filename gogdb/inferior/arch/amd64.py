"""linux/amd64: registers, calls, frames, the TLS slot, signal frames."""

from __future__ import annotations

import struct

from gogdb.inferior.arch.contract import Arch, FrameRegisters
from gogdb.inferior.arch.operation import Operation
from gogdb.inferior.elf import ElfFile
from gogdb.inferior.memory import Memory

__all__ = ["AMD64"]

_CALL = b"\xe8"  # CALL rel32
# Registers by their numbers in an instruction; REX.B selects the second eight
_LEGACY = ("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi")
_EXTENDED = ("r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15")
_REX_B = 0x41
# Offsets in the ucontext that the kernel leaves on a signal's stack: struct sigcontext of
# arch/x86/include/uapi/asm/sigcontext.h, after uc_flags, uc_link and uc_stack
_UC_RBP, _UC_RSP, _UC_RIP = 120, 160, 168


class _Amd64(Arch):
    name = "amd64"
    machine = 62
    gdb_name = "i386:x86-64"

    registers = (
        "rip",
        "rsp",
        "rbp",
        "r14",
        "rax",
        "rbx",
        "rcx",
        "rdx",
        "rdi",
        "rsi",
        "r8",
        "r9",
        "r10",
        "r11",
        "r12",
        "r13",
        "r15",
        "fs_base",
    )
    pc, sp, fp, lr = "rip", "rsp", "rbp", ""
    g = "r14"
    closure = "rdx"
    thread_pointer = "fs_base"
    arguments = ("rax", "rbx", "rcx", "rdi", "rsi", "r8", "r9", "r10", "r11")  # abi-internal.md

    pc_quantum = 1
    call_size = 5
    return_instruction = b"\xc3"

    pushed_by_call = 8
    stack_arguments = 8
    arena_base = 0xFFFF_8000_0000_0000  # runtime/malloc.go

    def calls(self, code: bytes, address: int) -> list[tuple[int, int]]:
        pairs = []
        at = code.find(_CALL)
        while 0 <= at <= len(code) - self.call_size:
            (relative,) = struct.unpack_from("<i", code, at + 1)
            site = address + at
            pairs.append((site, site + self.call_size + relative))
            at = code.find(_CALL, at + 1)
        return pairs

    def parse(self, text: str) -> Operation:
        # takes time to import, and few commands need it
        from gogdb.inferior.arch.amd64_text import parse

        return parse(text)

    def return_slot(self, sp: int, cfa: int) -> int:
        return cfa - 8

    def popped_register(self, code: bytes) -> str:
        *_, prefix, opcode = b"\0\0" + code
        if not 0x58 <= opcode <= 0x5F:  # POPQ
            return ""
        return (_EXTENDED if prefix == _REX_B else _LEGACY)[opcode - 0x58]

    def saved_fp_slot(self, sp: int, cfa: int) -> int | None:
        # right below the return address: cmd/internal/obj/x86
        return cfa - 16 if cfa - sp >= 16 else None

    def tls_offset(self, elf: ElfFile) -> int:
        # Thread-local blocks end at the thread pointer (ELF TLS variant II). A program without the
        # symbol has only g there, in the word right below (cmd/link).
        value, segment = elf.tls_symbol("runtime.tlsg"), elf.tls
        if value is None or segment is None:
            return -8
        align = max(segment.align, 1)
        return value - (segment.size + align - 1) // align * align

    def interrupted(self, memory: Memory, cfa: int) -> FrameRegisters:
        # The kernel has pushed the ucontext, and then the address of sigreturn, which the
        # handler returns to: the ucontext begins at the CFA.
        context = memory.read(cfa, _UC_RIP + 8)
        pc, sp, fp = (
            struct.unpack_from("<Q", context, at)[0] for at in (_UC_RIP, _UC_RSP, _UC_RBP)
        )
        return FrameRegisters(pc, sp, fp)


AMD64 = _Amd64()
