"""What gogdb knows of amd64, and how it refuses other processors."""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any

import pytest

from gogdb.errors import GogdbError, Unreadable
from gogdb.inferior.arch import FrameRegisters, Registers, SignalFrame, of_elf, of_machine
from gogdb.inferior.arch.amd64 import AMD64
from tests.support.recorded_memory import Image


def program(machine: int = 62, tlsg: int | None = None, tls: Any = None) -> Any:
    """Return what an Arch asks of an ELF file."""
    symbols = {} if tlsg is None else {"runtime.tlsg": tlsg}
    return SimpleNamespace(path="x", machine=machine, tls=tls, tls_symbol=symbols.get)


def test_a_processor_is_found_by_the_elf_machine() -> None:
    assert of_machine(62) is AMD64
    assert of_machine(183) is None
    assert of_elf(program()) is AMD64


@pytest.mark.parametrize(("machine", "name"), [(183, "arm64"), (9, "machine 9")])
def test_other_processors_are_refused_in_one_line(machine: int, name: str) -> None:
    with pytest.raises(GogdbError) as caught:
        of_elf(program(machine))
    assert str(caught.value) == f"x is a program for {name}: gogdb reads linux/amd64 only"


def test_registers_by_role() -> None:
    values = {name: number for number, name in enumerate(AMD64.registers)}
    registers = Registers(AMD64, values)
    assert registers == values
    pc, sp, fp, kept_sp = (values[name] for name in ("rip", "rsp", "rbp", "r12"))
    assert registers.frame == FrameRegisters(pc, sp, fp, lr=0, kept_sp=kept_sp)
    assert registers.g == values["r14"]
    assert registers.thread_pointer == values["fs_base"]
    assert [registers.argument(i) for i in (0, 1, 2)] == [values[r] for r in ("rax", "rbx", "rcx")]
    assert registers.result(0) == values["rax"]


def test_every_register_with_a_role_is_read() -> None:
    roles = {AMD64.pc, AMD64.sp, AMD64.fp, AMD64.g, AMD64.closure, AMD64.thread_pointer}
    assert roles | {*AMD64.arguments} <= set(AMD64.registers)


def test_calls_gives_the_site_and_the_target_of_each_call() -> None:
    call = b"\xe8" + struct.pack("<i", -0x20)
    assert AMD64.calls(b"\x90" + call + call, 0x1000) == [(0x1001, 0xFE6), (0x1006, 0xFEB)]
    assert AMD64.calls(call[:-1], 0x1000) == []


@pytest.mark.parametrize(
    ("tlsg", "size", "align", "offset"),
    [(0, 8, 8, -8), (0x18, 0x28, 16, -0x18), (0, 0x28, 0, -0x28), (0, 0x28, 64, -0x40)],
)
def test_tls_blocks_end_at_the_thread_pointer(
    tlsg: int, size: int, align: int, offset: int
) -> None:
    assert (
        AMD64.tls_offset(program(tlsg=tlsg, tls=SimpleNamespace(size=size, align=align))) == offset
    )


def test_the_go_linker_puts_g_right_below_the_thread_pointer() -> None:
    assert AMD64.tls_offset(program()) == -8
    assert AMD64.tls_offset(program(tls=SimpleNamespace(size=8, align=8))) == -8


@pytest.mark.parametrize(
    ("code", "register"),
    [("41 5c", "r12"), ("0f 05 41 5f", "r15"), ("58", "rax"), ("90 5b", "rbx"), ("0f 05", "")],
)
def test_popped_register_is_that_of_the_last_instruction(code: str, register: str) -> None:
    assert AMD64.popped_register(bytes.fromhex(code)) == register
    assert AMD64.popped_register(b"") == ""


def test_a_frame_keeps_the_return_address_and_below_it_the_frame_pointer() -> None:
    assert AMD64.return_slot(sp=0x1000, cfa=0x1040) == 0x1038
    assert AMD64.saved_fp_slot(sp=0x1000, cfa=0x1040) == 0x1030
    assert AMD64.saved_fp_slot(sp=0x1000, cfa=0x1010) == 0x1000
    assert AMD64.saved_fp_slot(sp=0x1000, cfa=0x1008) is None


IN_UCONTEXT = {*AMD64.registers, "eflags"} - {"fs_base"}


def signal_frame(trap: int, fault: int, si_addr: int) -> bytes:
    """Return a ucontext with the registers 1, 2 and 3, and the siginfo_t of a SIGSEGV."""
    frame = bytearray(304 + 128)
    struct.pack_into("<Q", frame, 120, 3)
    struct.pack_into("<QQ", frame, 160, 2, 1)
    struct.pack_into("<Q8xQ", frame, 200, trap, fault)
    struct.pack_into("<iii4xQ", frame, 304, 11, 0, 1, si_addr)
    return bytes(frame)


