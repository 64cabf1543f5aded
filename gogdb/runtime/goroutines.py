"""Goroutines and where they are: filters, frames, the first function that is not the runtime's."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.errors import GogdbError
from gogdb.inferior.protocol import Thread
from gogdb.runtime.model import G, M
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame, Unwound
from gogdb.runtime.unwind_start import unwind_start

__all__ = ["find", "thread_at", "thread_of", "unwind", "user_frame"]

# Packages that nobody calls by their own name
_INNER = ("runtime.", "internal/")

# They stand on top of every goroutine that waits, and say nothing of it (proc.go)
PARKING = ("runtime.gopark", "runtime.goparkunlock", "runtime.mcall", "runtime.systemstack_switch")


def find(program: Program, runtime: Runtime, name: str) -> G:
    """A g by goid, "g0", "mN.g0", "mN.gsignal", "mN.curg" or address. Raises `GogdbError`."""
    for g in runtime.system_gs:
        if g.name == name:
            return g
    if name.isdecimal():
        found = list(runtime.gs.with_goid(int(name)))
        if found:  # a dead g keeps its number until it is used again
            return min(found, key=lambda g: g.is_dead)
        raise GogdbError(f"no goroutine {name}", "`go-gmp g` lists them")
    head, _, field = name.partition(".")
    if head[:1] == "m" and head[1:].isdecimal() and field in ("g0", "gsignal", "curg"):
        m = next((m for m in runtime.ms if m.id == int(head[1:])), None)
        if m is None:
            raise GogdbError(f"no {head}", "`go-gmp m` lists the Ms")
        address = {"g0": m.g0, "gsignal": m.gsignal, "curg": m.curg}[field]
        return _at(runtime, address, f"{name} is nil" if not address else f"{name}: no g there")
    try:
        address = int(name, 16) if name.startswith("0x") else -1
    except ValueError:
        address = -1
    if address < 0:
        raise GogdbError(
            f"{name!r} names no goroutine", "a goid, g0, mN.g0, mN.gsignal, mN.curg or 0xADDRESS"
        )
    return _at(runtime, address, f"no g at {address:#x}")


def _at(runtime: Runtime, address: int, otherwise: str) -> G:
    g = runtime.g(address)
    if g is None:
        raise GogdbError(otherwise, "`go-gmp g` lists them, with their addresses")
    return g


def thread_of(program: Program, m: M | None) -> Thread | None:
    """The thread that an M is, by the kernel's thread id.

    m0 has none before minit: until then the program has one thread.
    """
    if m is None:
        return None
    threads = program.target.threads()
    if not m.procid:
        return threads[0] if m.address == program.reader.m0 and len(threads) == 1 else None
    return next((t for t in threads if t.lwp == m.procid), None)


def thread_at(program: Program, runtime: Runtime, g: G) -> Thread | None:
    """The thread of the M that has `g` on a CPU, or as its g0 or gsignal; None when none has.

    "On a CPU" is decided by m.curg, never by status (proc.go, execute and dropg).
    """
    m = runtime.m(g.m)
    if m is None or g.unreadable or g.address not in (m.curg, m.g0, m.gsignal):
        return None
    return thread_of(program, m)


def unwind(program: Program, runtime: Runtime, g: G, limit: int = 64) -> Unwound:
    """The frames of a g: from where its thread is on its stack, or has left it."""
    if g.unreadable:
        return Unwound((), g.unreadable)
    if g.is_dead:
        return Unwound((), "dead: it has no frames")
    thread = thread_at(program, runtime, g)
    try:
        return program.unwind_from(unwind_start(program, runtime, g, thread), limit)
    except GogdbError as error:
        return Unwound((), error.message)


def user_frame(frames: Sequence[Frame]) -> Frame | None:
    """The innermost frame that is not the runtime's; when all are, the one that parked.

    A wrapper made by the compiler counts where there is nothing else: a `go` statement's, say,
    that was interrupted before it called anything.
    """
    # sync.runtime_Semacquire, time.Sleep and the like are the runtime's under another name
    home = {_place(frame) for frame in frames if frame.function.startswith("runtime.")} - {""}
    outer = [f for f in frames if not f.function.startswith(_INNER) and _place(f) not in home]
    if outer:
        return next((frame for frame in outer if not frame.elided), outer[0])
    waiting = (frame for frame in frames if frame.function not in PARKING)
    return next(waiting, frames[0] if frames else None)


def _place(frame: Frame) -> str:
    return frame.file.rpartition("/")[0]
