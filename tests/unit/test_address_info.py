"""What addresses of a recorded boot point at."""

from __future__ import annotations

from gogdb.runtime.address_info import AddressClassifier
from tests.support.walks import recorded_walk

CGO_STACK = 8 << 20  # bytes, of a thread that cgo starts


def test_g0_of_a_thread_that_cgo_starts_has_no_stack_yet() -> None:
    """Its bounds are 0 and the size of the stack, between which the program's code lies."""
    walk = recorded_walk("1.27.3")
    program, runtime = walk.program, walk.records[-1].last.runtime
    main = program.target.symbols.find("runtime.main")
    assert main is not None
    assert 0 < main.address < CGO_STACK
    g0, *others = runtime.system_gs
    starting = g0._replace(stack_lo=0, stack_hi=CGO_STACK)
    changed = runtime._replace(system_gs=[starting, *others])
    info = AddressClassifier(program, changed).classify(main.address)
    assert (info.kind, info.name) == ("function", "runtime.main")
    assert not starting.stack_contains(main.address)
    assert g0.stack_contains(g0.stack_hi)
