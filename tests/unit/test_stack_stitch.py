"""What called the functions that have switched stacks, in memory made of a few words.

tests/live/test_stitch.py compares it with go-stacks.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gogdb.errors import Unreadable
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.layout import Field, Struct
from gogdb.inferior.stack_switch import CALLED, INTERRUPTED, STOPPED
from gogdb.runtime.model import Stack
from gogdb.runtime.stack_stitch import StackStitch
from tests.support.code_factories import FUNCTIONS, Symbols, inside

THREAD, TLS_OFFSET = 0x5000, -8
G0, M, CURG = 0xA000, 0x9000, 0xC000
STACK, G0_SP, G_SP = Stack(0x100000, 0x108000), 0x204000, 0x104000
LAYOUTS = {
    "runtime.g": Struct("runtime.g", 16, {"m": Field(8, 8, "uint")}),
    "runtime.m": Struct("runtime.m", 24, {"curg": Field(8, 8, "uint"), "g0": Field(16, 8, "uint")}),
}


class Reader:
    """Reads words, of which those that are not given cannot be read."""

    def __init__(self, words: dict[int, int], curg: Any) -> None:
        self.words_at = words
        self.curg = curg

    def layout(self, name: str) -> Struct:
        return LAYOUTS[name]

    def word(self, address: int) -> int:
        if address not in self.words_at:
            raise Unreadable(address, 8)
        return self.words_at[address]

    def words(self, address: int, count: int) -> tuple[int, ...]:
        return tuple(self.words_at.get(address + 8 * index, 0) for index in range(count))

    def g(self, address: int) -> Any:
        g0 = SimpleNamespace(sched=SimpleNamespace(sp=G0_SP))
        return {CURG: self.curg, G0: g0}.get(address)


class Machine:
    """A thread on g0, whose M works for a goroutine that has left its stack in main.works."""

    def __init__(self) -> None:
        self.words = {THREAD + TLS_OFFSET: G0, G0 + 8: M, M + 8: CURG, M + 16: G0}
        sched = SimpleNamespace(pc=inside("main.works"), sp=G_SP, bp=0x77)
        self.curg = SimpleNamespace(
            address=CURG,
            label="g7",
            m=M,
            stack=STACK,
            sched=sched,
            unreadable="",
            syscallsp=0,
            syscallpc=0,
            is_system=False,
        )

    def caller(self, function: str, sp: int = G0_SP, thread: int = THREAD) -> dict[str, int] | None:
        found = self._stitch().caller(inside(function), sp, thread)
        return found and dict(found.registers)

    def why(self, function: str, sp: int = G0_SP, thread: int = THREAD) -> str:
        return self._stitch().why_ended(inside(function), sp, thread)

    def _stitch(self) -> StackStitch:
        target = SimpleNamespace(binary=SimpleNamespace(tls_offset=TLS_OFFSET), read=None)
        program: Any = SimpleNamespace(
            arch=AMD64,
            reader=Reader(self.words, self.curg),
            symtab=Symbols(),
            target=target,
            preempted_registers={},
        )
        return StackStitch(program)


GOROUTINE = {
    "rip": CALLED,
    "r15": inside("main.works"),
    "rsp": G_SP,
    "rbp": 0x77,
    "r14": CURG,
}


@pytest.fixture
def machine() -> Machine:
    return Machine()


NOTHING = {"rip": 0, "rsp": G0_SP + 8 + 8}  # above mcall and systemstack
LEFT = "the thread has left the goroutine that called mcall"


def test_systemstack_works_for_the_goroutine(machine: Machine) -> None:
    assert machine.caller("runtime.systemstack") == GOROUTINE


def test_a_goroutine_that_has_not_run_is_at_its_pc(machine: Machine) -> None:
    machine.curg.sched.pc = FUNCTIONS["main.works"][0]
    found = machine.caller("runtime.systemstack")
    assert found is not None
    assert found["rip"] == STOPPED


@pytest.mark.parametrize("function", ["main.works", "runtime.schedule", "runtime.goexit"])
def test_other_functions_are_left_to_gdb(machine: Machine, function: str) -> None:
    assert machine.caller(function) is None


def test_before_the_switch_gdb_knows_the_caller(machine: Machine) -> None:
    assert machine.caller("runtime.systemstack", G_SP) is None


def test_systemstack_on_the_system_stack_was_called_there(machine: Machine) -> None:
    """It does not switch then, and ends by a jump."""
    assert machine.caller("runtime.systemstack", G0_SP - 8) is None
    assert machine.why("runtime.systemstack", G0_SP - 8) == ""


def test_mcall_has_left_its_argument_on_the_stack(machine: Machine) -> None:
    machine.words[G0_SP] = CURG
    assert machine.caller("runtime.mcall") == GOROUTINE


def test_the_goroutine_that_is_about_to_run_has_not_called_mcall(machine: Machine) -> None:
    machine.words[G0_SP] = 0xC100
    assert machine.caller("runtime.mcall") == NOTHING
    assert machine.why("runtime.mcall") == f"{LEFT}, and is about to run g7"


def test_mcall_without_a_goroutine_ends_the_stack(machine: Machine) -> None:
    machine.words[M + 8] = 0
    assert machine.caller("runtime.mcall") == NOTHING
    assert machine.why("runtime.mcall") == LEFT


def test_asmcgocall_from_the_goroutine_has_saved_it(machine: Machine) -> None:
    assert machine.caller("runtime.asmcgocall") is None  # it was called on g0's stack
    machine.words[G0_SP + 48] = CURG
    assert machine.caller("runtime.asmcgocall") == GOROUTINE


def test_a_goroutine_that_another_m_runs_is_not_taken(machine: Machine) -> None:
    machine.curg.m = 0x9100
    assert machine.caller("runtime.systemstack") == NOTHING
    assert machine.why("runtime.systemstack") == "the thread works for no goroutine"


def test_a_gobuf_without_sp_is_not_taken(machine: Machine) -> None:
    machine.curg.sched.sp = 0
    assert machine.caller("runtime.systemstack") == NOTHING
    assert machine.why("runtime.systemstack") == "no place on the stack of g7 is saved"


def test_an_unreadable_goroutine_is_not_taken(machine: Machine) -> None:
    machine.curg.unreadable = "cannot read 8 bytes"
    assert machine.caller("runtime.systemstack") == NOTHING
    assert machine.why("runtime.systemstack") == "the goroutine of the thread cannot be read"


def test_a_thread_without_m(machine: Machine) -> None:
    assert machine.caller("runtime.systemstack", thread=0) == NOTHING
    assert machine.why("runtime.systemstack", thread=0).startswith("the thread pointer, ")
    machine.words[THREAD + TLS_OFFSET] = 0
    assert machine.caller("runtime.systemstack") == NOTHING
    assert machine.why("runtime.systemstack") == "the thread has no M, which leads to the goroutine"
    assert machine.caller("runtime.asmcgocall") is None  # of a thread without a g


def test_memory_that_cannot_be_read(machine: Machine) -> None:
    del machine.words[M + 8]
    with pytest.raises(Unreadable):
        machine.caller("runtime.systemstack")


def test_what_a_signal_has_interrupted_is_at_its_pc(machine: Machine) -> None:
    found = machine.caller("runtime.sigpanic", G_SP)
    assert found == {"rip": INTERRUPTED, "rsp": G_SP + 24 + 8}


def test_a_callback_that_returns_to_an_entry(machine: Machine) -> None:
    """Up to go1.19 cgocallback pushes the entry of systemstack_switch (asm_amd64.s)."""
    cfa = G_SP + 24 + 8
    machine.words[cfa - 8] = inside("main.works")
    assert machine.caller("runtime.cgocallback", G_SP) is None
    machine.words[cfa - 8] = entry = FUNCTIONS["main.works"][0]
    assert machine.caller("runtime.cgocallback", G_SP) == {
        "rip": STOPPED,
        "r15": entry,
        "rsp": cfa,
    }
