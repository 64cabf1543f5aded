"""Where a goroutine is whose thread runs the race detector, in a program of a few functions.

tests/live/test_builds.py compares it with the stack after the detector has returned.
"""

from __future__ import annotations

import struct

import pytest

from gogdb.errors import GogdbError
from tests.support.code_factories import FUNCTIONS, inside
from tests.support.machine import C_CODE, ON_G, ON_G0, ON_GSIGNAL, Machine, make_machine

RACECALL = inside("racecall")
SAVED_SP = ON_G0 + 0x1000  # that of g0
SLOT = SAVED_SP - 8  # of the return address into racecall
CALL, JUMP = 0xE8, 0xE9


def put_call(machine: Machine, caller: int, callee: str, opcode: int = CALL) -> None:
    """Write the call before the return address `caller`, or the jump that ends there."""
    relative = FUNCTIONS[callee][0] - caller
    machine.words[caller - 5] = struct.unpack("<Q", struct.pack("<Bixxx", opcode, relative))[0]


def put_caller(machine: Machine, sp: int, function: str = "main.works") -> None:
    """Write the frame of a function that has called racewrite, with SP `sp` in racecall."""
    machine.words[sp] = inside(function)
    put_call(machine, inside(function), "runtime.racewrite")


@pytest.fixture
def machine() -> Machine:
    return make_machine()


@pytest.fixture
def detector(machine: Machine) -> Machine:
    """A machine whose thread is in C that racecall has called, on g0's stack."""
    machine.put_thread(C_CODE, ON_G0)
    machine.g0.sched.pc, machine.g0.sched.sp = inside("runtime.mstart"), SAVED_SP
    machine.words[SLOT] = RACECALL
    machine.words[RACECALL] = 0xE4894C  # MOVQ R12, SP
    put_call(machine, FUNCTIONS["runtime.racewrite"][0] + 5, "racecall", JUMP)
    return machine


def functions(machine: Machine) -> list[str]:
    program, _ = machine.program()
    unwound = program.unwind_from(machine.start(machine.g), 8)
    return [frame.function for frame in unwound.frames]


@pytest.mark.parametrize("sp", [SAVED_SP, SAVED_SP + 8])
@pytest.mark.parametrize("pc", [C_CODE, inside("__tsan_write")])
def test_sp_is_in_the_register(detector: Machine, pc: int, sp: int) -> None:
    detector.put_thread(pc, ON_G0)
    detector.g0.sched.sp = sp
    detector.registers["r12"] = ON_G
    put_caller(detector, ON_G)
    detector.words[ON_G + 8 + 16] = inside("runtime.goexit")
    state = detector.start(detector.g)
    assert state[:2] == (RACECALL, ON_G)
    assert not state.exact
    assert functions(detector) == ["racecall", "main.works", "runtime.goexit"]


def test_sp_is_saved_on_g0s_stack(detector: Machine) -> None:
    detector.registers["r12"] = 1
    detector.words.update({SLOT - 32: ON_G, SLOT - 8: ON_G + 0x100, SLOT - 16: ON_G + 4})
    put_caller(detector, ON_G)
    assert detector.start(detector.g)[:2] == (RACECALL, ON_G)


def test_asancall_has_a_frame(detector: Machine) -> None:
    detector.registers["r12"] = ON_G
    detector.words[SLOT] = inside("asancall")
    detector.words[inside("asancall")] = 0xE4894C
    detector.words[ON_G + 8] = inside("main.works")
    put_call(detector, inside("main.works"), "asancall")
    assert detector.start(detector.g)[:2] == (inside("asancall"), ON_G)
    assert functions(detector)[:2] == ["asancall", "main.works"]


def test_saved_state_is_not_used(detector: Machine) -> None:
    """A system call has left it behind."""
    detector.g.sched.pc, detector.g.sched.sp = inside("main.wrapper"), ON_G - 0x200
    with pytest.raises(GogdbError, match="racecall called, and its sp is not found"):
        detector.start(detector.g)


def test_left_over_sp_below(detector: Machine) -> None:
    """main.works called main.wrapper, which called the detector, and now calls it itself."""
    earlier = ON_G - 16
    detector.words.update({SLOT - 32: ON_G, SLOT - 56: earlier})
    put_caller(detector, ON_G)
    put_caller(detector, earlier, "main.wrapper")
    assert detector.start(detector.g)[:2] == (RACECALL, ON_G)


def test_left_over_sp_above(detector: Machine) -> None:
    """It is among the locals of main.works: main.wrapper was in its place before."""
    earlier, slot = ON_G + 8, ON_G + 24
    detector.words.update({SLOT - 32: ON_G, SLOT - 56: earlier})
    put_caller(detector, ON_G)
    put_caller(detector, earlier, "main.wrapper")
    detector.words[slot] = inside("runtime.schedule")
    with pytest.raises(GogdbError, match="which of 2 words is its sp is not known"):
        detector.start(detector.g)  # schedule calls something
    put_call(detector, inside("runtime.schedule"), "main.works")
    assert detector.start(detector.g)[:2] == (RACECALL, ON_G)
    put_call(detector, inside("runtime.schedule"), "main.wrapper")
    assert detector.start(detector.g)[:2] == (RACECALL, earlier)


def test_thread_between_the_stacks(detector: Machine) -> None:
    """racecall has switched stacks, and has not called C yet."""
    detector.words[FUNCTIONS["racecall"][0]] = 0xE4894C
    detector.registers["r12"] = ON_G
    detector.put_thread(RACECALL - 4, ON_G0)
    state = detector.start(detector.g)
    assert state[:2] == (RACECALL - 4, ON_G)
    assert state.exact
    detector.registers["r12"] = ON_G0 + 0x100  # g0 has called the detector
    detector.g.sched.pc, detector.g.sched.sp = inside("main.works"), ON_G + 0x10
    assert detector.start(detector.g)[:2] == (inside("main.works"), ON_G + 0x10)


def test_callback_into_go(detector: Machine) -> None:
    put_caller(detector, ON_G)
    detector.words[SLOT - 32] = ON_G
    detector.put_thread(inside("main.wrapper"), ON_G0)
    detector.words[ON_G0 + 8] = inside("runtime.racecallbackthunk")
    assert detector.start(detector.g)[:2] == (RACECALL, ON_G)


def test_left_over_return_address(detector: Machine) -> None:
    """systemstack runs Go on g0's stack, and has saved the goroutine's state."""
    put_caller(detector, ON_G)
    detector.words[SLOT - 32] = ON_G
    detector.put_thread(inside("main.wrapper"), ON_G0)
    detector.g.sched.pc, detector.g.sched.sp = inside("main.works"), ON_G + 0x10
    assert detector.start(detector.g)[:2] == (inside("main.works"), ON_G + 0x10)


def test_signal_in_c(detector: Machine) -> None:
    """The kernel has saved the register."""
    put_caller(detector, ON_G)
    detector.put_thread(*detector.signal(ON_GSIGNAL, C_CODE, ON_G0))
    detector.words[ON_GSIGNAL + 48 + 56 + 8 + 72] = ON_G
    assert detector.start(detector.g)[:2] == (RACECALL, ON_G)


def test_other_c_code(detector: Machine) -> None:
    """asmcgocall has saved the goroutine's state."""
    detector.words[SLOT] = 0xC000
    detector.g.sched.pc, detector.g.sched.sp = inside("main.works"), ON_G
    assert detector.start(detector.g)[:2] == (inside("main.works"), ON_G)
