"""An M with its stacks and its thread, made of a few words, for tests of where unwinding starts."""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any, NamedTuple

from gogdb.inferior.arch import FrameRegisters, Registers
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.layout import Field, Struct
from gogdb.inferior.protocol import Thread
from gogdb.runtime.model import Stack
from gogdb.runtime.program import Program
from gogdb.runtime.unwind import UnwindState
from gogdb.runtime.unwind_start import registers_on_stack, unwind_start
from tests.support.code_factories import Symbols, inside
from tests.support.recorded_memory import Image

__all__ = [
    "C_CODE",
    "ON_G",
    "ON_G0",
    "ON_GSIGNAL",
    "RUNNING",
    "SYSCALL",
    "THREAD",
    "Layouts",
    "Machine",
    "make_machine",
]

RUNNING, SYSCALL = 2, 3  # _Grunning, _Gsyscall
THREAD = Thread(1, 100)
C_CODE = 0x7000_0000
ON_G, ON_G0, ON_GSIGNAL = 0x104000, 0x204000, 0x304000


class Layouts:
    source = "test"

    def struct(self, name: str) -> Struct:
        assert name == "runtime.m"
        words = {"vdsoSP": Field(0, 8, "uint"), "vdsoPC": Field(8, 8, "uint")}
        return Struct(name, 16, words)


class Machine(NamedTuple):
    """An M with its three stacks, and a thread if it has registers."""

    words: dict[int, int]  # of memory, by address
    registers: dict[str, int]
    m: Any
    g: Any
    g0: Any
    gsignal: Any

    def start(self, g: Any, thread: bool = True) -> UnwindState:
        return unwind_start(*self.program(), g, THREAD if thread else None)

    def registers_on(self, g: Any) -> FrameRegisters | None:
        return registers_on_stack(*self.program(), g, THREAD)

    def program(self) -> tuple[Program, Any]:
        runtime = SimpleNamespace(
            threads=SimpleNamespace(
                registers=lambda _: Registers(AMD64, self.registers),
                of=lambda _: THREAD if self.registers else None,
                has_none=lambda _: True,
            ),
            m={self.m.address: self.m}.get,
            g={g.address: g for g in (self.g, self.g0, self.gsignal)}.get,
        )
        target = SimpleNamespace(
            arch=AMD64,
            read=self.read,
            layouts=Layouts(),
        )
        program = Program(target)
        program.symtab = Symbols()  # type: ignore[assignment]
        return program, runtime

    def read(self, address: int, size: int) -> bytes:
        """Read `words`; others are 0, and below 0x1000 there is no memory."""
        if address < 0x1000:
            return Image({}).read(address, size)
        addresses = range(address, address + size, 8)
        return b"".join(struct.pack("<Q", self.words.get(at, 0)) for at in addresses)[:size]

    def put_thread(self, pc: int, sp: int) -> None:
        self.registers.update(rip=pc, rsp=sp, rbp=sp + 8)

    def signal(self, sp: int, pc: int, interrupted: int) -> tuple[int, int]:
        """Write the frames of a signal handler from `sp` up, and the interrupted registers.

        `pc` and `interrupted` are the pc and sp that the signal interrupted. Return the handler's.
        """
        self.words[sp + 40] = inside("runtime.sigtramp")  # sighandler's return address
        context = sp + 48 + 56 + 8
        self.words[context + 160] = interrupted
        self.words[context + 168] = pc
        self.words[context + 120] = interrupted + 8
        return inside("runtime.sighandler"), sp


def g(address: int, lo: int, system: bool) -> Any:
    saved = SimpleNamespace(pc=0, sp=0, g=address, ctxt=0, bp=0, ret=None)
    more: dict[str, Any] = {"m": 0x9000, "atomicstatus": RUNNING}
    more |= {"syscallsp": 0, "syscallpc": 0, "syscallbp": None}
    more |= {"label": "g7", "unreadable": "", "is_dead": False}
    return SimpleNamespace(
        address=address, stack=Stack(lo, lo + 0x8000), is_system=system, sched=saved, **more
    )


def make_machine() -> Machine:
    """Return an M whose thread and gobufs are still to be set."""
    m = SimpleNamespace(address=0x9000, id=3, g0=0xA000, gsignal=0xB000, curg=0xC000)
    stacks = (g(0xC000, 0x100000, False), g(0xA000, 0x200000, True), g(0xB000, 0x300000, True))
    return Machine({}, {}, m, *stacks)
