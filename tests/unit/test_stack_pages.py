"""go-stacks as text: a page among many is the one that is laid out by itself."""

from __future__ import annotations

import struct
from functools import partial
from typing import Any

import pytest

from gogdb.commands.stack_pages import StackPages, text_of
from gogdb.i18n import use_language
from gogdb.render.ansi import render
from gogdb.runtime import chain_keys
from gogdb.runtime.batch import Batch
from gogdb.runtime.clock import Clock
from gogdb.runtime.fp_chain import fp_chain
from gogdb.runtime.interruptions import Interruptions
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.stack_guard import STACK_PREEMPT
from gogdb.runtime.standard_library import StandardLibrary
from gogdb.runtime.trace_cache import BatchUnwinder, Trace, TraceBatch
from gogdb.view import stacks
from gogdb.view.doc.document import Part
from tests.support import factories
from tests.support.recorded_memory import RECORDED, Image, recorded, symbols
from tests.support.recorded_stacks import first_slot, stack_with, walk

COPIES = 0x7F00_0000_0000  # where copies of a recorded stack are
CLOCK = Clock(3_600_000_000_000, exact=True)


class World:
    """A recorded program with copies of the stack of main.deep."""

    def __init__(self, version: str) -> None:
        self.pc, self.sp, self.hi, _ = stack_with(version, "main.deep")
        self.fp = first_slot(walk(version, self.pc, self.sp, self.hi))
        image, _ = recorded(version)
        self.image = Image(dict(image.ranges))
        self.data = image.read(self.sp, self.hi - self.sp)
        self.program = Program(self.image)  # type: ignore[arg-type]
        self.program.symtab = symbols(version)
        self.program.standard_library = StandardLibrary()

    def copy(self, number: int, at: int = 0, broken: bool = False, **other: Any) -> G:
        """Return a goroutine with a copy of the stack, whose saved frame pointers are moved.

        `at` is its lo. With `broken`, the innermost saved frame pointer is 0.
        """
        lo = at or COPIES + 0x10000 * number
        hi, sp = lo + 0x8000, lo + 0x8000 - len(self.data)
        words = list(struct.unpack(f"<{len(self.data) // 8}Q", self.data))
        for index, word in enumerate(words):
            if self.sp <= word < self.hi:
                words[index] = word - self.sp + sp
        if broken:
            words[(self.fp - self.sp) // 8] = 0
        self.image.ranges[sp] = struct.pack(f"<{len(words)}Q", *words)
        known = {"stack_lo": lo, "stack_hi": hi, "stackguard0": lo + 928, "sched_sp": sp}
        known |= {"sched_pc": self.pc, "sched_bp": self.fp - self.sp + sp}
        return factories.g(other.pop("goid", number), **known | other)

    def traces(self, *gs: G) -> TraceBatch:
        return BatchUnwinder(self.program, factories.runtime(), 64).unwind(Batch.from_gs(gs))


@pytest.fixture(params=RECORDED)
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


def goroutines(world: World) -> list[G]:
    """Return goroutines whose pages differ in one thing each, every kind of them twice."""
    system: dict[str, Any] = {"goid": 0}
    kinds: list[dict[str, Any]] = [
        {},
        {"atomicstatus": 1},
        {"waitsince": 60_000_000_000},
        {"stackguard0": STACK_PREEMPT},
        {"sched_bp": 0},
        {"sched_bp": 0xDEAD_0000},
        {"broken": True},
        {"unreadable": "cannot read 400 bytes"},
        {"atomicstatus": 6},
        {"system_name": "m1.g0", **system},
        {"goid": 0},
        {"goid": -5},
    ]
    gs = [world.copy(20 * n + 1 + i, **kind) for i, kind in enumerate(kinds) for n in (1, 500)]
    # The addresses of the first have different lengths.
    return [*gs, world.copy(7, 0xFFFF_C000), world.copy(8, 0xC000_0000), world.copy(9, 0xD000_0000)]


@pytest.mark.parametrize(("language", "width"), [("en", 40), ("en", 100), ("zh", 60)])
@pytest.mark.parametrize(("color", "ascii"), [(False, False), (True, True)])
def test_each_page_is_as_by_itself(
    world: World, language: str, width: int, color: bool, ascii: bool
) -> None:
    gs = goroutines(world)
    runtime = factories.runtime(gs=gs, constants=gs[0].constants)

    def page(trace: Trace) -> list[Part]:
        chain = fp_chain(world.program, trace.g, trace.unwound)
        return stacks.parts(runtime, trace.g, trace.unwound, chain, clock=CLOCK)

    traces = world.traces(*gs)
    layout = partial(render, width=width, color=color, ascii=ascii)
    with use_language(language):
        pages = StackPages(
            world.program, runtime, CLOCK, Interruptions(world.program, runtime, 64), layout, page
        )
        expected = [text_of(layout, page(trace)) for trace in traces]
        assert list(pages.texts(traces)) == expected
        assert list(pages.texts(traces)) == expected


def test_pages_that_look_alike_are_laid_out_once(world: World) -> None:
    laid_out = []

    def layout(*arguments: Any, **how: Any) -> Any:
        laid_out.append(how)
        return render(*arguments, **how, width=100, color=False)

    runtime = factories.runtime()
    interruptions = Interruptions(world.program, runtime, 64)
    pages = StackPages(
        world.program, runtime, CLOCK, interruptions, layout, lambda _: pytest.fail("alone")
    )
    traces = world.traces(*(world.copy(number) for number in range(11, 100)))
    assert len(set(pages.texts(traces))) == 89
    assert len(laid_out) == 2  # a head and a body


def test_a_chain_is_followed_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    followed = []

    def count(program: Program, g: G, unwound: Any) -> Any:
        followed.append(g.goid)
        return fp_chain(program, g, unwound)

    monkeypatch.setattr(chain_keys, "fp_chain", count)
    keys = chain_keys.ChainKeys(world.program)
    kinds: list[dict[str, Any]] = [{"sched_bp": 0}, {}, {"broken": True}]
    gs = [world.copy(n, **kinds[n % 3]) for n in range(1, 31)]
    numbers = keys.keys(world.traces(*gs))
    assert [numbers[n - 1] for n in range(1, 31)] == numbers[:3] * 10
    assert len(set(numbers)) == 3
    assert followed == [1, 2, 3]


def test_a_stack_that_cannot_be_read_has_a_chain_of_its_own(world: World) -> None:
    keys = chain_keys.ChainKeys(world.program)
    whole, lost = world.copy(1), world.copy(2)
    traces = world.traces(whole, lost)
    del world.image.ranges[lost.sched_sp]
    numbers = keys.keys(traces)
    assert 0 not in numbers
    assert numbers[0] != numbers[1]
