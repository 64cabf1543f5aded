"""One goroutine: find it by name, find its thread, unwind it, choose the frame of user code."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gogdb.errors import GogdbError
from gogdb.inferior.protocol import Thread
from gogdb.runtime.model import G
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame, Unwound
from gogdb.runtime.unwind_start import in_syscall, unwind_start

__all__ = [
    "called_from",
    "find",
    "frame_outside_runtime",
    "is_system_goroutine",
    "starts_in_runtime",
    "thread_at",
    "unwind",
]

# Packages that user code does not call directly
_INNER = ("runtime.", "internal/")

# The innermost functions of every waiting goroutine (runtime/proc.go)
_PARKING = ("runtime.gopark", "runtime.goparkunlock", "runtime.mcall", "runtime.systemstack_switch")

# What the runtime starts goroutines of the program with: its main function, coroutines
_STARTS_OF_USER_CODE = ("runtime.main", "runtime.corostart")

_NUMBER = re.compile("[0-9]{1,20}")  # fits into 64 bits or nearly; Python refuses 5,000 digits
_AS_SHOWN = re.compile("g[1-9][0-9]{0,19}")


def find(program: Program, runtime: Runtime, name: str) -> G:
    """Return the g with a name: a goid, "g0", "mN.g0", "mN.gsignal", "mN.curg" or an address.

    A goid may be written as in tables and headings, "g7". Raises `GogdbError` if there is none.
    """
    for g in runtime.system_gs:
        if g.name == name:
            return g
    goid = name[1:] if _AS_SHOWN.fullmatch(name) else name
    if _NUMBER.fullmatch(goid):
        gs = list(runtime.gs.with_goid(int(goid)))
        if gs:  # a dead g keeps its goid until it is used again
            return min(gs, key=lambda g: g.is_dead)
        hint = "`go-gmp g` lists them" if runtime.allglen else "there is none yet"
        raise _not_found(runtime, "gs", f"no goroutine {goid}", hint)
    head, _, field = name.partition(".")
    if head[:1] == "m" and _NUMBER.fullmatch(head[1:]) and field in ("g0", "gsignal", "curg"):
        m = next((m for m in runtime.ms if m.id == int(head[1:])), None)
        if m is None:
            raise _not_found(runtime, "ms", f"no {head}", "`go-gmp m` lists the Ms")
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


def _at(runtime: Runtime, address: int, message: str) -> G:
    """Return the g at an address, or raise `GogdbError` with the message."""
    g = runtime.g(address)
    if g is None:
        raise GogdbError(message, "`go-gmp g` lists them, with their addresses")
    return g


def _not_found(runtime: Runtime, part: str, message: str, hint: str) -> GogdbError:
    """Return the error for a g or M that is not in a part, or that the part may have lost."""
    why = next((problem.why for problem in runtime.problems if problem.part == part), "")
    return GogdbError(f"{message} can be found", why) if why else GogdbError(message, hint)


def thread_at(runtime: Runtime, g: G) -> Thread | None:
    """Return the thread of the M whose curg, g0 or gsignal is `g`; None if it is on no M.

    m.curg decides, never the status (execute and dropg in runtime/proc.go). Raises `GogdbError` if
    that M has no thread, and `g` is not in a system call: what was saved of it is no longer true.
    """
    m = runtime.m(g.m)
    if m is None or g.unreadable or g.address not in (m.curg, m.g0, m.gsignal):
        return None
    thread = runtime.threads.of(m)
    if thread is None and not in_syscall(g):
        none = "has no thread" if runtime.threads.has_none(m) else "has a thread that is not known"
        raise GogdbError(f"m{m.id} {none}, so there are no registers of {g.label}")
    return thread


def unwind(program: Program, runtime: Runtime, g: G, limit: int = 64) -> Unwound:
    """Return at most `limit` frames of a g. If it has none, `ended` says why; raises nothing."""
    if g.unreadable:
        return Unwound((), g.unreadable)
    if g.is_dead:
        return Unwound((), "dead: it has no frames")
    try:
        thread = thread_at(runtime, g)
        return program.unwind_from(unwind_start(program, runtime, g, thread), limit)
    except GogdbError as error:
        return Unwound((), error.message)


def frame_outside_runtime(frames: Sequence[Frame]) -> Frame | None:
    """Return the innermost frame outside the runtime; if there is none, the one that parked.

    A wrapper made by the compiler counts only if there is no other frame, as in a goroutine that
    was interrupted before the wrapper of its `go` statement called anything.
    """
    outer = [frames[index] for index in _outside_runtime(frames)]
    if outer:
        return next((frame for frame in outer if not frame.elided), outer[0])
    waiting = (frame for frame in frames if frame.function not in _PARKING)
    return next(waiting, frames[0] if frames else None)


def called_from(frames: Sequence[Frame], caller: int) -> Frame | None:
    """Return what the frame at index `caller` has called, None if that is only the runtime."""
    calls = (frames[index] for index in reversed(_outside_runtime(frames)) if index < caller)
    return next((frame for frame in calls if not frame.elided), None)


def is_system_goroutine(start: str, frames: Sequence[Frame]) -> bool:
    """Report whether a goroutine is the runtime's own, given the function that it started in.

    One that runs finalizers or cleanups counts as the user's while it calls the user's code
    (isSystemGoroutine in runtime/traceback.go).
    """
    return starts_in_runtime(start) and not _outside_runtime(frames)


def starts_in_runtime(start: str) -> bool:
    """Report whether the runtime starts goroutines in a function for purposes of its own."""
    return start.startswith("runtime.") and start not in _STARTS_OF_USER_CODE


def _outside_runtime(frames: Sequence[Frame]) -> list[int]:
    """Return the indices of the frames outside the runtime and the packages that only it uses."""
    # By its file, a function like sync.runtime_Semacquire or time.Sleep belongs to the runtime.
    runtime = {_directory(f) for f in frames if f.function.startswith("runtime.")} - {""}
    return [
        index
        for index, frame in enumerate(frames)
        if not frame.function.startswith(_INNER) and _directory(frame) not in runtime
    ]


def _directory(frame: Frame) -> str:
    return frame.file.rpartition("/")[0]
