"""Synctest bubbles: of go1.25 and later, the groups of go1.24, and those that cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from gogdb.inferior.layout import Field, Struct
from gogdb.runtime.bubbles import Bubbles
from gogdb.runtime.clock import Clock
from gogdb.runtime.model import SCAN, Bubble
from gogdb.runtime.reader import RuntimeReader
from gogdb.view.g_header import header
from gogdb.view.json.g_header import bubble_entries
from tests.support import factories
from tests.support.programs import recorded_program

AT = 0x1000
WORD = Field(8, 8, "uint")
IDLE = (False, True)
MINUTE = 60_000_000_000  # ns


class Reader:
    """Words of memory, and layouts in which the wanted field is the second word."""

    def __init__(self, g: Struct, words: dict[int, int]) -> None:
        self._g = g
        self._words = words
        self.idle_reasons = IDLE

    def layout(self, name: str) -> Struct:
        if name == "runtime.g":
            return self._g
        return Struct(name, 16, {"id": WORD, "root": WORD})

    def word(self, address: int) -> int:
        if address in self._words:
            return self._words[address]
        return recorded_program().reader.word(1)  # raises Unreadable


def bubbles(field: str, words: dict[int, int]) -> Bubbles:
    reader: Any = Reader(Struct("runtime.g", 16, {field: WORD, "goid": WORD}), words)
    return Bubbles(reader)


def test_a_bubble_has_an_id() -> None:
    found = bubbles("bubble", {AT + 8: 7})
    assert found[AT] == Bubble("bubble", 7, IDLE)
    assert list(found) == [AT]


def test_a_group_has_the_goid_of_its_root() -> None:
    assert bubbles("syncGroup", {AT + 8: 0x2000, 0x2008: 19})[AT] == Bubble("group", 19, IDLE)


@pytest.mark.parametrize("field", ["bubble", "syncGroup"])
def test_a_bubble_that_cannot_be_read(field: str) -> None:
    found = bubbles(field, {})[AT]
    assert found.unreadable == "cannot read 8 bytes at 0x1"
    g = factories.g(1, "waiting", "sleep", bubble=AT)
    runtime = factories.runtime(gs=[g], bubbles={AT: found})
    assert header(runtime, g) == f"waiting, sleep, synctest {found.kind} unreadable"
    entries = bubble_entries(runtime, AT, g.atomicstatus, g.waitreason_code)
    assert entries == {"bubble": "cannot read 8 bytes at 0x1", "durable": None}


def test_a_program_says_which_waits_are_durable() -> None:
    """The recorded program is of a release with bubbles, but it was not asked for this symbol."""
    assert RuntimeReader(recorded_program(lacking={"runtime.isIdleInSynctest"}).target)
    assert recorded_program(lacking={"runtime.isIdleInSynctest"}).reader.idle_reasons == ()


def head(status: str, reason: str, **other: Any) -> str:
    g = factories.g(1, status, reason, **other)
    ms = [factories.m(3)]
    known = {AT: Bubble("bubble", 7, IDLE)}
    runtime = factories.runtime(gs=[g], ms=ms, bubbles=known)
    return header(runtime, g, Clock(10 * MINUTE, exact=True))


def test_header_of_a_goroutine() -> None:
    assert head("waiting", "sleep") == "waiting, sleep"
    assert head("waiting", "sleep", bubble=AT) == "waiting, sleep (durable), synctest bubble 7"
    assert head("running", "sleep", bubble=AT) == "running, synctest bubble 7"  # left over
    named = "select (durable)"
    assert head("waiting", named, bubble=AT) == f"waiting, {named}, synctest bubble 7"
    assert head("waiting", "sleep", lockedm=factories.m_at(3)) == "waiting, sleep, locked to m3"
    assert head("waiting", "sleep", waitsince=1) == "waiting, sleep, for about 9 min 59 s"
    assert head("waiting", "sleep", waitsince=10 * MINUTE - 5) == "waiting, sleep"
    assert head("runnable", "sleep", waitsince=1) == "runnable"


def test_durable_in_json() -> None:
    known = {AT: Bubble("bubble", 7, IDLE), 2 * AT: Bubble("bubble", 8)}
    runtime = factories.runtime(bubbles=known)
    waiting = factories.STATUSES.index("waiting")
    entries = [
        bubble_entries(runtime, bubble, status, reason)
        for bubble, status, reason in (
            (AT, waiting, 1),
            (AT, waiting | SCAN, 1),
            (AT, waiting, 0),
            (AT, 1, 1),
            (2 * AT, waiting, 1),
            (0, waiting, 1),
            (None, waiting, 1),
        )
    ]
    durable = [(entry["bubble"], entry["durable"]) for entry in entries]
    assert durable == [
        (7, True),
        (7, True),
        (7, False),
        (7, False),
        (8, None),
        (None, False),
        (None, False),
    ]
