"""Where unwinding starts, in programs made of a few functions and words.

tests/live/test_truth.py compares it with Go's own traceback.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gogdb.errors import GogdbError
from gogdb.inferior.arch import FrameRegisters
from gogdb.runtime.program import Program
from gogdb.runtime.unwind import UnwindState
from tests.support.code_factories import inside
from tests.support.machine import (
    C_CODE,
    ON_G,
    ON_G0,
    ON_GSIGNAL,
    SYSCALL,
    Machine,
    make_machine,
)


@pytest.fixture
def machine() -> Machine:
    return make_machine()


def test_thread_on_the_goroutines_stack(machine: Machine) -> None:
    machine.put_thread(inside("main.works"), ON_G)
    state = machine.start(machine.g)
    assert state == UnwindState(
        inside("main.works"), ON_G, 0x100000, 0x108000, True, False, fp=ON_G + 8
    )


def test_on_no_thread(machine: Machine) -> None:
    machine.g.sched.pc, machine.g.sched.sp = inside("main.works"), ON_G
    state = machine.start(machine.g, thread=False)
    assert state == UnwindState(inside("main.works"), ON_G, 0x100000, 0x108000, False, False)


def test_thread_on_g0_starts_the_goroutine_from_its_gobuf(machine: Machine) -> None:
    """systemstack, mcall and morestack save the gobuf."""
    machine.put_thread(inside("runtime.schedule"), ON_G0)
    machine.g.sched.pc, machine.g.sched.sp = inside("main.works"), ON_G
    assert machine.start(machine.g)[:2] == (inside("main.works"), ON_G)
    assert not machine.start(machine.g).exact
    state = machine.start(machine.g0)
    assert state == UnwindState(
        inside("runtime.schedule"), ON_G0, 0x200000, 0x208000, True, True, fp=ON_G0 + 8
    )


def test_thread_in_a_signal_handler_starts_from_the_interrupted_registers(machine: Machine) -> None:
    machine.put_thread(*machine.signal(ON_GSIGNAL, inside("main.works"), ON_G))
    state = machine.start(machine.g)
    assert state == UnwindState(
        inside("main.works"), ON_G, 0x100000, 0x108000, True, False, fp=ON_G + 8
    )
    assert machine.start(machine.gsignal)[:2] == (inside("runtime.sighandler"), ON_GSIGNAL)
    interrupted = FrameRegisters(inside("main.works"), ON_G, ON_G + 8)
    assert machine.registers_on(machine.g) == interrupted
    assert machine.registers_on(machine.g0) is None
    with pytest.raises(GogdbError, match="no sp is saved"):
        machine.start(machine.g0)


def test_nested_signal_handlers(machine: Machine) -> None:
    first = machine.signal(ON_GSIGNAL, inside("main.works"), ON_G)
    second = machine.signal(ON_GSIGNAL - 0x1000, *first)
    machine.put_thread(*machine.signal(ON_GSIGNAL - 0x2000, *second))
    assert machine.start(machine.g)[:2] == (inside("main.works"), ON_G)
    assert machine.start(machine.gsignal).sp == ON_GSIGNAL - 0x2000


def test_signal_that_interrupted_the_scheduler(machine: Machine) -> None:
    machine.put_thread(*machine.signal(ON_GSIGNAL, inside("runtime.schedule"), ON_G0))
    machine.g.sched.pc, machine.g.sched.sp = inside("main.works"), ON_G
    assert machine.start(machine.g)[:2] == (inside("main.works"), ON_G)
    assert machine.start(machine.g0)[:2] == (inside("runtime.schedule"), ON_G0)
    assert machine.start(machine.g0).exact


def test_signal_that_interrupted_itself_ends(machine: Machine) -> None:
    """What a handler has interrupted is above it, unless memory is corrupt."""
    handler = machine.signal(ON_GSIGNAL, 0, 0)
    machine.signal(ON_GSIGNAL, *handler)
    machine.put_thread(*handler)
    states = []
    walk = Program.unwind_from

    def counted(self: Program, state: UnwindState, limit: int) -> Any:
        states.append(state)
        return walk(self, state, limit)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Program, "unwind_from", counted)
        with pytest.raises(GogdbError, match="no sp is saved"):
            machine.start(machine.g)
    assert len(states) == 1


def test_signal_handler_in_c_is_not_unwound(machine: Machine) -> None:
    """No table says how far up its ucontext is."""
    machine.put_thread(C_CODE, ON_GSIGNAL)
    with pytest.raises(GogdbError, match="no sp is saved"):
        machine.start(machine.g)


def test_signal_handler_in_c_is_found_by_its_ucontext(machine: Machine) -> None:
    """It names the alternate stack, and the kernel has put the address of sigreturn below it."""
    context, sigreturn = ON_GSIGNAL + 0x400, 0x7100_0000
    machine.put_thread(C_CODE, ON_GSIGNAL)
    machine.words[context + 16], machine.words[context + 32] = 0x300000, 0x8000
    machine.words[context + 160], machine.words[context + 168] = ON_G, inside("main.works")
    with pytest.raises(GogdbError, match="no sp is saved"):
        machine.start(machine.g)  # a copy of a ucontext
    machine.words[context - 8] = sigreturn
    machine.words[sigreturn], machine.words[sigreturn + 8] = 0x0F00_0000_0FC0_C748, 5
    assert machine.start(machine.g)[:2] == (inside("main.works"), ON_G)


def test_goroutine_in_a_syscall_starts_where_it_entered(machine: Machine) -> None:
    """Even while a signal interrupts it."""
    machine.g.atomicstatus = SYSCALL
    machine.g.syscallpc, machine.g.syscallsp = inside("main.works"), ON_G + 0x100
    for place in (
        (inside("main.wrapper"), ON_G),
        machine.signal(ON_GSIGNAL, inside("main.wrapper"), ON_G),
        (C_CODE, ON_G0),
    ):
        machine.put_thread(*place)
        state = machine.start(machine.g)
        assert state[:2] == (inside("main.works"), ON_G + 0x100)
        assert not state.exact


def test_vdso_call_starts_from_its_caller(machine: Machine) -> None:
    """The C code runs on g0's stack, and nothing is saved in a gobuf."""
    machine.put_thread(C_CODE, ON_G0)
    machine.words[0x9000], machine.words[0x9008] = ON_G, inside("main.works")
    state = machine.start(machine.g)
    assert state[:2] == (inside("main.works"), ON_G)
    assert not state.exact
    with pytest.raises(GogdbError):
        machine.start(machine.g0)


