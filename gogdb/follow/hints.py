"""Hints of steps: what to try at GDB's prompt where a step ends, and GDB's answers."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.boot.hint import (
    Hint,
    examine,
    examine_code_pointer,
    print_code_pointer,
    print_hex,
    print_sp_below_hi,
)
from gogdb.follow.observation import Observation
from gogdb.runtime.model import G

__all__ = [
    "at_call",
    "binding",
    "current",
    "depth",
    "g_expression",
    "gogo_argument",
    "return_address",
    "saved_pc",
    "saved_sp",
    "switched_to_g0",
    "system_call",
]


def g_expression(g: G) -> str:
    """Return the expression for a g; system stacks have names, goroutines goids."""
    return f'$go_g("{g.name}")' if g.is_system else f"$go_g({g.name})"


def depth(now: Observation, g: G) -> Hint:
    """Return how far rsp is below hi of a g's stack, "own-depth" or "g0-depth"."""
    id = "own-depth" if g is now.goroutine else "g0-depth"
    return print_sp_below_hi(id, g_expression(g), now, g)


def return_address(now: Observation, id: str = "return") -> Hint | None:
    """Return the word at sp, which is a return address."""
    return examine_code_pointer(id, "$rsp", now, now.sp)


def gogo_argument(now: Observation) -> Hint | None:
    """Return gogo's argument, on the stack above the return address (ABI0)."""
    return examine("gobuf-argument", "$rsp + 8", now, now.sp + 8)


def at_call(now: Observation) -> Iterator[Hint | None]:
    """Yield what a goroutine looks like that has just called a function."""
    yield return_address(now)
    yield depth(now, now.goroutine)


def saved_sp(now: Observation, id: str = "saved-sp") -> Hint:
    """Return the sp in the goroutine's gobuf."""
    g = now.goroutine
    return print_hex(id, f"{g_expression(g)}.sched.sp", g.sched.sp)


def saved_pc(now: Observation) -> Hint | None:
    """Return the pc in the goroutine's gobuf."""
    g = now.goroutine
    return print_code_pointer("saved-pc", f"p/a {g_expression(g)}.sched.pc", now, g.sched.pc)


def switched_to_g0(now: Observation) -> Iterator[Hint]:
    """Yield rsp and the place where the scheduler's frames begin on g0's stack."""
    yield print_hex("rsp", "$rsp", now.sp)
    yield print_hex("g0-sp", f"{g_expression(now.g0)}.sched.sp", now.g0.sched.sp)


def binding(now: Observation) -> Iterator[Hint]:
    """Yield the goroutine and the P that the thread's M is bound to."""
    yield print_hex("curg", f"$go_m({now.m.id}).curg", now.m.curg)
    yield print_hex("m-p", f"$go_m({now.m.id}).p", now.m.p)


def current(now: Observation) -> Hint | None:
    """Return the goid of the goroutine that the thread's M is bound to."""
    curg = now.runtime.g(now.m.curg) if now.m.curg else None
    return Hint("current", "p $go_curg().goid", str(curg.goid)) if curg else None


def system_call(now: Observation) -> Iterator[Hint | None]:
    """Yield where the goroutine has entered the kernel."""
    g, name = now.goroutine, g_expression(now.goroutine)
    yield print_hex("syscallsp", f"{name}.syscallsp", g.syscallsp)
    yield print_code_pointer("syscallpc", f"p/a {name}.syscallpc", now, g.syscallpc)
