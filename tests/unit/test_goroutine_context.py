"""The callers that an unwinder names, so that GDB reaches a goroutine."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from gogdb.inferior.arch import Registers
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.stack_switch import CALLED, INTERRUPTED, STOPPED
from gogdb.runtime.goroutine_context import Context, callers
from gogdb.runtime.unwind import Frame
from tests.support.code_factories import FUNCTIONS, Symbols, inside
from tests.support.recorded_memory import Image

G = SimpleNamespace(address=0xC000)
PROGRAM: Any = SimpleNamespace(arch=AMD64, symtab=Symbols())


def make_frame(function: str, sp: int, *, pc: int = 0, **more: Any) -> Frame:
    cfa = sp + 0x20
    at = FUNCTIONS[function][0]
    values = {"return_slot": cfa - 8, "fp_slot": None, "inlined": False, "elided": False, **more}
    return Frame(function, "f.go", 1, pc or at + 0x10, sp, cfa, **values)


def make_context(*frames: Frame, **more: Any) -> Context:
    registers = {"rbp": 0x77, "r14": G.address}
    known: Any = {
        "thread": None,
        "registers": registers,
        "exact": False,
        "ended": None,
        "cut": False,
        **more,
    }
    return Context(G, frames=frames, **known)  # type: ignore[arg-type]


def thread_at(pc: int, sp: int) -> Registers:
    return Registers(AMD64, {"rip": pc, "rsp": sp})


WORKS = make_frame("main.works", 0x1000)
GOEXIT = make_frame("runtime.goexit", 0x1020)


def test_the_innermost_frame_of_a_thread_is_called_by_the_goroutine() -> None:
    thread = thread_at(inside("runtime.schedule"), 0x9000)
    known = callers(PROGRAM, make_context(WORKS, GOEXIT), thread)
    caller = known[thread.pc, thread.sp]
    assert caller.identity == (0x9000 + 24 + 8, FUNCTIONS["runtime.schedule"][0])
    assert caller.registers == {
        "rip": CALLED,
        "r15": WORKS.pc,
        "rsp": WORKS.sp,
        "rbp": 0x77,
        "r14": G.address,
    }


def test_a_thread_in_c_is_identified_by_its_registers() -> None:
    known = callers(PROGRAM, make_context(WORKS, GOEXIT), thread_at(0x7000_0000, 0x9000))
    assert known[0x7000_0000, 0x9000].identity == (0x9000, 0x7000_0000)


def test_a_goroutine_that_was_stopped_at_an_instruction() -> None:
    known = callers(PROGRAM, make_context(WORKS, exact=True), thread_at(0x7000_0000, 0x9000))
    assert known[0x7000_0000, 0x9000].registers["rip"] == STOPPED


def test_a_goroutine_on_its_thread_needs_no_way_there() -> None:
    context = make_context(WORKS, GOEXIT)
    assert context.is_at(thread_at(WORKS.pc, WORKS.sp))
    assert not context.is_at(thread_at(WORKS.pc, WORKS.sp + 8))
    assert set(callers(PROGRAM, context, None)) == {(GOEXIT.pc, GOEXIT.sp)}


def test_the_stack_ends_at_a_frame_that_is_its_own_caller() -> None:
    known = callers(PROGRAM, make_context(WORKS, GOEXIT), None)
    caller = known[GOEXIT.pc, GOEXIT.sp]
    assert caller.identity == (GOEXIT.cfa, FUNCTIONS["runtime.goexit"][0])
    assert caller.registers == {"rip": GOEXIT.pc, "rsp": GOEXIT.sp}


def test_gdb_goes_on_alone_behind_the_frames_that_were_asked_for() -> None:
    assert callers(PROGRAM, make_context(WORKS, cut=True), None) == {}


def test_what_a_signal_has_interrupted_is_at_its_pc() -> None:
    sigpanic = make_frame("runtime.sigpanic", 0x0FE0)
    inlined = WORKS._replace(inlined=True)
    known = callers(PROGRAM, make_context(sigpanic, inlined, WORKS, GOEXIT), None)
    assert set(known) == {(sigpanic.pc, sigpanic.sp), (GOEXIT.pc, GOEXIT.sp)}
    registers = known[sigpanic.pc, sigpanic.sp].registers
    assert registers["rip"] == INTERRUPTED
    assert registers["rsp"] == sigpanic.cfa


def test_a_return_address_that_is_an_entry_is_not_looked_up_before_it() -> None:
    """Up to go1.19 cgocallback pushes the entry of systemstack_switch (asm_amd64.s)."""
    at_entry = make_frame("main.works", 0x1000, pc=FUNCTIONS["main.works"][0])
    callback = make_frame("runtime.cgocallback", 0x0FE0)
    known = callers(PROGRAM, make_context(callback, at_entry, GOEXIT), None)
    registers = known[callback.pc, callback.sp].registers
    assert (registers["rip"], registers["r15"]) == (STOPPED, at_entry.pc)


def test_a_return_address_in_a_register() -> None:
    fork = make_frame("syscall.rawVforkSyscall", 0x0FE0, return_slot=None)
    known = callers(PROGRAM, make_context(fork, WORKS, GOEXIT), None)
    registers = known[fork.pc, fork.sp].registers
    assert (registers["rip"], registers["r15"]) == (CALLED, WORKS.pc)


def test_registers_that_were_saved_at_a_preemption() -> None:
    """Flags are not handed on: GDB has them as a register of another size."""
    words = {"rip": 64, "rbx": 8, "r15": 16, "eflags": 24}
    memory = Image({0x0FA0: b"".join(number.to_bytes(8, "little") for number in range(9))})
    target = SimpleNamespace(read=memory.read)
    symtab = Symbols()
    symtab.injected = frozenset({"runtime.asyncPreempt"})
    program: Any = SimpleNamespace(
        arch=AMD64, symtab=symtab, target=target, preempted_registers=words
    )
    preempt = make_frame("runtime.asyncPreempt", 0x0FA0)._replace(cfa=0x0FE8)
    known = callers(program, make_context(preempt, WORKS, GOEXIT), None)
    registers = known[preempt.pc, preempt.sp].registers
    assert registers == {"rip": INTERRUPTED, "rsp": 0x0FE8, "rbx": 1, "r15": 2}
