"""The stages of the boot, as data: where each one stops and what it puts on screen.

A stop is found in the binary's own bytes (`anchors.py`), never by line number.
The words that go with a stage are in `gogdb/i18n/`, its claims in `claims/`.
The functions are those of runtime/asm_amd64.s and runtime/proc.go.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from gogdb.errors import GogdbError

__all__ = [
    "STAGES",
    "AfterBytes",
    "AfterCall",
    "Anchor",
    "AtBytes",
    "AtCall",
    "Entry",
    "ProgramEntry",
    "Return",
    "Saved",
    "Stage",
    "find",
    "hex_pattern",
]


@dataclass(frozen=True)
class ProgramEntry:
    """The ELF header's entry point."""


@dataclass(frozen=True)
class Entry:
    """The first instruction of a function."""

    function: str


@dataclass(frozen=True)
class AtCall:
    """The `nth` call of `callee` in a function, before it happens."""

    function: str
    callee: str
    nth: int = 0


@dataclass(frozen=True)
class AfterCall:
    """Where the `nth` call of `callee` in a function returns to."""

    function: str
    callee: str
    nth: int = 0


@dataclass(frozen=True)
class AtBytes:
    """The first instruction in a function that matches one of the patterns."""

    function: str
    patterns: tuple[bytes, ...]


@dataclass(frozen=True)
class AfterBytes:
    """Behind the first instruction in a function that matches one of the patterns."""

    function: str
    patterns: tuple[bytes, ...]


@dataclass(frozen=True)
class Return:
    """Where the function entered at the stop before returns to: the word at its rsp."""


@dataclass(frozen=True)
class Saved:
    """Where a goroutine is to go on: the pc in its gobuf, before gogo loads it."""


Anchor = ProgramEntry | Entry | AtCall | AfterCall | AtBytes | AfterBytes | Return | Saved


@dataclass(frozen=True)
class Stage:
    """One stage: `stops` in their order by label; the registers shown are those at `main`."""

    id: str
    stops: tuple[tuple[str, Anchor], ...]
    main: str = "at"
    registers: tuple[str, ...] = ()  # beside rip, rsp, rbp, r14 and the TLS slot
    show: tuple[str, ...] = ()  # the pictures and tables that the stage is about
    goroutine: bool = False  # the stop counts only on the main goroutine
    absent: str = ""  # when the build has no such stage: "cgo" or "no-add"
    number: int = field(default=0, compare=False)


def hex_pattern(*codes: str) -> tuple[bytes, ...]:
    """Patterns from hex; `..` stands for any byte."""
    return tuple(
        b"".join(b"." if pair == ".." else re.escape(bytes.fromhex(pair)) for pair in code.split())
        for code in codes
    )


def _at(anchor: Anchor) -> tuple[tuple[str, Anchor], ...]:
    return (("at", anchor),)


_RT0 = "runtime.rt0_go"
_NEWPROC1 = "runtime.newproc1"

# MOVQ SP, (g_stack+stack_hi)(DI)
_STORE_HI = hex_pattern("48 89 67 08")
# MOVQ $0x123, g(BX): the slot's offset stands in the instruction, or in BX for a PIE
_STORE_MAGIC = hex_pattern("64 48 c7 04 25 .. .. .. .. 23 01 00 00", "64 48 c7 03 23 01 00 00")
# MOVQ CX, g(BX), with CX = &runtime.g0
_STORE_G0 = hex_pattern("64 48 89 0c 25 .. .. .. ..", "64 48 89 0b")
# MOVQ AX, g_m(CX)
_STORE_M = hex_pattern("48 89 41 30")
# MOVQ gobuf_sp(BX), SP
_LOAD_SP = hex_pattern("48 8b 23")
# JMP BX
_JUMP = hex_pattern("ff e3")
# The frame pointer's save: PUSHQ BP; MOVQ SP, BP since go1.21, before it a store and LEAQ
_PROLOGUE = hex_pattern(
    "55 48 89 e5",
    "48 89 6c 24 .. 48 8d 6c 24 ..",
    "48 89 ac 24 .. .. .. .. 48 8d ac 24 .. .. .. ..",
)

