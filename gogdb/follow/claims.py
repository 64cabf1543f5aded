"""Claims that several steps make: about the gobuf, the current g and the thread's stack."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.boot.record import Claim
from gogdb.follow.observation import Observation
from gogdb.follow.step import Evidence

__all__ = ["is_as_saved", "on_g0", "runs_goroutine", "saved_caller", "switched_to_g0"]


def runs_goroutine(now: Observation) -> Claim:
    """Check that the g register and the TLS slot name the goroutine."""
    g = now.goroutine
    return Claim("current", now.registers.g == now.tls_g == g.address, {"g": g.label})


def on_g0(now: Observation) -> Claim:
    """Check that the thread is on g0's stack."""
    return Claim("on-g0", now.sp in now.g0.stack, {"g0": now.g0.label})


def saved_caller(entry: Observation, now: Observation) -> Iterator[Claim]:
    """Check that the gobuf holds the caller of the function whose entry was observed."""
    gobuf = now.goroutine.sched
    yield Claim("sp", gobuf.sp == entry.caller_sp, {"sp": gobuf.sp})
    yield Claim("pc", gobuf.pc == entry.return_address, {"pc": gobuf.pc})
    yield Claim("bp", gobuf.bp == entry.registers.fp, {"bp": gobuf.bp})


def switched_to_g0(now: Observation) -> Iterator[Claim]:
    """Check that sp has left the goroutine's stack for g0's."""
    g0 = now.g0
    yield Claim("sp", now.sp == g0.sched.sp, {"sp": now.sp, "g0": g0.label})
    yield Claim("on-g0", now.sp in g0.stack and not now.on_goroutine_stack, {"g0": g0.label})


def is_as_saved(evidence: Evidence, sp: int, pc: int, bp: int) -> Iterator[Claim]:
    """Compare with what was saved when the goroutine left the CPU, if that was observed.

    A stack that the collector has moved keeps its depth: sp and bp move along with it.
    """
    if evidence.saved is None:
        return
    saved, moved = evidence.saved.goroutine.sched, evidence.stack_moved
    yield Claim("sp-saved", sp == saved.sp + moved, {"sp": sp})
    yield Claim("pc-saved", pc == saved.pc, {"pc": pc})
    yield Claim("bp-saved", bp == saved.bp + (moved if saved.bp else 0), {"bp": bp})
