"""The goroutine leaves its stack through mcall (runtime/proc.go, runtime/asm_amd64.s)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from gogdb.boot.anchors import AfterBytes, AtBytes, Entry
from gogdb.boot.hint import Hint, print_hex
from gogdb.boot.patterns_amd64 import MCALL_FN, MCALL_LOAD_SP
from gogdb.boot.question import Solution
from gogdb.boot.record import Claim
from gogdb.follow import hints, questions
from gogdb.follow.arrival import CallsMcall
from gogdb.follow.claims import runs_goroutine, saved_caller, switched_to_g0
from gogdb.follow.observation import Observation
from gogdb.follow.step import Evidence, Record, Step
from gogdb.runtime.goversion import ASYNC_PREEMPT_FUNCTION
from gogdb.runtime.model import GRUNNING, GSYSCALL

__all__ = [
    "AsyncPreempt",
    "Coroswitch",
    "Goexit",
    "Gopark",
    "Gosched",
    "Mcall",
    "McallSp",
    "NoP",
    "Suspend",
]


class _McallEntry(Step):
    """The goroutine is at the entry of mcall, which is to call `counts_if.functions` on g0."""

    counts_if: CallsMcall
    stops = (("at", Entry("runtime.mcall")),)
    registers = (MCALL_FN,)
    show = ("callers",)
    then = ("mcall",)
    asks = "saved-sp"

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        now, g = evidence.now, evidence.now.goroutine
        yield runs_goroutine(now)
        yield Claim("own-stack", now.on_goroutine_stack, {"sp": now.sp})
        yield Claim("argument", now.func_value in self.counts_if.functions, {"fn": now.func_value})
        yield Claim("status", now.status in (GRUNNING, GSYSCALL), {"status": g.status})

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        return hints.at_call(now)

    def known(self, now: Observation) -> Mapping[str, object]:
        return {**super().known(now), "rsp": now.sp}

    def solution(self, now: Observation, following: Record) -> Solution | None:
        return questions.saved_sp(now, following)


class Gopark(_McallEntry):
    """gopark: the goroutine waits."""

    id = "gopark"
    counts_if = CallsMcall(("runtime.park_m",))

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        yield from super().claims(evidence)
        reason = evidence.now.goroutine.waitreason
        yield Claim("reason", bool(reason), {"reason": reason})


class Gosched(_McallEntry):
    """The goroutine yields its P and stays runnable."""

    id = "gosched"
    counts_if = CallsMcall(("runtime.gosched_m", "runtime.goyield_m", "runtime.goschedguarded_m"))


class AsyncPreempt(_McallEntry):
    """The goroutine is preempted by a signal, which has injected a call of asyncPreempt."""

    id = "async-preempt"
    counts_if = CallsMcall(("runtime.gopreempt_m", ASYNC_PREEMPT_FUNCTION))

    def values(self, evidence: Evidence) -> dict[str, object]:
        return super().values(evidence) | {"interrupted": _interrupted(evidence)}

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        yield from super().claims(evidence)
        function = _interrupted(evidence)
        yield Claim("injected", function is not None, {"interrupted": function})


class Suspend(_McallEntry):
    """The goroutine is preempted so that its stack can be read, as the garbage collector does."""

    id = "suspend"
    counts_if = CallsMcall(("runtime.preemptPark", ASYNC_PREEMPT_FUNCTION), suspended=True)


class Goexit(_McallEntry):
    """The goroutine ends."""

    id = "goexit"
    counts_if = CallsMcall(("runtime.goexit0",))

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        functions = [frame.function for frame in evidence.now.frames]
        yield "called" if "runtime.Goexit" in functions else "returned"

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        yield from super().claims(evidence)
        frames = evidence.now.frames
        yield Claim("goexit", bool(frames) and frames[-1].function == "runtime.goexit")


class Coroswitch(_McallEntry):
    """coroswitch or coroexit (runtime/coro.go): the other goroutine of a coroutine takes over."""

    id = "coroswitch"
    counts_if = CallsMcall(("runtime.coroswitch_m",))

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        functions = [frame.function for frame in evidence.now.frames]
        yield "ends" if "runtime.coroexit" in functions else "waits"


class NoP(_McallEntry):
    """After a system call there is no P for the goroutine."""

    id = "no-p"
    counts_if = CallsMcall(("runtime.exitsyscall0", "runtime.exitsyscallNoP"))

    def values(self, evidence: Evidence) -> dict[str, object]:
        return super().values(evidence) | {"fn": evidence.now.func_value}

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        yield from super().claims(evidence)
        m = evidence.now.m
        yield Claim("no-p", m.p == 0, {"m": f"m{m.id}"})

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        yield hints.return_address(now)
        yield print_hex("m-p", f"$go_m({now.m.id}).p", now.m.p)


def _interrupted(evidence: Evidence) -> str | None:
    """Return the function that asyncPreempt seems to be called by, None if it has no frame."""
    functions = [frame.function for frame in evidence.now.frames]
    pairs = dict(pairwise(functions))
    return pairs.get("runtime.asyncPreempt")


class Mcall(Step):
    """mcall has saved the goroutine's gobuf."""

    id = "mcall"
    stops = (("saved", AtBytes("runtime.mcall", MCALL_LOAD_SP)),)
    shown_at = "saved"
    show = ("gobuf", "stacks")
    then = ("mcall-sp",)
    asks = "switched-sp"

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        now = evidence.now
        yield from saved_caller(evidence.past[-1].last, now)
        held = now.tls_g == now.registers.g == now.g0.address
        yield Claim("current", held, {"g0": now.g0.label})
        yield Claim("own-stack", now.on_goroutine_stack, {"sp": now.sp})

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        yield hints.saved_sp(now)
        yield hints.depth(now, now.goroutine)

    def solution(self, now: Observation, following: Record) -> Solution | None:
        return questions.switched_sp(now, following)


class McallSp(Step):
    """mcall has loaded sp: the thread is on g0's stack."""

    id = "mcall-sp"
    stops = (("after", AfterBytes("runtime.mcall", MCALL_LOAD_SP)),)
    shown_at = "after"
    show = ("stacks",)
    then = ("waiting", "runnable", "dead", "schedule", "handover", "ready")
    asks = "status"
    options = ("waiting", "runnable", "dead")

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        yield from switched_to_g0(evidence.now)

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        return hints.switched_to_g0(now)

    def solution(self, now: Observation, following: Record) -> Solution | None:
        status = following.last.goroutine.status
        return Solution(status, values={"status": status, "g": now.goroutine.label})
