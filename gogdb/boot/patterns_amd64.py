"""The instructions that stages stop at, as amd64 encodes them, and the registers they use.

Each pattern stands for the line of Go assembly above it; operands that differ between builds
match any byte. The lines without a file are those of runtime/asm_amd64.s.
"""

from __future__ import annotations

import re

__all__ = [
    "FIND_RUNNABLE_G",
    "GOGO_G",
    "GOGO_GOBUF",
    "GOGO_PC",
    "HANDOFF_P",
    "JUMP_TO_PC",
    "LOAD_SP",
    "MCALL_FN",
    "MCALL_LOAD_SP",
    "MORESTACK_LOAD_SP",
    "RT0_ARGC",
    "RT0_ARGV",
    "RT0_BOUNDED_G0",
    "RT0_G0",
    "RT0_M0",
    "RT0_MAIN_PC",
    "SAVE_FP",
    "SETTLS_SLOT",
    "STORE_G0_M",
    "STORE_STACK_HI",
    "STORE_TLS_G0",
    "STORE_TLS_MAGIC",
    "g0_stack_size",
    "hex_pattern",
    "stack_guard",
]


def hex_pattern(*codes: str) -> tuple[bytes, ...]:
    """Return regular expressions for alternatives like "48 8b 23", `..` standing for any byte."""
    return tuple(
        b"".join(b"." if byte == ".." else re.escape(bytes.fromhex(byte)) for byte in code.split())
        for code in codes
    )


# rt0_go

# MOVQ SP, (g_stack+stack_hi)(DI)
STORE_STACK_HI = hex_pattern("48 89 67 08")

# MOVQ $0x123, g(BX): the slot's offset is in the instruction, in a PIE it is in BX
STORE_TLS_MAGIC = hex_pattern("64 48 c7 04 25 .. .. .. .. 23 01 00 00", "64 48 c7 03 23 01 00 00")

# MOVQ CX, g(BX)
STORE_TLS_G0 = hex_pattern("64 48 89 0c 25 .. .. .. ..", "64 48 89 0b")

# MOVQ AX, g_m(CX)
STORE_G0_M = hex_pattern("48 89 41 30")

# LEAQ (-64*1024)(SP), BX; up to go1.19 (-64*1024+104)(SP)
_LOAD_STACK_LO = re.compile(rb"\x48\x8d\x9c\x24(....)", re.DOTALL)

# ADDQ $const_stackGuard, AX; MOVQ AX, g_stackguard0(CX)
_ADD_STACK_GUARD = re.compile(rb"\x48\x05(....)\x48\x89\x41\x10", re.DOTALL)

RT0_ARGC, RT0_ARGV = "rdi", "rsi"
RT0_BOUNDED_G0 = "rdi"  # MOVQ $runtime·g0(SB), DI
SETTLS_SLOT = "rdi"  # LEAQ runtime·m0+m_tls(SB), DI
RT0_G0 = "rcx"  # LEAQ runtime·g0(SB), CX
RT0_M0 = "rax"  # LEAQ runtime·m0(SB), AX
RT0_MAIN_PC = "rax"  # MOVQ $runtime·mainPC(SB), AX


def g0_stack_size(rt0_go: bytes) -> int:
    """Return the size that rt0_go gives g0's stack, in bytes; 0 if its code does not say."""
    load = _LOAD_STACK_LO.search(rt0_go)
    return -int.from_bytes(load[1], "little", signed=True) if load else 0


def stack_guard(rt0_go: bytes) -> int:
    """Return stackGuard in bytes: the room above lo for functions that do not check (stack.go).

    It is larger in a program built with -race (StackGuardMultiplier in internal/runtime/sys).
    rt0_go adds it to lo after _cgo_init. 0 if its code does not say.
    """
    add = _ADD_STACK_GUARD.search(rt0_go)
    return int.from_bytes(add[1], "little") if add else 0


# gogo

# MOVQ gobuf_sp(BX), SP
LOAD_SP = hex_pattern("48 8b 23")

# JMP BX
JUMP_TO_PC = hex_pattern("ff e3")

GOGO_GOBUF = "rbx"  # MOVQ buf+0(FP), BX
GOGO_G = "rdx"  # MOVQ gobuf_g(BX), DX
GOGO_PC = "rbx"  # MOVQ gobuf_pc(BX), BX

# mcall and morestack

# MOVQ (g_sched+gobuf_sp)(R14), SP, with R14 = g0
MCALL_LOAD_SP = hex_pattern("49 8b 66 ..")

# MOVQ (g_sched+gobuf_sp)(BX), SP, with BX = g0
MORESTACK_LOAD_SP = hex_pattern("48 8b 63 ..")

# Go functions: their first argument and result (cmd/compile/abi-internal.md)

FIND_RUNNABLE_G = "rax"  # the g that findRunnable returns
HANDOFF_P = "rax"  # the argument of handoffp
MCALL_FN = "rax"  # the argument of mcall

# How the compiler saves the frame pointer (cmd/internal/obj/x86/obj6.go)

# PUSHQ BP; MOVQ SP, BP
# up to go1.20: MOVQ BP, n(SP); LEAQ n(SP), BP
SAVE_FP = hex_pattern(
    "55 48 89 e5",
    "48 89 6c 24 .. 48 8d 6c 24 ..",
    "48 89 ac 24 .. .. .. .. 48 8d ac 24 .. .. .. ..",
)