_LIST = (
    Stage("entry", _at(ProgramEntry()), show=("arguments",)),
    Stage("rt0-go", _at(Entry(_RT0)), registers=("rdi", "rsi")),
    Stage("g0-stack", _at(AfterBytes(_RT0, _STORE_HI)), registers=("rdi",), show=("stacks",)),
    Stage(
        "settls",
        (("before", AtCall(_RT0, "runtime.settls")), ("after", AfterCall(_RT0, "runtime.settls"))),
        main="after",
        registers=("rdi",),
        show=("tls",),
        absent="cgo",
    ),
    Stage("tls-check", _at(AfterBytes(_RT0, _STORE_MAGIC)), show=("tls",), absent="cgo"),
    Stage("tls-g0", _at(AfterBytes(_RT0, _STORE_G0)), registers=("rcx",), show=("tls",)),
    Stage("m0-g0", _at(AfterBytes(_RT0, _STORE_M)), registers=("rax", "rcx"), show=("binding",)),
    Stage("args", _at(AfterCall(_RT0, "runtime.args")), show=("strings",)),
    Stage("osinit", _at(AfterCall(_RT0, "runtime.osinit"))),
    Stage("schedinit", _at(Entry("runtime.schedinit")), show=("sched",)),
    Stage(
        "mcommoninit",
        _at(AfterCall("runtime.schedinit", "runtime.mcommoninit")),
        show=("sched", "ms"),
    ),
    Stage(
        "procresize",
        _at(AfterCall("runtime.schedinit", "runtime.procresize")),
        show=("ps", "idle"),
    ),
    Stage("newproc", _at(AtCall(_RT0, "runtime.newproc")), registers=("rax",), show=("stacks",)),
    Stage(
        "malg",
        (
            ("malg", AfterCall(_NEWPROC1, "runtime.malg")),
            ("dead", AfterCall(_NEWPROC1, "runtime.casgstatus", 0)),
            ("allgs", AfterCall(_NEWPROC1, "runtime.allgadd")),
        ),
        main="allgs",
        show=("gs",),
    ),
    Stage(
        "gostartcall",
        (
            ("before", AtCall(_NEWPROC1, "runtime.gostartcallfn")),
            ("after", AfterCall(_NEWPROC1, "runtime.gostartcallfn")),
        ),
        main="after",
        show=("gobuf", "forged"),
    ),
    Stage(
        "runnable",
        (
            ("at", AfterCall(_NEWPROC1, "runtime.casgstatus", 1)),
            ("returned", AfterCall("runtime.newproc.func1", "runtime.newproc1")),
        ),
        show=("gs",),
    ),
    Stage(
        "runqput",
        _at(AfterCall("runtime.newproc.func1", "runtime.runqput")),
        show=("ps",),
    ),
    Stage(
        "mstart",
        (
            ("at", Entry("runtime.mstart")),
            ("mstart1", AtCall("runtime.mstart0", "runtime.mstart1")),
        ),
        show=("stacks",),
    ),
    Stage("save", _at(AtCall("runtime.mstart1", "runtime.asminit")), show=("g0-gobuf", "stacks")),
    Stage("schedule", _at(Entry("runtime.schedule")), show=("ms", "ps", "sched")),
    Stage(
        "findrunnable",
        _at(AfterCall("runtime.schedule", "runtime.findRunnable")),
        registers=("rax",),
        show=("ps", "gs"),
    ),
    Stage("execute", _at(AfterCall("runtime.execute", "runtime.casgstatus")), show=("binding",)),
    Stage("gogo", _at(Entry("runtime.gogo")), show=("gobuf", "stacks")),
    Stage(
        "gogo-sp",
        (("before", AtBytes("gogo", _LOAD_SP)), ("after", AfterBytes("gogo", _LOAD_SP))),
        main="after",
        registers=("rbx", "rdx"),
        show=("stacks",),
    ),
    Stage(
        "gogo-jmp",
        _at(AtBytes("gogo", _JUMP)),
        registers=("rbx", "rdx"),
        show=("gobuf",),
    ),
    Stage(
        "runtime-main",
        (("at", Entry("runtime.main")), ("prologue", AfterBytes("runtime.main", _PROLOGUE))),
        show=("prologue",),
    ),
    Stage(
        "main-main",
        _at(Entry("main.main")),
        show=("ms", "ps", "gs", "binding"),
        goroutine=True,
    ),
    Stage(
        "add",
        (("at", Entry("main.add.abi0")), ("returned", Return())),
        show=("abi0",),
        goroutine=True,
        absent="no-add",
    ),
)

STAGES: tuple[Stage, ...] = tuple(
    Stage(**{**vars(stage), "number": number}) for number, stage in enumerate(_LIST, 1)
)


def find(name: str) -> Stage:
    """A stage by id, number or unique prefix. Raises `GogdbError` naming the nearest ones."""
    for stage in STAGES:
        if name in (stage.id, str(stage.number)):
            return stage
    starting = [stage for stage in STAGES if stage.id.startswith(name.lower())] if name else []
    if len(starting) == 1:
        return starting[0]
    if starting:
        raise GogdbError(f"{name} is short for {_names(s.id for s in starting)}", "say which")
    near = difflib.get_close_matches(name.lower(), [stage.id for stage in STAGES], 3, 0.4)
    hint = f"did you mean {_names(near)}?" if near else "`go-boot list` shows them all"
    raise GogdbError(f"no stage {name!r} among 1 to {len(STAGES)}", hint)


def _names(ids: Iterable[str]) -> str:
    names = list(ids)
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]
