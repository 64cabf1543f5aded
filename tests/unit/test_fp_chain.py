"""The chain of saved rbp words against the frames of recorded stacks."""

from __future__ import annotations

import struct

import pytest

from gogdb.runtime.fp_chain import ChainStart, FramePointerChain, Stray, compare_chain
from gogdb.runtime.unwind import Frame, Unwound
from gogdb.view.stacks import divergence
from tests.support.recorded_memory import RECORDED, Image, recorded, symbols
from tests.support.recorded_stacks import first_slot, program, stack_with, stacks, walk

pytestmark = pytest.mark.parametrize("version", RECORDED)


def follow(
    version: str, begin: ChainStart, found: Unwound, image: Image | None = None
) -> FramePointerChain:
    image = image or recorded(version)[0]
    return compare_chain(program(version, image), begin, found, found.frames[-1].cfa + 64)


def saved(value: int) -> ChainStart:
    return ChainStart(value, "sched.bp", "sched.sp", False)


def live(value: int) -> ChainStart:
    return ChainStart(value, "rbp", "rsp", True)


def compiled(found: Unwound) -> list[Frame]:
    return [frame for frame in found.frames if not frame.inlined]


def lost(chain: FramePointerChain, found: Unwound) -> list[str]:
    return [found.frames[link.frame].function for link in chain.links if not link.shown]


def said(chain: FramePointerChain, found: Unwound) -> str:
    note = divergence(found.frames, chain)
    return note.text if note else ""


def deep(version: str) -> tuple[Unwound, int]:
    pc, sp, hi, _ = stack_with(version, "main.deep")
    return walk(version, pc, sp, hi), hi


def test_only_asynchronous_preemption_loses_a_caller(version: str) -> None:
    seen = set()
    for pc, sp, hi, _ in stacks(version).values():
        found = walk(version, pc, sp, hi)
        chain = follow(version, saved(first_slot(found)), found)
        assert [link.frame for link in chain.links] == [
            n for n, frame in enumerate(found.frames) if not frame.inlined
        ]
        if "main.spin" not in [frame.function for frame in found.frames]:
            assert lost(chain, found) == []
            assert all(link.linked for link in chain.links[:-1])
            assert not chain.links[-1].linked  # goexit keeps no rbp, and needs none
            assert said(chain, found) == ""
            continue
        starter = found.frames[3].function
        assert lost(chain, found) == [starter]
        assert [link.why for link in chain.links] == ["", "", "frameless", "", ""]
        assert said(chain, found) == (
            "a walk along rbp shows #2 main.spin as called by #4 runtime.goexit: main.spin keeps "
            f"nothing on the stack, and rbp is still its caller's; left out: #3 {starter}"
        )
        seen.add(starter)
    assert seen


def test_before_the_first_instruction(version: str) -> None:
    whole, hi = deep(version)
    entry = symbols(version).lookup("main.deep")
    assert entry is not None
    inner = next(f for f in whole.frames if f.function == "main.deep")
    found = walk(version, entry.entry, inner.cfa - 8, hi)
    chain = follow(version, live(first_slot(found)), found)
    assert lost(chain, found) == ["main.deep"]
    assert said(chain, found) == (
        "a walk along rbp shows #0 main.deep as called by #2 main.deep: no instruction of "
        "main.deep has run, and rbp is still its caller's; left out: #1 main.deep"
    )


def test_stopped_in_the_prologue(version: str) -> None:
    # morestack leaves such a pc: the check of the stack's bound is behind it, the push is not.
    whole, hi = deep(version)
    table, entry = symbols(version), symbols(version).lookup("main.deep")
    assert entry is not None
    inner = next(f for f in whole.frames if f.function == "main.deep")
    assert table.sp_delta(entry.entry + 4) == 0
    found = walk(version, entry.entry + 4, inner.cfa - 8, hi)
    begin = first_slot(found)
    chain = follow(version, saved(begin), found)
    assert chain.links[0].why == "prologue"
    assert lost(chain, found) == ["main.deep"]
    # at the RET at its end the frame is gone as well
    image = Image({**recorded(version)[0].ranges, entry.entry + 4: b"\xc3"})
    chain = follow(version, live(begin), found, image)
    assert chain.links[0].why == "returning"
    assert "is about to return, and rbp is its caller's again" in said(chain, found)


