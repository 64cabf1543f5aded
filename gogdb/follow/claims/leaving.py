"""The claims from the goroutine that runs to the scheduler that looks for another (proc.go)."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.boot.record import Claim
from gogdb.follow.claims.common import CheckContext, change, m_name, queue_of, status, step, user
from gogdb.follow.observation import Record
from gogdb.follow.steps import STACK_PREEMPT, STEPS, Calls
from gogdb.runtime.model import GDEAD, GRUNNABLE, GRUNNING, GSYSCALL, GWAITING


@step("parked")
def _parked(s: CheckContext) -> Iterator[Claim]:
    g, gobuf = s.now.goroutine, s.now.goroutine.sched
    s.values |= {"g": g.label, "reason": g.waitreason, "user": user(s, g)}
    yield Claim("status", status(g) not in (GRUNNABLE, GRUNNING, GSYSCALL), {"status": g.status})
    yield Claim("off", _off_cpu(s) and not queue_of(s.now.runtime, g))
    held = gobuf.sp in g.stack and gobuf.g == g.address
    yield Claim("gobuf", held, {"sp": gobuf.sp, "pc": gobuf.pc})


@step("queued")
def _queued(s: CheckContext) -> Iterator[Claim]:
    g, gobuf = s.now.goroutine, s.now.goroutine.sched
    queue = queue_of(s.now.runtime, g)
    goexit = s.program.goexit_return
    fresh = gobuf.pc == g.startpc and s.word(gobuf.sp) == goexit
    s.values |= {"g": g.label, "queue": queue, "user": user(s, g), "fresh": fresh}
    yield Claim("status", status(g) == GRUNNABLE, {"status": g.status})
    yield Claim("off", _off_cpu(s))
    held = gobuf.sp in g.stack and gobuf.g == g.address
    yield Claim("gobuf", held, {"sp": gobuf.sp, "pc": gobuf.pc})


def _off_cpu(s: CheckContext) -> bool:
    g = s.now.goroutine
    return all(m.curg != g.address for m in s.now.runtime.ms)


@step("gopark", "gosched", "async-preempt", "suspend", "goexit", "no-p")
def _mcall_entry(s: CheckContext) -> Iterator[Claim]:
    g, now = s.now.goroutine, s.now
    called = s.program.function_name(s.word(now.registers["rax"]) or 0)
    step = STEPS[s.step.id]
    wanted = step.whose.functions if isinstance(step.whose, Calls) else ()
    functions = [frame.function for frame in now.frames]
    s.values |= {
        "g": g.label,
        "m": m_name(s),
        "reason": g.waitreason,
        "fn": called,
        "user": user(s, g),
    }
    yield Claim("current", now.registers["r14"] == now.tls_g == g.address, {"g": g.label})
    yield Claim("own-stack", now.sp in g.stack, {"sp": now.sp})
    yield Claim("argument", called in wanted, {"fn": called})
    yield Claim("status", status(g) in (GRUNNING, GSYSCALL), {"status": g.status})
    name = s.step.id
    if name == "gopark":
        yield Claim("reason", bool(g.waitreason), {"reason": g.waitreason})
    if name == "async-preempt":
        yield Claim("injected", "runtime.asyncPreempt" in functions)
    if name == "goexit":
        yield Claim("goexit", functions[-1:] == ["runtime.goexit"])
    if name == "no-p":
        yield Claim("no-p", now.m.p == 0, {"m": m_name(s)})


def left_by(s: CheckContext) -> Record | None:
    """The step before this one."""
    return max(s.past.values(), key=lambda record: record.number, default=None)


@step("mcall")
def _mcall(s: CheckContext) -> Iterator[Claim]:
    g, now, left = s.now.goroutine, s.now, left_by(s)
    gobuf = g.sched
    s.values |= {"g": g.label, "m": m_name(s), "sp": gobuf.sp, "pc": gobuf.pc, "bp": gobuf.bp}
    if left is not None:  # mcall's entry
        entry = left.last
        yield Claim("sp", gobuf.sp == entry.sp + 8, {"sp": gobuf.sp})
        yield Claim("pc", gobuf.pc == entry.words.get(entry.sp), {"pc": gobuf.pc})
        yield Claim("bp", gobuf.bp == entry.registers["rbp"], {"bp": gobuf.bp})
    held = now.tls_g == now.registers["r14"] == now.g0.address
    yield Claim("current", held, {"g0": now.g0.label})
    yield Claim("own-stack", now.sp in g.stack, {"sp": now.sp})


@step("mcall-sp", "morestack-sp")
def _mcall_sp(s: CheckContext) -> Iterator[Claim]:
    g, now = s.now.goroutine, s.now
    s.values |= {"g": g.label, "m": m_name(s), "g0": now.g0.label, "sp": now.sp}
    yield Claim("sp", now.sp == now.g0.sched.sp, {"sp": now.sp, "g0": now.g0.label})
    yield Claim("on-g0", now.sp in now.g0.stack and now.sp not in g.stack, {"g0": now.g0.label})


@step("morestack")
def _morestack(s: CheckContext) -> Iterator[Claim]:
    entry, g = s.at("entry"), s.now.goroutine
    was, gobuf = entry.goroutine, g.sched
    s.values |= {"g": g.label, "m": m_name(s), "user": user(s, g), "guard": STACK_PREEMPT}
    yield Claim("guard", was.stackguard0 == STACK_PREEMPT, {"guard": STACK_PREEMPT})
    yield Claim("own-stack", entry.sp in was.stack and was.stack.hi > entry.sp, {"sp": entry.sp})
    yield Claim("sp", gobuf.sp == entry.sp + 8, {"sp": gobuf.sp})
    yield Claim("pc", gobuf.pc == entry.words.get(entry.sp), {"pc": gobuf.pc})
    yield Claim("bp", gobuf.bp == entry.registers["rbp"], {"bp": gobuf.bp})


@step("waiting")
def _waiting(s: CheckContext) -> Iterator[Claim]:
    yield from change(s, GWAITING)
    g, now = s.now.goroutine, s.now
    s.values["reason"] = g.waitreason
    yield Claim("not-queued", not queue_of(now.runtime, g))
    yield Claim("on-g0", now.sp in now.g0.stack, {"g0": now.g0.label})


@step("runnable")
def _runnable(s: CheckContext) -> Iterator[Claim]:
    yield from change(s, GRUNNABLE)
    now = s.now
    yield Claim("on-g0", now.sp in now.g0.stack, {"g0": now.g0.label})


@step("dead")
def _dead(s: CheckContext) -> Iterator[Claim]:
    yield from change(s, GDEAD)
    now = s.now
    yield Claim("on-g0", now.sp in now.g0.stack, {"g0": now.g0.label})


@step("schedule")
def _schedule(s: CheckContext) -> Iterator[Claim]:
    g, now = s.now.goroutine, s.now
    queue = queue_of(now.runtime, g)
    s.values |= {"g": g.label, "m": m_name(s), "status": g.status, "queue": queue}
    yield Claim("dropped", now.m.curg == 0, {"m": m_name(s)})
    yield Claim("current", now.tls_g == now.g0.address, {"g0": now.g0.label})
    yield Claim("on-g0", now.sp in now.g0.stack, {"g0": now.g0.label})
    if status(g) == GWAITING:
        yield Claim("nowhere", not queue and g.m == 0, {"g": g.label})


@step("next")
def _next(s: CheckContext) -> Iterator[Claim]:
    now = s.now
    found = now.runtime.g(now.registers["rax"])
    s.values |= {
        "g": s.now.goroutine.label,
        "m": m_name(s),
        "next": found.label if found else "?",
    }
    runs = found is not None and status(found) == GRUNNABLE
    yield Claim("runnable", runs, {"next": s.values["next"]})
    yield Claim("dropped", now.m.curg == 0, {"m": m_name(s)})
