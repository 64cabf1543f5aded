"""Stacks whose lo, as the runtime has it, is not where they end."""

from __future__ import annotations

import pytest

from gogdb.render.ansi import render
from gogdb.runtime.address_info import AddressClassifier
from gogdb.runtime.model import Stack
from gogdb.runtime.program import state_on_stack
from gogdb.runtime.unwind import Unwound
from gogdb.view import stacks as stacks_view
from gogdb.view.doc.document import Doc
from gogdb.view.json.stacks import stack as stack_json
from tests.support.walks import recorded_walk

HI = 0x7FFF_FFFF_EC48
BELOW_HI = HI - 0x100
CODE, GOROUTINE, LIBRARY = 0x48_1234, 0xC000_0AA_EA8, 0x7FFF_F7D0_0000

ABSURD = {
    "musl after mstart0": 0x3D8,
    "musl before mstart0": 0,
    "mstart0 with a frame of more than 1024 bytes": 2**64 - 0x40,
    "glibc with ulimit -s unlimited": 0x1555_5555_6000,
}


@pytest.mark.parametrize("lo", ABSURD.values(), ids=ABSURD)
def test_absurd_lo_is_not_known(lo: int) -> None:
    stack = Stack(lo, HI)
    assert not stack.lo_known
    assert BELOW_HI in stack
    assert HI in stack
    assert not any(address in stack for address in (CODE, GOROUTINE, LIBRARY, HI + 8))


def test_bounds_of_a_thread_that_cgo_starts_are_not_known() -> None:
    starting = Stack(0, 8 << 20)  # hi is the size
    assert not starting.lo_known
    assert not any(address in starting for address in (0, CODE, 8 << 20, BELOW_HI))


def test_bounds_of_a_stack_are_known() -> None:
    for stack in (Stack(HI - (8 << 20), HI), Stack(0xC000_0000_0000, 0xC000_0000_0800)):
        assert stack.lo_known
        assert stack.lo in stack
        assert stack.lo - 8 not in stack


@pytest.mark.parametrize("lo", ABSURD.values(), ids=ABSURD)
def test_g0_with_absurd_bounds_owns_no_stack_of_a_goroutine_and_no_code(lo: int) -> None:
    walk = recorded_walk("1.27.3")
    now = walk.records[-1].last
    program, runtime = walk.program, now.runtime
    main = program.target.symbols.find("runtime.main")
    assert main is not None
    g0, *others = runtime.system_gs
    absurd = g0._replace(stack_lo=lo)
    changed = runtime._replace(system_gs=[absurd, *others])
    owner = changed.stack_owner(now.sp)
    assert owner is not None
    assert owner.goid == 1
    assert changed.stack_owner(g0.stack_hi - 64) == absurd
    classifier = AddressClassifier(program, changed)
    assert classifier.classify(main.address).expression == "runtime.main"
    assert classifier.classify(now.sp).name == "g1"
    assert classifier.classify(g0.stack_hi - 64).name == "g0"
    state = state_on_stack(absurd, main.address, now.sp, exact=True)
    assert "is outside the stack" in str(program.unwind_from(state, 8).ended)


def test_sizes_that_follow_from_an_absurd_lo_are_not_shown() -> None:
    walk = recorded_walk("1.27.3")
    last = walk.records[-1].last
    g0 = last.g0._replace(stack_lo=0x3D8)
    page = stacks_view.parts(last.runtime, g0, Unwound((), None))
    shown = "\n".join(render(Doc(page), width=80, color=False))
    assert f"hi is {g0.stack_hi:#x}" in shown
    assert "lo is 0x3d8: where the stack ends is not known" in shown
    assert "bytes" not in shown
    sizes = stack_json(last.runtime, g0, Unwound((), None))["stack"]
    assert isinstance(sizes, dict)
    assert (sizes["lo"], sizes["size"], sizes["used"]) == ("0x3d8", None, None)
