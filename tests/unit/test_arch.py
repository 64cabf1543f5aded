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
    found = AMD64.signal_frame(memory, 0x1000, has_siginfo=True)
    assert found == SignalFrame(registers, data[304:])
    found = AMD64.signal_frame(memory, 0x1000, has_siginfo=False)
    assert found == SignalFrame(registers, data[304:] if confirmed else b"")
    with pytest.raises(Unreadable):
        AMD64.signal_frame(Image({}), 0x1000, has_siginfo=True)
