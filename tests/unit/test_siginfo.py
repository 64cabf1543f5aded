"""siginfo_t as the kernel writes it, and the sentences that are made of it."""

from __future__ import annotations

import signal
import struct
from typing import Any

import pytest

from gogdb.inferior.arch import FrameRegisters
from gogdb.inferior.protocol import CodePlace
from gogdb.inferior.siginfo import SIGINFO_SIZE, Signal, code_name, decode, stops_for_debugger
from gogdb.render.ansi import render
from gogdb.runtime.interruptions import Interruption
from gogdb.runtime.unwind import Frame, Unwound
from gogdb.view.doc.document import Doc, Part
from gogdb.view.json import signals as signals_json
from gogdb.view.signals import handled, interrupted

FRAME = Frame("main.f", "/src/main.go", 7, 0x40_0000, 0, 16, 8, None, False, False)
SIGTRAMP = FRAME._replace(function="runtime.sigtramp")


def siginfo(number: int, code: int, union: bytes) -> bytes:
    return (struct.pack("<iii4x", number, 0, code) + union).ljust(SIGINFO_SIZE, b"\0")


ADDRESS, SENDER = struct.pack("<Q", 0xDEAD_BEEF_0000), struct.pack("<ii", 4711, 1000)


@pytest.mark.parametrize(
    ("data", "signal", "name"),
    [
        (siginfo(11, 1, ADDRESS), Signal(11, 1, 0xDEAD_BEEF_0000, None), "SEGV_MAPERR"),
        (siginfo(7, 2, ADDRESS), Signal(7, 2, 0xDEAD_BEEF_0000, None), "BUS_ADRERR"),
        (siginfo(8, 1, bytes(8)), Signal(8, 1, 0, None), "FPE_INTDIV"),
        (siginfo(4, 2, ADDRESS), Signal(4, 2, 0xDEAD_BEEF_0000, None), "ILL_ILLOPN"),
        (siginfo(11, 0x80, bytes(8)), Signal(11, 0x80, None, None), "SI_KERNEL"),
        (siginfo(11, 0, SENDER), Signal(11, 0, None, 4711), "SI_USER"),
        (siginfo(6, -6, SENDER), Signal(6, -6, None, 4711), "SI_TKILL"),
        (siginfo(34, -1, SENDER), Signal(34, -1, None, 4711), "SI_QUEUE"),
        (siginfo(14, -2, ADDRESS), Signal(14, -2, None, None), "si_code -2"),
        (b"", Signal(None, None, None, None), ""),
        (siginfo(11, 99, ADDRESS), Signal(11, 99, 0xDEAD_BEEF_0000, None), "si_code 99"),
    ],
)
def test_siginfo(data: bytes, signal: Signal, name: str) -> None:
    assert decode(data) == signal
    assert code_name(signal) == name


def interruption(**other: Any) -> Interruption:
    known: dict[str, Any] = {
        "signal": Signal(11, 1, 0x10, None),
        "name": "SIGSEGV",
        "registers": FrameRegisters(0x40_0000, 0x7000, 0),
        "place": CodePlace("c_stores", 3, "/src/main.c", 12),
        "in_go": False,
        "stack": "g0",
        "overflows": "",
        "goroutine": "g7",
        "thread": 3,
        "pending": False,
        "panics": False,
        "unwound": Unwound((FRAME,), None),
    }
    return Interruption(**known | other)


def text(parts: list[Part]) -> str:
    return " ".join(" ".join(render(Doc(parts), width=200, color=False)).split())


HINT = "→ `thread apply 3 backtrace` shows the calls in C, as far as GDB can unwind it"


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({}, "C code that g7 called: c_stores main.c:12, on g0's stack " + HINT),
        ({"goroutine": ""}, "C code: c_stores main.c:12, on g0's stack " + HINT),
        (
            {"place": CodePlace("raise", 3), "stack": ""},
            "C code that g7 called: raise+3, on a stack that the runtime does not know " + HINT,
        ),
        (
            {"place": CodePlace(), "overflows": "m1.g0"},
            "C code that g7 called: 0x400000, beyond the end of m1.g0's stack " + HINT,
        ),
        (
            {"place": CodePlace("main.f", 0, "/src/main.go", 7), "in_go": True, "stack": "g7"},
            "main.f main.go:7, on g7's stack",
        ),
    ],
)
def test_sentence_of_a_goroutine(other: dict[str, Any], sentence: str) -> None:
    start = "! SIGSEGV (11), SEGV_MAPERR at 0x10, interrupted "
    assert text(interrupted([interruption(**other)])) == start + sentence


