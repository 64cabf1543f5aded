"""Two goroutines of a coroutine hand a thread to each other (runtime/coro.go), as in iter.Pull.

coroswitch_m goes from one to the other without the scheduler. It changes their statuses itself,
and calls casgstatus only in a synctest bubble or while the garbage collector scans a stack.
"""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.boot.anchors import AtCall
from gogdb.boot.hint import Hint
from gogdb.boot.record import Claim
from gogdb.follow import hints
from gogdb.follow.arrival import CallsGogo
from gogdb.follow.claims import is_as_saved, on_g0
from gogdb.follow.observation import Observation
from gogdb.follow.step import Evidence, Step
from gogdb.runtime.model import GRUNNING, GWAITING

__all__ = ["Handback", "Handover"]

_CALL_OF_GOGO = AtCall("runtime.coroswitch_m", "runtime.gogo")


class Handover(Step):
    """The goroutine's thread is about to continue the other goroutine of the coroutine."""

    id = "handover"
    stops = (("at", _CALL_OF_GOGO),)
    show = ("binding",)
    then = ("handback",)

    def values(self, evidence: Evidence) -> dict[str, object]:
        return super().values(evidence) | {"next": _next(evidence.now)}

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        now, g = evidence.now, evidence.now.goroutine
        waits = now.status == GWAITING and g.m == 0
        yield Claim("status", waits, {"status": g.status, "reason": g.waitreason})
        yield Claim("curg", _next(now) not in (None, g.label), {"m": f"m{now.m.id}"})
        left = evidence.left_cpu
        yield Claim("thread", left is not None and left.lwp == now.lwp, {"lwp": now.lwp})
        yield Claim("not-queued", not now.run_queue)
        yield on_g0(now)

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        yield hints.depth(now, now.g0)
        yield hints.current(now)


class Handback(Step):
    """The other goroutine has switched back, or has ended: the goroutine is about to continue."""

    id = "handback"
    stops = (("at", _CALL_OF_GOGO),)
    counts_if = CallsGogo()
    show = ("binding",)
    then = ("gogo",)

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        now, g = evidence.now, evidence.now.goroutine
        yield Claim("status", now.status == GRUNNING, {"status": g.status})
        bound = now.m.curg == g.address and g.m == now.m.address
        yield Claim("curg", bound, {"m": f"m{now.m.id}", "g": g.label})
        yield Claim("not-queued", not now.run_queue)
        yield on_g0(now)
        yield from is_as_saved(evidence, g.sched.sp, g.sched.pc, g.sched.bp)

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        yield hints.depth(now, now.g0)
        yield hints.current(now)


def _next(now: Observation) -> str | None:
    """Return the label of the goroutine that the M runs next."""
    g = now.runtime.g(now.m.curg) if now.m.curg else None
    return g.label if g else None
