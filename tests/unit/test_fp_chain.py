"""The chain of saved frame pointers, compared with the frames of recorded stacks."""

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
    version: str, start: ChainStart, unwound: Unwound, image: Image | None = None
) -> FramePointerChain:
    image = image or recorded(version)[0]
    return compare_chain(program(version, image), start, unwound, unwound.frames[-1].cfa + 64)


def saved_start(value: int) -> ChainStart:
    return ChainStart(value, "sched.bp", "sched.sp", False)


def live_start(value: int) -> ChainStart:
    return ChainStart(value, "rbp", "rsp", True)


def compiled(unwound: Unwound) -> list[Frame]:
    return [frame for frame in unwound.frames if not frame.inlined]


def lost(chain: FramePointerChain, unwound: Unwound) -> list[str]:
    return [unwound.frames[link.frame].function for link in chain.links if not link.reported]


def note(chain: FramePointerChain, unwound: Unwound) -> str:
    found = divergence(unwound.frames, chain)
    return found.text if found else ""


def deep(version: str) -> tuple[Unwound, int]:
    pc, sp, hi, _ = stack_with(version, "main.deep")
    return walk(version, pc, sp, hi), hi


def test_only_asynchronous_preemption_loses_a_caller(version: str) -> None:
    seen = set()
    for pc, sp, hi, _ in stacks(version).values():
        unwound = walk(version, pc, sp, hi)
        chain = follow(version, saved_start(first_slot(unwound)), unwound)
        assert [link.frame for link in chain.links] == [
            n for n, frame in enumerate(unwound.frames) if not frame.inlined
        ]
        if "main.spin" not in [frame.function for frame in unwound.frames]:
            assert lost(chain, unwound) == []
            assert all(link.linked for link in chain.links[:-1])
            assert not chain.links[-1].linked  # goexit saves no frame pointer
            assert note(chain, unwound) == ""
            continue
        starter = unwound.frames[3].function
        assert lost(chain, unwound) == [starter]
        assert [link.why for link in chain.links] == ["", "", "frameless", "", ""]
        assert note(chain, unwound) == (
            "a walk along rbp shows #2 main.spin as called by #4 runtime.goexit: main.spin keeps "
            f"nothing on the stack, and rbp is still its caller's; left out: #3 {starter}"
        )
        seen.add(starter)
    assert seen


def test_entry_of_a_function_loses_its_caller(version: str) -> None:
    whole, hi = deep(version)
    entry = symbols(version).lookup("main.deep")
    assert entry is not None
    inner = next(f for f in whole.frames if f.function == "main.deep")
    unwound = walk(version, entry.entry, inner.cfa - 8, hi)
    chain = follow(version, live_start(first_slot(unwound)), unwound)
    assert lost(chain, unwound) == ["main.deep"]
    assert note(chain, unwound) == (
        "a walk along rbp shows #0 main.deep as called by #2 main.deep: no instruction of "
        "main.deep has run, and rbp is still its caller's; left out: #1 main.deep"
    )


def test_prologue_loses_its_caller(version: str) -> None:
    # morestack saves such a pc: after the check of the stack's bound, before the push
    whole, hi = deep(version)
    table, entry = symbols(version), symbols(version).lookup("main.deep")
    assert entry is not None
    inner = next(f for f in whole.frames if f.function == "main.deep")
    assert table.sp_delta(entry.entry + 4) == 0
    unwound = walk(version, entry.entry + 4, inner.cfa - 8, hi)
    start = first_slot(unwound)
    chain = follow(version, saved_start(start), unwound)
    assert chain.links[0].why == "prologue"
    assert lost(chain, unwound) == ["main.deep"]
    # before RET at the end of the function the frame is gone too
    image = Image({**recorded(version)[0].ranges, entry.entry + 4: b"\xc3"})
    chain = follow(version, live_start(start), unwound, image)
    assert chain.links[0].why == "returning"
    assert "is about to return, and rbp is its caller's again" in note(chain, unwound)