def test_sentences_of_a_pending_signal() -> None:
    place = CodePlace("main.f", 0, "/src/main.go", 7)
    stopped = interruption(pending=True, in_go=True, place=place, stack="g7")
    sentence = (
        "! SIGSEGV (11), SEGV_MAPERR at 0x10, interrupted main.f main.go:7, on g7's stack; "
        "its handler has not been called yet"
    )
    assert text(interrupted([stopped])) == sentence
    assert text(handled([stopped])) == sentence
    both = text(interrupted([stopped, interruption()]))
    assert both.startswith(sentence + " ! SIGSEGV (11), SEGV_MAPERR at 0x10, interrupted C code")


def test_signals_by_which_debuggers_stop() -> None:
    numbers = {n for n in range(1, 65) if stops_for_debugger(Signal(n, 0, None, None))}
    assert numbers == {signal.SIGINT, signal.SIGTRAP, signal.SIGSTOP}


def test_signals_are_named_by_number_if_the_program_has_no_name() -> None:
    sent = interruption(name="", signal=Signal(34, -1, None, 4711), in_go=True)
    assert text(interrupted([sent])).startswith("! signal 34, SI_QUEUE from process 4711, interr")


def test_panic_of_a_signal() -> None:
    place = CodePlace("main.f", 0, "/src/main.go", 7)
    panic = interruption(place=place, in_go=True, thread=0, panics=True)
    sentence = (
        "! SIGSEGV (11), SEGV_MAPERR at 0x10, became a panic: it interrupted main.f main.go:7"
    )
    assert text(interrupted([panic])) == text(handled([panic])) == sentence
    sent = interruption(name="SIGABRT", in_go=True)
    both = text(interrupted([sent, sent, panic]))
    assert both.count("SIGABRT") == 1
    assert both.endswith(sentence)


def test_signal_that_is_not_known() -> None:
    unknown = interruption(name="", signal=decode(b""), in_go=True)
    assert text(interrupted([unknown])).startswith("! a signal whose handler is in C, interrupted")


def test_page_of_a_signal_stack_has_every_signal_and_what_it_interrupted() -> None:
    unwound = Unwound((SIGTRAMP,), "stopped after 1 frames")
    last = interruption(signal=Signal(6, -6, None, 1), name="SIGABRT", in_go=True, unwound=unwound)
    page = text(handled([last, interruption()]))
    words = ("SIGABRT", "runtime.sigtramp", "stopped after 1", "SIGSEGV", "main.f", "→ `thread")
    places = [page.index(word) for word in words]
    assert places == sorted(places)
    assert "SIGABRT" not in text(interrupted([last, interruption()]))
    assert handled([]) == interrupted([]) == []


def test_json() -> None:
    assert signals_json.signals((), ()) is None
    assert signals_json.signals((), (FRAME, SIGTRAMP)) == []
    entries = signals_json.signals((interruption(overflows="g0", stack=""),), ())
    assert entries is not None
    assert entries[0] == {
        "number": 11,
        "name": "SIGSEGV",
        "code": 1,
        "code_name": "SEGV_MAPERR",
        "address": "0x10",
        "sender": None,
        "interrupted": {
            "function": "c_stores",
            "file": "/src/main.c",
            "line": 12,
            "pc": "0x400000",
            "sp": "0x7000",
            "go": False,
            "stack": None,
            "overflows": "g0",
        },
        "pending": False,
        "panics": False,
        "goroutine": "g7",
        "frames": [{"function": "main.f", "file": "/src/main.go", "line": 7}],
        "ended": None,
    }