@pytest.mark.parametrize(
    ("trap", "fault", "confirmed"), [(14, 0x500, True), (14, 0x600, False), (0, 0x500, False)]
)
def test_a_signal_frame_has_the_interrupted_registers_and_siginfo(
    trap: int, fault: int, confirmed: bool
) -> None:
    """Without SA_SIGINFO the kernel leaves siginfo as it was: the fault tells which it is."""
    data = signal_frame(trap, fault, 0x500)
    memory, registers = Image({0x1000: data}), FrameRegisters(1, 2, 3)
    saved = dict.fromkeys(IN_UCONTEXT, 0) | {"rip": 1, "rsp": 2, "rbp": 3}
    found = AMD64.signal_frame(memory, 0x1000, has_siginfo=True)
    assert found == SignalFrame(registers, data[304:], saved)
    found = AMD64.signal_frame(memory, 0x1000, has_siginfo=False)
    assert found == SignalFrame(registers, data[304:] if confirmed else b"", saved)
    with pytest.raises(Unreadable):
        AMD64.signal_frame(Image({}), 0x1000, has_siginfo=True)


def test_a_signal_frame_has_every_interrupted_register() -> None:
    names = (
        *("r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"),
        *("rdi", "rsi", "rbp", "rbx", "rdx", "rax", "rcx", "rsp", "rip", "eflags"),
    )
    data = bytearray(signal_frame(0, 0, 0))
    struct.pack_into("<18Q", data, 40, *range(100, 118))
    found = AMD64.signal_frame(Image({0x1000: bytes(data)}), 0x1000, has_siginfo=True)
    assert found.saved == dict(zip(names, range(100, 118), strict=True))
    assert {*names} == IN_UCONTEXT


# Where asyncPreempt saves registers in Go 1.19 to 1.27, from the top of its frame on
SAVED = (
    *("rax", "rcx", "rdx", "rbx", "rsi", "rdi"),
    *("r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"),
)
STORES = """
48 89 04 24  48 89 4c 24 08  48 89 54 24 10  48 89 5c 24 18  48 89 74 24 20  48 89 7c 24 28
4c 89 44 24 30  4c 89 4c 24 38  4c 89 54 24 40  4c 89 5c 24 48  4c 89 64 24 50  4c 89 6c 24 58
4c 89 74 24 60  4c 89 7c 24 68"""


@pytest.mark.parametrize(
    ("subtracts", "size", "then"),
    [("81 ec 70 01 00 00", 368, "0f 11 44 24 70"), ("83 ec 70", 112, "64 4c 8b 34 25 f8 ff ff ff")],
    ids=["go1.19", "go1.27"],
)
def test_registers_that_async_preempt_saves(subtracts: str, size: int, then: str) -> None:
    code = bytes.fromhex(f"55 48 89 e5 9c 48 {subtracts} {STORES} {then}")
    expected = {name: 8 * index for index, name in enumerate(SAVED)}
    expected |= {"eflags": size, "rbp": size + 8, "rip": size + 16}
    assert AMD64.preempted_registers(code) == expected


@pytest.mark.parametrize("code", ["", "55 48 89 e5", "9c 48 83 ec 70 48 89 04 24"])
def test_other_code_tells_nothing_of_saved_registers(code: str) -> None:
    assert AMD64.preempted_registers(bytes.fromhex(code)) == {}


def test_stores_with_long_displacements() -> None:
    code = bytes.fromhex("55 48 89 e5 9c 48 83 ec 70 4c 89 a4 24 80 00 00 00 48 89 04 24 c3")
    assert AMD64.preempted_registers(code) == {
        "r12": 128,
        "rax": 0,
        "eflags": 112,
        "rbp": 120,
        "rip": 128,
    }


def test_registers_of_a_core_file() -> None:
    """struct user_regs_struct, of a thread that is in user code and in no system call."""
    words = struct.unpack("<27Q", AMD64.gregset({"rip": 1, "rsp": 2, "r15": 3, "gs": 4}))
    assert (words[16], words[19], words[0], words[26]) == (1, 2, 3, 4)
    assert (words[15], words[17], words[18], words[20]) == (2**64 - 1, 0x33, 0x202, 0x2B)
    assert not any(words[1:15])
    assert struct.unpack("<27Q", AMD64.gregset({"eflags": 0x246}))[18] == 0x246
