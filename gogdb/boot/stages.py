"""The stages of the boot, as data: where each one stops and what it puts on screen.

A stop is found in the binary's own bytes (`anchors.py`), never by line number.
The words that go with a stage are in `gogdb/i18n/`, its claims in `claims/`.
The functions are those of runtime/asm_amd64.s and runtime/proc.go.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from gogdb.boot.anchors import (
    AfterBytes,
    AfterCall,
    Anchor,
    AtBytes,
    AtCall,
    Entry,
    ProgramEntry,
    Return,
)
from gogdb.boot.patterns_amd64 import (
    JUMP_TO_PC,
    LOAD_SP,
    SAVE_FP,
    STORE_G0_M,
    STORE_STACK_HI,
    STORE_TLS_G0,
    STORE_TLS_MAGIC,
)
from gogdb.boot.stage import Stage
from gogdb.errors import GogdbError

__all__ = ["STAGES", "find"]


def _at(anchor: Anchor) -> tuple[tuple[str, Anchor], ...]:
    return (("at", anchor),)


_RT0 = "runtime.rt0_go"
_NEWPROC1 = "runtime.newproc1"

_LIST = (
    Stage("entry", _at(ProgramEntry()), show=("arguments",)),
    Stage("rt0-go", _at(Entry(_RT0)), registers=("rdi", "rsi")),
    Stage("g0-stack", _at(AfterBytes(_RT0, STORE_STACK_HI)), registers=("rdi",), show=("stacks",)),
    Stage(
        "settls",
        (("before", AtCall(_RT0, "runtime.settls")), ("after", AfterCall(_RT0, "runtime.settls"))),
        main="after",
        registers=("rdi",),
        show=("tls",),
        absent="cgo",
    ),
    Stage("tls-check", _at(AfterBytes(_RT0, STORE_TLS_MAGIC)), show=("tls",), absent="cgo"),
    Stage("tls-g0", _at(AfterBytes(_RT0, STORE_TLS_G0)), registers=("rcx",), show=("tls",)),
    Stage("m0-g0", _at(AfterBytes(_RT0, STORE_G0_M)), registers=("rax", "rcx"), show=("binding",)),
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
        (("before", AtBytes("gogo", LOAD_SP)), ("after", AfterBytes("gogo", LOAD_SP))),
        main="after",
        registers=("rbx", "rdx"),
        show=("stacks",),
    ),
    Stage(
        "gogo-jmp",
        _at(AtBytes("gogo", JUMP_TO_PC)),
        registers=("rbx", "rdx"),
        show=("gobuf",),
    ),
    Stage(
        "runtime-main",
        (("at", Entry("runtime.main")), ("prologue", AfterBytes("runtime.main", SAVE_FP))),
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
