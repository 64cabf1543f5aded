"""The claims from whoever wakes a goroutine up to its running again (proc.go, asm_amd64.s)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gogdb.boot.record import Claim
from gogdb.follow.claims.common import (
    CheckContext,
    as_saved,
    change,
    left_cpu,
    m_name,
    queue_of,
    saved_in,
    status,
    step,
    user,
)
from gogdb.runtime import goroutines
from gogdb.runtime.model import GRUNNABLE, GRUNNING
from gogdb.runtime.unwind import Frame

# They stand on top of whoever readies a goroutine
_READYING = ("runtime.casgstatus", "runtime.ready", "runtime.goready", "runtime.systemstack")


def _scheduler(frames: Sequence[Frame]) -> str:
    """The function of the runtime that readied a goroutine without being one."""
    names = (frame.function.replace("_.", "runtime.") for frame in frames)
    return next((name for name in names if not name.startswith(_READYING)), "?")


@step("ready")
def _ready(s: CheckContext) -> Iterator[Claim]:
    yield from change(s, GRUNNABLE)
    now, g = s.now, s.now.goroutine
    waker = now.runtime.g(now.m.curg) if now.m.curg else None
    system = now.frames
    own = goroutines.unwind(s.program, now.runtime, waker).frames if waker else ()
    s.values |= {
        "waker": waker.label if waker else now.g0.label,
        "by": user(s, waker) if waker else _scheduler(system),
        "woken": waker is not None,
        "stack": now.runtime.name(owner.address)
        if (owner := now.runtime.stack_owner(now.sp))
        else now.g0.label,
        "frames": (system, own),
    }
    yield Claim("other", waker is None or waker.address != g.address, {"waker": s.values["waker"]})
    yield Claim("not-queued", not queue_of(now.runtime, g))
    yield from as_saved(s, g.sched.sp, g.sched.pc, g.sched.bp)


@step("runqput")
def _runqput(s: CheckContext) -> Iterator[Claim]:
    given, now, g = s.at("before"), s.now, s.now.goroutine
    p = given.runtime.p(given.registers["rax"])
    name, queue = f"p{p.id}" if p else "?", queue_of(now.runtime, g)
    s.values |= {"g": g.label, "p": name, "queue": queue, "taken": not queue}
    mine = given.registers["rbx"] == g.address and given.registers["rax"] == given.m.p != 0
    yield Claim("argument", mine, {"p": name, "g": g.label})
    if queue:  # another P may have taken it before we could look
        yield Claim("queued", queue.startswith(f"{name}."), {"queue": queue})


@step("execute")
def _execute(s: CheckContext) -> Iterator[Claim]:
    yield from change(s, GRUNNING)
    now, g = s.now, s.now.goroutine
    p = now.runtime.p(now.m.p)
    began = left_cpu(s)
    s.values |= {"p": f"p{p.id}" if p else "-", "lwp": now.lwp}
    if began is not None:
        s.values |= {"other": began.lwp != now.lwp, "before": f"m{began.m.id}"}
    held = now.m.curg == g.address and g.m == now.m.address
    yield Claim("curg", held, {"m": m_name(s), "g": g.label})
    yield Claim("on-g0", now.sp in now.g0.stack, {"g0": now.g0.label})


@step("gogo")
def _gogo(s: CheckContext) -> Iterator[Claim]:
    g, now = s.now.goroutine, s.now
    s.values |= {"g": g.label, "gobuf": g.sched.address, "g0": now.g0.label}
    yield Claim("argument", s.word(now.sp + 8) == g.sched.address, {"gobuf": g.sched.address})
    yield Claim("on-g0", now.sp in now.g0.stack, {"g0": now.g0.label})
    yield from as_saved(s, g.sched.sp, g.sched.pc, g.sched.bp)


@step("gogo-sp")
def _gogo_sp(s: CheckContext) -> Iterator[Claim]:
    before, after, g = s.at("before"), s.at("after"), s.now.goroutine
    s.values |= {"g": g.label, "before": before.sp, "after": after.sp, "g0": after.g0.label}
    yield Claim("before", before.sp in before.g0.stack, {"sp": before.sp, "g0": after.g0.label})
    moved = after.sp in g.stack and after.sp not in after.g0.stack
    yield Claim("after", moved, {"sp": after.sp, "g": g.label})
    gobuf = before.goroutine.sched
    yield Claim("gobuf", after.sp == gobuf.sp, {"sp": gobuf.sp})
    held = after.tls_g == after.registers["r14"] == g.address
    yield Claim("current", held, {"g": g.label})


@step("gogo-jmp")
def _gogo_jmp(s: CheckContext) -> Iterator[Claim]:
    g, now = s.now.goroutine, s.now
    gobuf = g.sched
    s.values |= {"g": g.label, "target": now.registers["rbx"]}
    yield Claim("cleared", gobuf.sp == gobuf.ctxt == gobuf.bp == 0)
    yield Claim("target", now.registers["rbx"] == gobuf.pc, {"target": gobuf.pc})
    yield from as_saved(s, now.sp, now.registers["rbx"], now.registers["rbp"])


@step("back")
def _back(s: CheckContext) -> Iterator[Claim]:
    g, now = s.now.goroutine, s.now
    began = left_cpu(s)
    s.values |= {"g": g.label, "m": m_name(s), "user": user(s, g), "lwp": now.lwp}
    if began is not None:
        s.values |= {"other": began.lwp != now.lwp, "before": f"m{began.m.id}"}
    was = saved_in(s)
    if was is not None:
        s.values["saved"] = was.goroutine.sched
    yield Claim("current", now.tls_g == now.registers["r14"] == g.address, {"g": g.label})
    yield Claim("status", status(g) == GRUNNING, {"status": g.status})
    yield from as_saved(s, now.sp, now.pc, now.registers["rbp"])
