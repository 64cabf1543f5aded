"""Which registers of a goroutine are known, in each state, in programs made of a few words.

tests/live/test_gcore.py shows that debuggers unwind from them, and find variables in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gogdb.errors import GogdbError
from gogdb.runtime.goroutine_registers import KnownRegisters, known_registers
from tests.support.code_factories import inside
from tests.support.machine import (
    C_CODE,
    ON_G,
    ON_G0,
    ON_GSIGNAL,
    SYSCALL,
    THREAD,
    Machine,
    make_machine,
)

PLACES = {"rax": 0, "r14": 96, "eflags": 112, "rbp": 120, "rip": 128}


@pytest.fixture
def machine() -> Machine:
    return make_machine()


def known(machine: Machine, places: Mapping[str, int] = PLACES) -> KnownRegisters:
    program, runtime = machine.program()
    program.preempted_registers = places
    return known_registers(program, runtime, machine.g)


def save(machine: Machine, pc: int, sp: int, **more: Any) -> None:
    """Let the goroutine have left its thread, or never had one."""
    vars(machine.g.sched).update(pc=pc, sp=sp, **more)
    machine.g.m = 0


@pytest.mark.parametrize("ret", [None, 5])
def test_parked_has_what_gogo_will_load(machine: Machine, ret: int | None) -> None:
    save(machine, inside("main.works"), ON_G, bp=ON_G + 8, ctxt=4, ret=ret, g=0xBAD)
    values = {"rip": inside("main.works"), "rsp": ON_G, "rbp": ON_G + 8, "rdx": 4, "r14": 0xC000}
    assert known(machine) == KnownRegisters(values | ({} if ret is None else {"rax": ret}))


def test_on_a_thread_has_those_of_the_thread(machine: Machine) -> None:
    machine.put_thread(inside("main.works"), ON_G)
    machine.registers["rbx"] = 5
    found = known(machine)
    assert found.thread == THREAD
    assert found.values == machine.registers


def test_in_a_system_call_on_its_thread(machine: Machine) -> None:
    """Unlike a traceback, which shows where it has entered the system call."""
    machine.put_thread(inside("main.works"), ON_G)
    vars(machine.g).update(atomicstatus=SYSCALL, syscallpc=inside("main.wrapper"), syscallsp=ON_G)
    assert known(machine).values["rip"] == inside("main.works")


@pytest.mark.parametrize("bp", [None, ON_G + 64])
def test_in_a_system_call_without_a_thread(machine: Machine, bp: int | None) -> None:
    vars(machine.g).update(atomicstatus=SYSCALL, syscallpc=inside("main.works"), syscallsp=ON_G)
    machine.g.syscallbp = bp
    values = {"rip": inside("main.works"), "rsp": ON_G, "r14": 0xC000}
    assert known(machine) == KnownRegisters(values | ({} if bp is None else {"rbp": bp}))


def test_thread_in_c_code_called_by_the_goroutine(machine: Machine) -> None:
    machine.put_thread(C_CODE, ON_G0)
    vars(machine.g).update(atomicstatus=SYSCALL, syscallpc=inside("main.works"), syscallsp=ON_G)
    assert known(machine).values["rip"] == inside("main.works")


def test_thread_in_nested_signal_handlers(machine: Machine) -> None:
    first = machine.signal(ON_GSIGNAL, inside("main.works"), ON_G)
    machine.put_thread(*machine.signal(ON_GSIGNAL - 0x1000, *first))
    machine.words[ON_GSIGNAL + 48 + 56 + 8 + 40 + 8 * 13] = 77  # rax in the ucontext
    machine.registers["fs_base"] = 9
    found = known(machine)
    assert found.thread is None
    assert found.values["fs_base"] == 9
    assert (found.values["rip"], found.values["rsp"]) == (inside("main.works"), ON_G)
    assert (found.values["rbp"], found.values["rax"]) == (ON_G + 8, 77)


def test_thread_on_g0_while_the_goroutine_calls_the_scheduler(machine: Machine) -> None:
    machine.put_thread(inside("runtime.schedule"), ON_G0)
    vars(machine.g.sched).update(pc=inside("main.works"), sp=ON_G)
    assert known(machine).values["rsp"] == ON_G
    assert known(machine).thread is None


def preempt(machine: Machine) -> int:
    """Let the goroutine stand in asyncPreempt2, and return the sp in asyncPreempt."""
    save(machine, inside("runtime.asyncPreempt2"), ON_G)
    frame = ON_G + 32
    machine.words[frame - 8] = inside("runtime.asyncPreempt")
    saved = {0: 11, 96: 0xC000, 112: 0x246, 120: 0x108888, 128: inside("main.works")}
    machine.words.update({frame + at: word for at, word in saved.items()})
    return frame


def test_preempted_has_the_registers_of_the_interrupted_instruction(machine: Machine) -> None:
    frame = preempt(machine)
    assert known(machine) == KnownRegisters(
        {
            "rax": 11,
            "r14": 0xC000,
            "eflags": 0x246,
            "rbp": 0x108888,
            "rip": inside("main.works"),
            "rsp": frame + 136,
        }
    )


@pytest.mark.parametrize("places", [{}, {"rax": 0, "rip": 384}])
def test_preempted_in_a_frame_that_is_not_understood(
    machine: Machine, places: Mapping[str, int]
) -> None:
    """The tables of functions contradict the code: nothing is guessed."""
    preempt(machine)
    found = known(machine, places).values
    assert (found["rip"], found["rsp"]) == (inside("runtime.asyncPreempt2"), ON_G)


def test_nothing_is_known(machine: Machine) -> None:
    with pytest.raises(GogdbError, match="m3 has no thread, so there are no registers of g7"):
        known(machine)
    machine.g.m = 0
    with pytest.raises(GogdbError, match="no sp is saved"):
        known(machine)
    machine.g.is_dead = True
    with pytest.raises(GogdbError, match="g7 is dead: it has no registers"):
        known(machine)
    machine.g.unreadable = "cannot read it"
    with pytest.raises(GogdbError, match="cannot read it"):
        known(machine)