def test_a_frame_that_has_not_set_rbp(version: str) -> None:
    found, _ = deep(version)
    second = compiled(found)[1].fp_slot
    assert second is not None
    chain = follow(version, live(second), found)
    assert chain.links[0].why == "unset"
    assert [link.shown for link in chain.links[:3]] == [True, False, True]


def test_a_number_in_rbp(version: str) -> None:
    found, _ = deep(version)
    chain = follow(version, live(0x0BADF00D), found)
    assert lost(chain, found) == [frame.function for frame in compiled(found)[1:]]
    assert [link.why for link in chain.links[:2]] == ["scratch", "cut"]
    assert chain.strays == (Stray(0x0BADF00D, None),)
    assert said(chain, found) == (
        "a walk along rbp shows #0 runtime.gopark and no caller: rbp is 0xbadf00d, which marks "
        f"no frame; left out: #1 runtime.chanrecv and {len(chain.links) - 2} more"
    )


def test_nothing_saved(version: str) -> None:
    found, _ = deep(version)
    chain = follow(version, saved(0), found)
    assert chain.links[0].why == "unsaved"
    assert len(lost(chain, found)) == len(chain.links) - 1
    assert "sched.bp is 0: rbp was not saved when the goroutine left its thread" in said(
        chain, found
    )


def test_a_new_goroutine_loses_nothing(version: str) -> None:
    # its rbp is 0, and goexit below it is nobody's caller
    whole, hi = deep(version)
    first = whole.frames[-2]
    function = symbols(version).function(first.pc)
    assert function is not None
    found = walk(version, function.entry, first.cfa - 8, hi)
    assert [frame.function for frame in found.frames] == [function.name, "runtime.goexit"]
    chain = follow(version, saved(0), found)
    assert lost(chain, found) == []
    assert said(chain, found) == ""


def test_a_chain_that_breaks_on_its_way(version: str) -> None:
    found, _ = deep(version)
    third = compiled(found)[2]
    broken = third.fp_slot
    assert broken is not None
    image = recorded(version)[0].changed(broken, (0x1234).to_bytes(8, "little"))
    chain = follow(version, saved(first_slot(found)), found, image)
    assert [link.shown for link in chain.links[:5]] == [True, True, True, True, False]
    assert chain.divergence == 3
    assert chain.strays == (Stray(0x1234, None),)
    assert "ends at #3 main.deep: what #2 saved as rbp marks no frame" in said(chain, found)


def test_callers_made_up(version: str) -> None:
    # rbp that points between frames: what lies above is taken for a return address
    found, _ = deep(version)
    third = compiled(found)[2]
    stray = third.sp
    image = recorded(version)[0].changed(stray, struct.pack("<QQ", 0, 0x4711))
    chain = follow(version, live(stray), found, image)
    assert chain.strays == (Stray(stray, 0x4711),)
    assert f"rbp is {stray:#x}, which marks no frame, and 0x4711 would be taken for a return " in (
        said(chain, found)
    )


def test_a_chain_in_a_circle_ends(version: str) -> None:
    found, _ = deep(version)
    own = first_slot(found)
    image = recorded(version)[0].changed(own, own.to_bytes(8, "little"))
    chain = follow(version, saved(own), found, image)
    assert [link.linked for link in chain.links[:3]] == [True, False, False]
    outside = own + 8
    image = recorded(version)[0].changed(outside, outside.to_bytes(8, "little"))
    assert len(follow(version, saved(outside), found, image).strays) == 8


def test_what_lies_beyond_the_frames_asked_for_is_not_judged(version: str) -> None:
    pc, sp, hi, _ = stack_with(version, "main.deep")
    found = walk(version, pc, sp, hi, limit=3)
    target = program(version, recorded(version)[0])
    chain = compare_chain(target, saved(first_slot(found)), found, hi)
    assert [(link.linked, link.shown) for link in chain.links] == [(True, True)] * 3
    assert chain.strays == ()
    assert said(chain, found) == ""