def test_frame_that_has_not_set_the_frame_pointer(version: str) -> None:
    unwound, _ = deep(version)
    second = compiled(unwound)[1].fp_slot
    assert second is not None
    chain = follow(version, live_start(second), unwound)
    assert chain.links[0].why == "unset"
    assert [link.reported for link in chain.links[:3]] == [True, False, True]


def test_other_value_in_the_frame_pointer(version: str) -> None:
    unwound, _ = deep(version)
    chain = follow(version, live_start(0x0BADF00D), unwound)
    assert lost(chain, unwound) == [frame.function for frame in compiled(unwound)[1:]]
    assert [link.why for link in chain.links[:2]] == ["scratch", "cut"]
    assert chain.strays == (Stray(0x0BADF00D, None),)
    assert note(chain, unwound) == (
        "a walk along rbp shows #0 runtime.gopark and no caller: rbp is 0xbadf00d, which marks "
        f"no frame; left out: #1 runtime.chanrecv and {len(chain.links) - 2} more"
    )


def test_unsaved_frame_pointer(version: str) -> None:
    unwound, _ = deep(version)
    chain = follow(version, saved_start(0), unwound)
    assert chain.links[0].why == "unsaved"
    assert len(lost(chain, unwound)) == len(chain.links) - 1
    assert "sched.bp is 0: rbp was not saved when the goroutine left its thread" in note(
        chain, unwound
    )


def test_new_goroutine_loses_no_caller(version: str) -> None:
    # its frame pointer is 0, and goexit, which appears to be its caller, saves none
    whole, hi = deep(version)
    first = whole.frames[-2]
    function = symbols(version).function(first.pc)
    assert function is not None
    unwound = walk(version, function.entry, first.cfa - 8, hi)
    assert [frame.function for frame in unwound.frames] == [function.name, "runtime.goexit"]
    chain = follow(version, saved_start(0), unwound)
    assert lost(chain, unwound) == []
    assert note(chain, unwound) == ""


def test_chain_that_breaks_in_the_middle(version: str) -> None:
    unwound, _ = deep(version)
    third = compiled(unwound)[2]
    broken = third.fp_slot
    assert broken is not None
    image = recorded(version)[0].changed(broken, (0x1234).to_bytes(8, "little"))
    chain = follow(version, saved_start(first_slot(unwound)), unwound, image)
    assert [link.reported for link in chain.links[:5]] == [True, True, True, True, False]
    assert chain.divergence == 3
    assert chain.strays == (Stray(0x1234, None),)
    assert "ends at #3 main.deep: what #2 saved as rbp marks no frame" in note(chain, unwound)


def test_stray_word_invents_a_caller(version: str) -> None:
    # between frames the next word is taken for a return address
    unwound, _ = deep(version)
    third = compiled(unwound)[2]
    stray = third.sp
    image = recorded(version)[0].changed(stray, struct.pack("<QQ", 0, 0x4711))
    chain = follow(version, live_start(stray), unwound, image)
    assert chain.strays == (Stray(stray, 0x4711),)
    assert f"rbp is {stray:#x}, which marks no frame, and 0x4711 would be taken for a return " in (
        note(chain, unwound)
    )


def test_circular_chain_ends(version: str) -> None:
    unwound, _ = deep(version)
    own = first_slot(unwound)
    image = recorded(version)[0].changed(own, own.to_bytes(8, "little"))
    chain = follow(version, saved_start(own), unwound, image)
    assert [link.linked for link in chain.links[:3]] == [True, False, False]
    outside = own + 8
    image = recorded(version)[0].changed(outside, outside.to_bytes(8, "little"))
    assert len(follow(version, saved_start(outside), unwound, image).strays) == 8


def test_stack_beyond_the_limit_is_not_judged(version: str) -> None:
    pc, sp, hi, _ = stack_with(version, "main.deep")
    unwound = walk(version, pc, sp, hi, limit=3)
    target = program(version, recorded(version)[0])
    chain = compare_chain(target, saved_start(first_slot(unwound)), unwound, hi)
    assert [(link.linked, link.reported) for link in chain.links] == [(True, True)] * 3
    assert chain.strays == ()
    assert note(chain, unwound) == ""
