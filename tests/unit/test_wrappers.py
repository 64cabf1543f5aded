"""Frames of wrappers are elided where tracebacks elide them: elideWrapperCalling."""

from __future__ import annotations

import struct

import pytest

from gogdb.inferior.arch.amd64 import AMD64
from gogdb.runtime.unwind import UnwindState, unwind
from tests.support.code_factories import FUNCTIONS, Symbols, inside
from tests.support.recorded_memory import RECORDED, Image, symbols

SP = 0x100000


def elided(*functions: str) -> list[str]:
    """Return those that are elided from a stack of `functions`, innermost first."""
    words: dict[int, int] = {}
    sp = SP
    for name, caller in zip(functions, [*functions[1:], "runtime.goexit"], strict=True):
        sp += FUNCTIONS[name][1] + 8
        words[sp - 8] = inside(caller)
    image = Image(
        {SP: b"".join(struct.pack("<Q", words.get(at, 0)) for at in range(SP, sp + 8, 8))}
    )
    state = UnwindState(inside(functions[0]), SP, SP, sp + 8, False, False)
    unwound = unwind(image, AMD64, Symbols(), state, limit=100)  # type: ignore[arg-type]
    assert unwound.ended is None
    assert [frame.function for frame in unwound.frames] == [*functions, "runtime.goexit"]
    return [frame.function for frame in unwound.frames if frame.elided]


def test_wrappers_are_elided() -> None:
    assert elided("main.works", "main.wrapper", "main.works") == ["main.wrapper"]
    assert elided("main.wrapper", "main.works") == ["main.wrapper"]
    assert elided("main.works", "main.wrapper", "main.wrapper") == ["main.wrapper"] * 2


def test_a_wrapper_that_panics_is_not_elided() -> None:
    assert elided("runtime.panicwrap", "main.wrapper", "main.works") == []
    assert elided("runtime.panicwrap", "main.wrapper", "main.wrapper") == ["main.wrapper"]


@pytest.mark.parametrize("version", RECORDED)
def test_the_symbol_table_knows_wrappers(version: str) -> None:
    table = symbols(version)
    wrapper, body = table.lookup("runtime.deferreturn"), table.lookup("main.deep")
    assert wrapper is not None
    assert body is not None
    assert table.inline_frames(wrapper.entry)[-1].wrapper
    assert not table.inline_frames(body.entry)[-1].wrapper
