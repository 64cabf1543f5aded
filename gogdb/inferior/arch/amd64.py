"""linux/amd64: registers, calls, frames, the TLS slot, signal frames."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping

from gogdb.errors import Unreadable
from gogdb.inferior.arch.amd64_saved import gregset, interrupted_registers, preempted_registers
from gogdb.inferior.arch.contract import Arch, FrameRegisters, SignalFrame
from gogdb.inferior.arch.operation import Operation
from gogdb.inferior.arch.reference import Reference
from gogdb.inferior.elf import ElfFile, Segment
from gogdb.inferior.memory import Memory
from gogdb.inferior.siginfo import SIGINFO_SIZE, decode

__all__ = ["AMD64"]

_CALL, _JUMP = b"\xe8", b"\xe9"  # CALL rel32, JMP rel32
# Registers by their numbers in an instruction; REX.B selects the second eight
_LEGACY = ("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi")
_EXTENDED = ("r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15")
_REX_B = 0x41
# Offsets in the ucontext that the kernel leaves on a signal's stack: struct sigcontext of
# arch/x86/include/uapi/asm/sigcontext.h, after uc_flags, uc_link and uc_stack
_UC_TRAPNO, _UC_CR2 = 200, 216
_PAGE_FAULT = 14
_UC_STACK, _UC_STACK_SIZE = 16, 32  # uc_stack.ss_sp and ss_size
_SIGINFO = 304  # where siginfo follows the ucontext (struct rt_sigframe)
_SIGNAL_FRAME = _SIGINFO + SIGINFO_SIZE
# mov $__NR_rt_sigreturn,%rax or %eax; syscall
_SIGRETURN = (b"\x48\xc7\xc0\x0f\0\0\0\x0f\x05", b"\xb8\x0f\0\0\0\x0f\x05")
# MOVQ to or from FS:disp32; or, in a PIE, MOVQ $disp32 to a register that is added to FS
_TLS_SLOT = re.compile(
    rb"\x64[\x48\x4c][\x89\x8b][\x04\x0c\x14\x1c\x24\x2c\x34\x3c]\x25(.{4})"
    rb"|\x48\xc7[\xc0-\xc7](.{4})\x64[\x48\x4c]",
    re.DOTALL,
)


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
    kept_sp = "r12"
    closure = "rdx"
    thread_pointer = "fs_base"
    carrier = "r15"
    arguments = ("rax", "rbx", "rcx", "rdi", "rsi", "r8", "r9", "r10", "r11")  # abi-internal.md

    pc_quantum = 1
    call_size = 5
    return_instruction = b"\xc3"
    restores_sp = b"\x4c\x89\xe4"  # MOVQ R12, SP

    pushed_by_call = 8
    stack_arguments = 8
    arena_base = 0xFFFF_8000_0000_0000  # runtime/malloc.go
    tls_relocation = 18  # R_X86_64_TPOFF64
    relative_relocation = 8  # R_X86_64_RELATIVE
    dwarf_sp, dwarf_return_address = 7, 16  # figure 3.36 of the System V ABI
    dwarf_registers = ("rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", *_EXTENDED)

    def calls(self, code: bytes, address: int) -> list[tuple[int, int]]:
        return self._relative(_CALL, code, address)

    def jumps(self, code: bytes, address: int) -> list[tuple[int, int]]:
        return self._relative(_JUMP, code, address)

    def _relative(self, opcode: bytes, code: bytes, address: int) -> list[tuple[int, int]]:
        pairs = []
        at = code.find(opcode)
        while 0 <= at <= len(code) - self.call_size:
            (relative,) = struct.unpack_from("<i", code, at + 1)
            site = address + at
            pairs.append((site, site + self.call_size + relative))
            at = code.find(opcode, at + 1)
        return pairs

    def references(self, code: bytes, address: int) -> list[Reference]:
        # takes time to import, and programs with symbols do without
        from gogdb.inferior.arch.amd64_references import references

        return references(code, address)

    def index_bounds(self, code: bytes, address: int) -> list[tuple[int, int]]:
        from gogdb.inferior.arch.amd64_references import index_bounds

        return index_bounds(code, address)

    def tls_symbol(self, elf: ElfFile, code: bytes) -> int | None:
        match, segment = _TLS_SLOT.search(code), elf.tls
        if match is None or segment is None:
            return None
        return _tls_size(segment) + int.from_bytes(match[1] or match[2], "little", signed=True)

    def parse(self, text: str) -> Operation:
        # takes time to import, and few commands need it
        from gogdb.inferior.arch.amd64_text import parse

        return parse(text)

    def return_slot(self, sp: int, cfa: int) -> int:
        return cfa - 8

    def c_return_slot(self, sp: int) -> int:
        return sp // 16 * 16 - 8

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
        return value - _tls_size(segment)

    def signal_frame(self, memory: Memory, cfa: int, *, has_siginfo: bool) -> SignalFrame:
        # The kernel has pushed siginfo, the ucontext, and then the address of sigreturn, which
        # the handler returns to (rt_sigframe): the ucontext begins at the CFA.
        frame = memory.read(cfa, _SIGNAL_FRAME)
        saved = interrupted_registers(frame)
        pc, sp, fp, kept_sp = (saved[name] for name in (self.pc, self.sp, self.fp, self.kept_sp))
        registers = FrameRegisters(pc, sp, fp, kept_sp=kept_sp)
        siginfo = frame[_SIGINFO:]
        page_fault = _word(frame, _UC_TRAPNO) == _PAGE_FAULT
        confirmed = page_fault and decode(siginfo).address == _word(frame, _UC_CR2)
        return SignalFrame(registers, siginfo if has_siginfo or confirmed else b"", saved)

    def preempted_registers(self, code: bytes) -> Mapping[str, int]:
        return preempted_registers(code)

    def gregset(self, values: Mapping[str, int]) -> bytes:
        return gregset(values)

    def handler_cfas(self, memory: Memory, sp: int, stack: tuple[int, int]) -> Iterator[int]:
        # A ucontext names the alternate stack (uc_stack), and a call of sigreturn is below it.
        lo, hi = stack
        words = memory.read(sp, hi - sp)
        place = words.find(struct.pack("<Q", lo))
        while place >= 0:
            context = place - _UC_STACK
            in_frame = place % 8 == 0 and 8 <= context <= len(words) - _SIGNAL_FRAME
            if in_frame and _word(words, context + _UC_STACK_SIZE) == hi - lo:
                returns_to = _word(words, context - 8)
                if _is_sigreturn(memory, returns_to):
                    yield sp + context
            place = words.find(struct.pack("<Q", lo), place + 1)


def _tls_size(segment: Segment) -> int:
    """Return the size in bytes of a thread's TLS block, of which `segment` is the template."""
    align = max(segment.align, 1)
    return (segment.size + align - 1) // align * align


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")


def _is_sigreturn(memory: Memory, address: int) -> bool:
    try:
        return memory.read(address, len(max(_SIGRETURN, key=len))).startswith(_SIGRETURN)
    except Unreadable:
        return False


AMD64 = _Amd64()