@pytest.mark.parametrize("pc", [C_CODE, inside("__tsan_write")])
def test_g0_starts_below_c_code(machine: Machine, pc: int) -> None:
    machine.put_thread(pc, ON_G0)
    machine.g0.sched.pc, machine.g0.sched.sp = inside("runtime.mstart"), ON_G0 + 0x3000
    assert machine.start(machine.g0)[:2] == (inside("runtime.mstart"), ON_G0 + 0x3000)


def test_g0_starts_at_cgocallback_below_a_callback(machine: Machine) -> None:
    """Its gobuf has the sp of cgocallback, but not its pc (cgocallback in asm_amd64.s)."""
    callback = inside("runtime.cgocallback")
    machine.put_thread(inside("runtime.cgocallbackg"), ON_G)
    machine.words.update({ON_G + 16: callback, ON_G + 48: inside("runtime.goexit")})
    machine.g0.sched.pc, machine.g0.sched.sp = inside("runtime.mstart"), ON_G0
    state = machine.start(machine.g0)
    assert state == UnwindState(callback, ON_G0, 0x200000, 0x208000, False, True)


def test_return_address_that_assembly_has_popped_is_in_its_register(machine: Machine) -> None:
    entry = inside("syscall.rawVforkSyscall") & ~0xFF
    machine.put_thread(entry + 0x10, ON_G)
    machine.registers["r12"] = inside("main.works")
    machine.words[entry] = int.from_bytes(bytes.fromhex("90 90 90 90 90 90 41 5c"), "little")
    machine.words[ON_G - 8] = inside("main.wrapper")  # the child has called more since
    machine.words[ON_G + 16] = inside("runtime.goexit")
    state = machine.start(machine.g)
    assert (state.sp, state.lr) == (ON_G, inside("main.works"))
    unwound = machine.program()[0].unwind_from(state, 8)
    assert unwound.ended is None
    names = [frame.function for frame in unwound.frames]
    assert names == ["syscall.rawVforkSyscall", "main.works", "runtime.goexit"]
    assert [frame.return_slot for frame in unwound.frames[:2]] == [None, ON_G + 16]
    assert [frame.sp for frame in unwound.frames[:2]] == [ON_G, ON_G]


def test_popped_return_address_is_not_known_without_the_registers(machine: Machine) -> None:
    machine.g.sched.pc, machine.g.sched.sp = inside("syscall.rawVforkSyscall"), ON_G
    machine.words[ON_G - 8] = inside("main.wrapper")
    unwound = machine.program()[0].unwind_from(machine.start(machine.g, thread=False), 8)
    assert [frame.function for frame in unwound.frames] == ["syscall.rawVforkSyscall"]
    assert unwound.ended == "syscall.rawVforkSyscall has popped its return address into a register"


def test_unreadable_m_is_in_no_vdso_call(machine: Machine) -> None:
    unreadable = SimpleNamespace(**{**vars(machine.m), "address": 0x10})
    machine.g.m = 0x10
    machine.put_thread(inside("main.works"), ON_G)
    assert machine._replace(m=unreadable).start(machine.g)[:2] == (inside("main.works"), ON_G)
