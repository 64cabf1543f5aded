"""Stacks that look alike share a shape, and no others do."""

from __future__ import annotations

from typing import Any

import pytest

from gogdb.runtime.batch import Batch
from gogdb.runtime.groups import Group, Groups
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.standard_library import StandardLibrary
from gogdb.runtime.trace_cache import BatchUnwinder, Trace, TraceBatch
from tests.support import factories
from tests.support.recorded_memory import RECORDED, Image, recorded, symbols
from tests.support.recorded_stacks import stack_with, stacks, walk

pytestmark = pytest.mark.parametrize("version", RECORDED)

COPIES = 0x7F00_0000_0000  # where copies of a recorded stack are


class World:
    """A recorded program with copies of the stack of main.deep."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.pc, self.sp, self.hi, _ = stack_with(version, "main.deep")
        image, _ = recorded(version)
        self.image = Image(dict(image.ranges))
        self.data = image.read(self.sp, self.hi - self.sp)

    def copy(self, number: int, **other: Any) -> G:
        """Return a goroutine with a copy of the stack."""
        lo = COPIES + 0x10000 * number
        sp = lo + 0x8000 - len(self.data)
        self.image.ranges[sp] = self.data
        return factories.g(
            number,
            **{"stack_lo": lo, "stack_hi": lo + 0x8000, "sched_sp": sp, "sched_pc": self.pc}
            | other,
        )

    def unwinder(self, limit: int = 1000) -> BatchUnwinder:
        program = Program(self.image)  # type: ignore[arg-type]
        program.symtab = symbols(self.version)
        program.standard_library = StandardLibrary()
        return BatchUnwinder(program, factories.runtime(), limit)

    def slots(self) -> list[int]:
        """Return the offsets of the return addresses from sp."""
        found = walk(self.version, self.pc, self.sp, self.hi).frames
        compiled = [frame for frame in found if not frame.inlined]
        return [slot - self.sp for frame in compiled if (slot := frame.return_slot) is not None][
            :-1
        ]


def traces_of(unwinder: BatchUnwinder, *gs: G) -> list[Trace]:
    return list(unwinder.unwind(Batch.from_gs(gs)))


def test_frames_equal_those_of_one_unwind(version: str) -> None:
    """For every recorded stack, the first time and when its shape is known."""
    world = World(version)
    gs = [
        factories.g(int(goid), stack_lo=sp - 64, stack_hi=hi, sched_sp=sp, sched_pc=pc)
        for goid, (pc, sp, hi, _) in stacks(version).items()
    ]
    unwinder = world.unwinder()
    for _ in range(2):
        for g, trace in zip(gs, traces_of(unwinder, *gs), strict=True):
            assert trace.unwound == walk(version, g.sched_pc, g.sched_sp, g.stack_hi)


def test_copies_share_a_shape(version: str) -> None:
    world = World(version)
    first, second, third = traces_of(world.unwinder(), *map(world.copy, (1, 2, 3)))
    assert first.shape is second.shape is third.shape
    moved = second.sp - first.sp
    for one, other in zip(first.frames, second.frames, strict=True):
        assert one.function == other.function
        assert (one.sp, one.cfa) == (other.sp - moved, other.cfa - moved)
        for slot, other_slot in (
            (one.fp_slot, other.fp_slot),
            (one.return_slot, other.return_slot),
        ):
            assert slot == (None if other_slot is None else other_slot - moved)


def test_every_return_address_counts(version: str) -> None:
    world = World(version)
    unwinder = world.unwinder()
    (known,) = traces_of(unwinder, world.copy(1))
    for number, slot in enumerate(world.slots(), 2):
        g = world.copy(number)
        changed = bytearray(world.data)
        changed[slot : slot + 8] = (0x1234).to_bytes(8, "little")
        world.image.ranges[g.sched_sp] = bytes(changed)
        (other,) = traces_of(unwinder, g)
        assert other.shape is not known.shape
        assert other.unwound.ended == "pc 0x1234 is in no Go function"


def test_the_end_of_the_stack_counts(version: str) -> None:
    world = World(version)
    unwinder = world.unwinder()
    whole, cut = traces_of(unwinder, world.copy(1), world.copy(2, stack_hi=COPIES + 0x27F00))
    assert whole.unwound.ended is None
    assert cut.unwound.ended is not None


def test_every_copy_says_that_a_limit_was_reached(version: str) -> None:
    world = World(version)
    for trace in traces_of(world.unwinder(limit=3), *map(world.copy, (1, 2))):
        assert len(trace.frames) == 3
        assert trace.unwound.ended == "stopped after 3 frames"


def test_a_goroutine_without_frames_says_why(version: str) -> None:
    world = World(version)
    dead, empty = world.copy(1, atomicstatus=6), world.copy(2, sched_sp=0, sched_pc=0)
    gone = factories.g(3, unreadable="cannot read 400 bytes at 0x3")
    unwound = [trace.unwound for trace in traces_of(world.unwinder(), dead, empty, gone)]
    assert [one.frames for one in unwound] == [(), (), ()]
    assert [one.ended for one in unwound] == [
        "dead: it has no frames",
        "no sp is saved in its gobuf",
        "cannot read 400 bytes at 0x3",
    ]


def test_traces_are_in_the_order_of_the_goroutines(version: str) -> None:
    world = World(version)
    dead = world.copy(2, atomicstatus=6)
    traces = traces_of(world.unwinder(), world.copy(1), dead, world.copy(3), world.copy(4, m=0))
    assert [trace.g.goid for trace in traces] == [1, 2, 3, 4]
    assert [bool(trace.frames) for trace in traces] == [True, False, True, True]
    assert [trace.sp for trace in traces] == [0 if g is dead else g.sched_sp for g, *_ in traces]


def test_first_and_select(version: str) -> None:
    world = World(version)
    batch = world.unwinder().unwind(Batch.from_gs([world.copy(n) for n in (1, 2, 3)]))
    every = list(batch)
    assert batch.first(3) is batch
    assert list(batch.first(2)) == every[:2]
    assert list(batch.select([0, 1, 1])) == every[1:]


def groups_of(*batches: TraceBatch) -> list[Group]:
    groups = Groups(lambda _: "", lambda batch: [0] * len(batch))
    for batch in batches:
        groups.add(batch)
    return groups.ordered()


def test_groups_of_equal_stacks(version: str) -> None:
    """By what is on the stack, wherever it lies."""
    world = World(version)
    pc, sp, hi, _ = stack_with(version, "main.outer")
    other = factories.g(9, stack_lo=sp - 64, stack_hi=hi, sched_sp=sp, sched_pc=pc)
    one, two = world.copy(7), world.copy(8, atomicstatus=1)
    batches = [world.unwinder().unwind(Batch.from_gs(gs)) for gs in ([other, one], [two])]
    first, second = sorted(groups_of(*batches), key=len, reverse=True)
    assert (first.goids, second.goids) == ([7, 8], [9])
    assert first.kinds == {("waiting", ""): 1, ("runnable", ""): 1}
    assert (
        first.shape.frames[0].function
        == walk(version, world.pc, world.sp, world.hi).frames[0].function
    )


def test_a_group_of_goids_that_were_overwritten(version: str) -> None:
    """A goid is signed up to go1.19, and unsigned since."""
    world = World(version)
    (group,) = groups_of(
        world.unwinder().unwind(Batch.from_gs([world.copy(-7), world.copy(2**63)]))
    )
    assert group.goids == [-7, 2**63]
