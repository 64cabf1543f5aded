"""What happens to a goroutine once it runs, as data: steps, and which may come after which.

A goroutine leaves the CPU in one of several ways and comes back by one: execute and gogo.
Functions are those of runtime/proc.go, runtime/preempt.go and runtime/asm_amd64.s; which
arrival at one of them counts is asked of the registers, because the whole program goes there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gogdb.boot.anchors import AfterBytes, AfterCall, AtBytes, AtCall, Entry, Return, Saved
from gogdb.boot.patterns_amd64 import hex_pattern
from gogdb.boot.stage import Stage
from gogdb.boot.stages import find

__all__ = [
    "BEGIN",
    "LEAVING",
    "STACK_PREEMPT",
    "STEPS",
    "Calls",
    "Current",
    "Guard",
    "OfItsP",
    "SameThread",
    "Step",
    "ToStatus",
    "steps",
]


@dataclass(frozen=True)
class SameThread:
    """The thread of the stop before: nothing else tells whose round this is."""


@dataclass(frozen=True)
class Current:
    """r14 is the goroutine (ABIInternal)."""


@dataclass(frozen=True)
class Calls:
    """mcall called by the goroutine, with one of these functions."""

    functions: tuple[str, ...]


@dataclass(frozen=True)
class Guard:
    """morestack called by the goroutine because its guard says stackPreempt."""


@dataclass(frozen=True)
class ToStatus:
    """casgstatus called for the goroutine, to give it this status."""

    status: int


@dataclass(frozen=True)
class OfItsP:
    """rax is the P that the goroutine had when it went into the kernel."""


Whose = SameThread | Current | Calls | Guard | ToStatus | OfItsP


@dataclass(frozen=True)
class Step(Stage):
    """A stage of a round. Without stops it tells how the goroutine was found."""

    whose: Whose = SameThread()  # which arrival at the first stop counts
    then: tuple[str, ...] = ()  # what may come next; nothing after the last


def _mcall(name: str, *functions: str, then: tuple[str, ...] = ("mcall",)) -> Step:
    called = Calls(tuple(f"runtime.{function}" for function in functions))
    stops = (("at", Entry("runtime.mcall")),)
    return Step(name, stops, registers=("rax",), show=("callers",), whose=called, then=then)


def _status(name: str, status: int, then: tuple[str, ...], *show: str) -> Step:
    # Seen from casgstatus's caller, where the source says why
    stops = (("before", Entry("runtime.casgstatus")), ("after", Return()))
    return Step(name, stops, "after", show=show, whose=ToStatus(status), then=then)


# MOVQ (g_sched+gobuf_sp)(R14), SP in mcall, with R14 = g0; (BX) in morestack
_MCALL_SP = hex_pattern("49 8b 66 ..")
_MORESTACK_SP = hex_pattern("48 8b 63 ..")
_MORESTACK = "runtime.morestack"

STACK_PREEMPT = 0xFFFF_FFFF_FFFF_FADE
"""A stack guard that no sp is above: the next prologue calls morestack (stack.go)."""

BEGIN = {"parked": "waiting", "queued": "runnable", "in-syscall": "syscall"}
"""The steps that tell how a goroutine was found which is on no CPU, and its status."""

LEAVING = (
    *("gopark", "gosched", "async-preempt", "suspend", "goexit"),
    *("morestack", "entersyscall", "entersyscallblock"),
)
"""How a goroutine that runs may leave the CPU."""

_OFF = ("ready", "execute")

_LIST = (
    Step("parked", (), show=("gobuf", "stacks"), then=("ready",)),
    Step("queued", (), show=("gobuf", "stacks", "queue"), then=("execute",)),
    Step("in-syscall", (), show=("stacks",), then=("handoff", "exitsyscall")),
    _mcall("gopark", "park_m"),
    _mcall("gosched", "gosched_m", "goyield_m", "goschedguarded_m"),
    # since go1.26 asyncPreempt2 gives mcall a func literal
    _mcall("async-preempt", "gopreempt_m", "asyncPreempt2.func1"),
    _mcall("suspend", "preemptPark"),
    _mcall("goexit", "goexit0"),
    Step(
        "mcall",
        (("saved", AtBytes("runtime.mcall", _MCALL_SP)),),
        "saved",
        show=("gobuf", "stacks"),
        then=("mcall-sp",),
    ),
    Step(
        "mcall-sp",
        (("after", AfterBytes("runtime.mcall", _MCALL_SP)),),
        "after",
        show=("stacks",),
        then=("waiting", "runnable", "dead", "schedule"),
    ),
    Step(
        "morestack",
        (("entry", Entry(_MORESTACK)), ("saved", AtBytes(_MORESTACK, _MORESTACK_SP))),
        "entry",
        show=("callers", "gobuf"),
        whose=Guard(),
        then=("morestack-sp",),
    ),
    Step(
        "morestack-sp",
        (("after", AfterBytes(_MORESTACK, _MORESTACK_SP)),),
        "after",
        show=("stacks",),
        # newstack may stop it for the collector, or find that now is not the time
        then=("runnable", "schedule", *LEAVING),
    ),
    _status("waiting", 4, ("schedule", *_OFF), "binding"),
    _status("runnable", 1, ("schedule", *_OFF), "binding"),
    _status("dead", 6, (), "callers"),
    Step(
        "schedule",
        (("at", Entry("runtime.schedule")),),
        show=("queue", "stacks"),
        then=("next", *_OFF),
    ),
    Step(
        "next",
        (("at", AfterCall("runtime.schedule", "runtime.findRunnable")),),
        registers=("rax",),
        then=_OFF,
    ),
    _status("ready", 1, ("runqput", "execute"), "waker"),
    Step(
        "runqput",
        (
            ("before", AtCall("runtime.ready", "runtime.runqput")),
            ("at", AfterCall("runtime.ready", "runtime.runqput")),
        ),
        show=("queue",),
        then=("execute",),
    ),
    _status("execute", 2, ("gogo",), "binding"),
    Step("gogo", find("gogo").stops, show=("gobuf", "stacks"), then=("gogo-sp",)),
    Step(
        "gogo-sp",
        find("gogo-sp").stops,
        "after",
        registers=("rbx", "rdx"),
        show=("stacks",),
        then=("gogo-jmp",),
    ),
    Step(
        "gogo-jmp",
        find("gogo-jmp").stops,
        registers=("rbx", "rdx"),
        show=("gobuf",),
        then=("back",),
    ),
    Step("back", (("at", Saved()),), show=("compared", "callers")),
    Step(
        "entersyscall",
        # one stop, not two: while we stop, sysmon's clock runs, and it would take the P at once
        (("after", AfterCall("runtime.entersyscall", "runtime.reentersyscall")),),
        "after",
        show=("callers", "kernel"),
        whose=Current(),
        then=("handoff", "exitsyscall"),
    ),
    Step(
        "entersyscallblock",
        (("entry", Entry("runtime.entersyscallblock")), ("after", Return())),
        "after",
        show=("callers", "kernel"),
        whose=Current(),
        then=("exitsyscall",),
    ),
    Step(
        "handoff",
        (("at", Entry("runtime.handoffp")),),
        registers=("rax",),
        show=("kernel", "binding"),
        whose=OfItsP(),
        then=("exitsyscall",),
    ),
    Step(
        "exitsyscall",
        (("at", Entry("runtime.exitsyscall")),),
        show=("kernel",),
        whose=Current(),
        then=("resumed", "no-p"),
    ),
    Step("resumed", (("at", Return()),), show=("binding", "callers")),
    _mcall("no-p", "exitsyscall0", "exitsyscallNoP"),
)

STEPS = {step.id: step for step in _LIST}


def steps(names: Iterable[str]) -> list[Step]:
    return [STEPS[name] for name in names]
