"""Stacks that look alike are walked once, and only those."""

from __future__ import annotations

from typing import Any

import pytest

from gogdb.runtime.batch import Batch
from gogdb.runtime.groups import Group, Groups
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.trace_cache import BatchUnwinder, Trace, TraceBatch
from tests.support import factories
from tests.support.recorded_memory import RECORDED, Image, recorded, symbols
from tests.support.recorded_stacks import stack_with, stacks, walk

pytestmark = pytest.mark.parametrize("version", RECORDED)

ELSEWHERE = 0x7F00_0000_0000  # where copies of a recorded stack are put


class World:
    """A recorded program with copies of the stack of main.deep."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.pc, self.sp, self.hi, _ = stack_with(version, "main.deep")
        image, _ = recorded(version)
        self.image = Image(dict(image.ranges))
        self.data = image.read(self.sp, self.hi - self.sp)

    def copy(self, number: int, **other: Any) -> G:
        """A goroutine whose stack is a copy."""
        lo = ELSEWHERE + 0x10000 * number
        sp = lo + 0x8000 - len(self.data)
        self.image.ranges[sp] = self.data
        return factories.g(
            number,
            **{"stack_lo": lo, "stack_hi": lo + 0x8000, "sched_sp": sp, "sched_pc": self.pc}
            | other,
        )

    def traces(self, limit: int = 1000) -> BatchUnwinder:
        program = Program(self.image)  # type: ignore[arg-type]
        program.symtab = symbols(self.version)
        return BatchUnwinder(program, factories.runtime(), limit)

    def slots(self) -> list[int]:
        """Where the return addresses of the copied stack are, from sp on."""
        found = walk(self.version, self.pc, self.sp, self.hi).frames
        compiled = [frame for frame in found if not frame.inlined]
        return [slot - self.sp for frame in compiled if (slot := frame.return_slot) is not None][
            :-1
        ]


def every(traces: BatchUnwinder, *gs: G) -> list[Trace]:
    return list(traces.unwind(Batch.from_gs(gs)))


def test_frames_are_those_of_a_walk(version: str) -> None:
    """For every recorded stack, when it is first seen and when it is seen again."""
    world = World(version)
    gs = [
        factories.g(int(goid), stack_lo=sp - 64, stack_hi=hi, sched_sp=sp, sched_pc=pc)
        for goid, (pc, sp, hi, _) in stacks(version).items()
    ]
    traces = world.traces()
    for _ in range(2):
        for g, trace in zip(gs, every(traces, *gs), strict=True):
            assert trace.unwound == walk(version, g.sched_pc, g.sched_sp, g.stack_hi)


def test_copies_share_a_shape(version: str) -> None:
    world = World(version)
    first, second, third = every(world.traces(), *map(world.copy, (1, 2, 3)))
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


def test_another_return_address_is_another_shape(version: str) -> None:
    """Whichever of them it is."""
    world = World(version)
    traces = world.traces()
    (known,) = every(traces, world.copy(1))
    for number, slot in enumerate(world.slots(), 2):
        g = world.copy(number)
        torn = bytearray(world.data)
        torn[slot : slot + 8] = (0x1234).to_bytes(8, "little")
        world.image.ranges[g.sched_sp] = bytes(torn)
        (found,) = every(traces, g)
        assert found.shape is not known.shape
        assert found.unwound.ended == "pc 0x1234 is in no Go function"


def test_less_stack_is_another_shape(version: str) -> None:
    """What ends the stack belongs to how it is walked."""
    world = World(version)
    traces = world.traces()
    whole, cut = every(traces, world.copy(1), world.copy(2, stack_hi=ELSEWHERE + 0x27F00))
    assert whole.unwound.ended is None
    assert cut.unwound.ended is not None


def test_a_limit_is_told_in_every_copy(version: str) -> None:
    world = World(version)
    for trace in every(world.traces(limit=3), *map(world.copy, (1, 2))):
        assert len(trace.frames) == 3
        assert trace.unwound.ended == "stopped after 3 frames"


def test_who_has_no_frames_says_why(version: str) -> None:
    world = World(version)
    dead, empty = world.copy(1, atomicstatus=6), world.copy(2, sched_sp=0, sched_pc=0)
    gone = factories.g(3, unreadable="cannot read 400 bytes at 0x3")
    told = [trace.unwound for trace in every(world.traces(), dead, empty, gone)]
    assert [found.frames for found in told] == [(), (), ()]
    assert [found.ended for found in told] == [
        "dead: it has no frames",
        "no sp is saved in its gobuf",
        "cannot read 400 bytes at 0x3",
    ]


def groups_of(*batches: TraceBatch) -> list[Group]:
    groups = Groups()
    for batch in batches:
        groups.add(batch)
    return groups.largest_first()


def test_groups(version: str) -> None:
    """By what is on the stack, wherever it lies; the largest first."""
    world = World(version)
    pc, sp, hi, _ = stack_with(version, "main.outer")
    other = factories.g(9, stack_lo=sp - 64, stack_hi=hi, sched_sp=sp, sched_pc=pc)
    one, two = world.copy(7), world.copy(8, atomicstatus=1)
    batches = [world.traces().unwind(Batch.from_gs(gs)) for gs in ([other, one], [two])]
    first, second = groups_of(*batches)
    assert (first.goids, second.goids) == ([7, 8], [9])
    assert first.kinds == {("waiting", ""): 1, ("runnable", ""): 1}
    assert (
        first.frames[0].function == walk(version, world.pc, world.sp, world.hi).frames[0].function
    )


def test_a_group_of_goids_that_were_overwritten(version: str) -> None:
    """A goid is signed up to go1.19, and unsigned since."""
    world = World(version)
    (group,) = groups_of(world.traces().unwind(Batch.from_gs([world.copy(-7), world.copy(2**63)])))
    assert group.goids == [-7, 2**63]
