"""go-stacks --json: a stack in a long list is written as it is by itself."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from gogdb.render.json import SEPARATOR, text_of
from gogdb.render.row_encoder import RowEncoder
from gogdb.runtime.batch import Batch
from gogdb.runtime.interruptions import Interruptions
from gogdb.runtime.model import G
from gogdb.runtime.trace_cache import Shape, TraceBatch
from gogdb.runtime.unwind import Frame
from gogdb.view.json import stacks as stacks_json
from tests.support import factories
from tests.support.programs import recorded_program

FRAMES = (
    Frame("runtime.gopark", "/go/proc.go", 402, 0x43_51D6, 0, 0x20, 0x18, 0x10, False, False),
    Frame("main.inlined", "/src/ü.go", 7, 0x49_0001, 0x20, 0x90, 0x88, 0x80, True, False),
    Frame("main.main", "/src/100%.go", 9, 0x49_0001, 0x20, 0x90, 0x88, None, False, True),
)


def g(goid: int, lo: int, **other: Any) -> G:
    return factories.g(goid, stack_lo=lo, stack_hi=lo + 0x800, stackguard0=lo + 928, **other)


GS = [
    g(1, 0xC00012_3000),
    g(2, 0xC00045_3000),
    g(3, 0xC00045_F800),  # its frames are on both sides of a multiple of 64 KiB
    g(4, 0xC00045_3000, atomicstatus=1),
    g(-5, 0xC00046_3000),  # overwritten, before go1.20
    g(0, 0xC00046_3000, system_name="m1.g0"),
    g(6, 0, unreadable="cannot read 400 bytes at 0x6"),
]


@pytest.mark.parametrize("ended", [None, "stopped after 3 frames"])
def test_rows_of_a_list_are_stacks(ended: str | None) -> None:
    runtime = factories.runtime(gs=GS, constants=GS[0].constants)
    some, none = Shape(FRAMES, ended), Shape((), "dead: it has no frames")
    shapes = [none if g.unreadable else some for g in GS]
    sps = [0 if g.unreadable else g.stack_hi - 0x70 for g in GS]
    batch = TraceBatch(Batch.from_gs(GS), shapes, sps)
    expected = [text_of(stacks_json.stack(runtime, trace.g, trace.unwound)) for trace in batch]
    encoder = RowEncoder(partial(stacks_json.stack_form, runtime))
    handled = Interruptions(recorded_program(), runtime, 8)
    for _ in range(2):
        text = "".join(encoder.encode(stacks_json.stacks(runtime, handled, batch)))
        assert text.removeprefix(SEPARATOR) == SEPARATOR.join(expected)
    used = [stacks_json.stack(runtime, trace.g, trace.unwound)["stack"] for trace in batch]
    assert [stack["used"] for stack in used] == [0x70] * 6 + [None]  # type: ignore[index]
