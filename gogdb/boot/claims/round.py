"""The claims of a goroutine's round (proc.go, preempt.go, asm_amd64.s)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gogdb.boot.claims.scene import Check, Scene, main_goroutine
from gogdb.boot.moment import Claim, Moment, Record
from gogdb.boot.round import LEGS, STACK_PREEMPT, Calls
from gogdb.runtime import goroutines
from gogdb.runtime.model import (
    GDEAD,
    GRUNNABLE,
    GRUNNING,
    GSYSCALL,
    GWAITING,
    SCAN,
    G,
    Runtime,
)

__all__ = ["check", "claimed"]

_CHECKS: dict[str, Check] = {}


def check(scene: Scene) -> list[Claim]:
    """The claims of a leg; fills `scene.values` with what the words need."""
    return list(_CHECKS[scene.stage.id](scene))


def claimed() -> set[str]:
    """The legs that have claims: every one."""
    return set(_CHECKS)


def _leg(*names: str) -> Callable[[Check], Check]:
    """Register the claims of these legs, a generator over their scene."""

    def register(claims: Check) -> Check:
        _CHECKS.update(dict.fromkeys(names, claims))
        return claims

    return register


def _status(g: G) -> int:
    return g.atomicstatus & ~SCAN  # the collector may be looking at its stack


def _queue(runtime: Runtime, g: G) -> str:
    """The run queue that it is on: "p0.runnext", "p0.runq", "sched.runq"; "" for none."""
    for p in runtime.ps:
        if p.runnext == g.address:
            return f"p{p.id}.runnext"
        if g.address in p.runq:
            return f"p{p.id}.runq"
    return "sched.runq" if g.address in runtime.sched.runq else ""


def _saved_in(s: Scene) -> Moment | None:
    """The moment at which its gobuf had just been saved, or was found saved."""
    names = ("mcall", "morestack", "parked", "queued")
    records = [record for name in names if (record := s.earlier(name))]
    return max(records, key=lambda record: record.stage.number).last if records else None


def _left(s: Scene) -> Record | None:
    """The leg before this one."""
    return max(s.past.values(), key=lambda record: record.stage.number, default=None)


def _as_saved(s: Scene, sp: int, pc: int, bp: int) -> Iterator[Claim]:
    """sp, pc and bp are what was saved; a stack that the collector moved keeps its depth."""
    was, stack = _saved_in(s), main_goroutine(s).stack
    old = was.main if was else None
    if old is None:
        return
    by = stack.hi - old.stack.hi
    s.values["moved"] = bool(by)
    yield Claim("sp-saved", sp == old.sched.sp + by, {"sp": sp})
    yield Claim("pc-saved", pc == old.sched.pc, {"pc": pc})
    yield Claim("bp-saved", bp == old.sched.bp + (by if old.sched.bp else 0), {"bp": bp})


def _user(s: Scene, g: G) -> str:
    """The function that people know it by: the innermost that is not the runtime's."""
    frame = goroutines.user_frame(goroutines.frames(s.program, s.now.runtime, g).frames)
    return frame.function if frame else "?"


def _m(s: Scene) -> str:
    return f"m{s.now.m0.id}"


def _off_cpu(s: Scene) -> bool:
    g = main_goroutine(s)
    return all(m.curg != g.address for m in s.now.runtime.ms)


@_leg("parked")
def _parked(s: Scene) -> Iterator[Claim]:
    g, gobuf = main_goroutine(s), main_goroutine(s).sched
    s.values |= {"g": g.label, "reason": g.waitreason, "user": _user(s, g)}
    yield Claim("status", _status(g) not in (GRUNNABLE, GRUNNING, GSYSCALL), {"status": g.status})
    yield Claim("off", _off_cpu(s) and not _queue(s.now.runtime, g))
    held = gobuf.sp in g.stack and gobuf.g == g.address
    yield Claim("gobuf", held, {"sp": gobuf.sp, "pc": gobuf.pc})


@_leg("queued")
def _queued(s: Scene) -> Iterator[Claim]:
    g, gobuf = main_goroutine(s), main_goroutine(s).sched
    queue = _queue(s.now.runtime, g)
    goexit = s.entry("runtime.goexit") + 1
    fresh = gobuf.pc == g.startpc and s.word(gobuf.sp) == goexit
    s.values |= {"g": g.label, "queue": queue, "user": _user(s, g), "fresh": fresh}
    yield Claim("status", _status(g) == GRUNNABLE, {"status": g.status})
    yield Claim("off", _off_cpu(s))
    held = gobuf.sp in g.stack and gobuf.g == g.address
    yield Claim("gobuf", held, {"sp": gobuf.sp, "pc": gobuf.pc})


@_leg("in-syscall")
def _in_syscall(s: Scene) -> Iterator[Claim]:
    g, runtime = main_goroutine(s), s.now.runtime
    m = runtime.m(g.m)
    s.values |= {"g": g.label, "user": _user(s, g), "m": f"m{m.id}" if m else "?"}
    yield Claim("status", _status(g) == GSYSCALL, {"status": g.status})
    yield Claim("sp", g.syscallsp in g.stack, {"sp": g.syscallsp})
    yield Claim("curg", m is not None and m.curg == g.address, {"m": s.values["m"]})


@_leg("gopark", "gosched", "async-preempt", "suspend", "goexit", "no-p")
def _mcall_entry(s: Scene) -> Iterator[Claim]:
    g, now = main_goroutine(s), s.now
    called = s.program.function_name(s.word(now.registers["rax"]) or 0)
    leg = LEGS[s.stage.id]
    wanted = leg.whose.functions if isinstance(leg.whose, Calls) else ()
    functions = [frame.function for frame in now.frames]
    s.values |= {
        "g": g.label,
        "m": _m(s),
        "reason": g.waitreason,
        "fn": called,
        "user": _user(s, g),
    }
    yield Claim("current", now.registers["r14"] == now.g == g.address, {"g": g.label})
    yield Claim("own-stack", now.sp in g.stack, {"sp": now.sp})
    yield Claim("argument", called in wanted, {"fn": called})
    yield Claim("status", _status(g) in (GRUNNING, GSYSCALL), {"status": g.status})
    name = s.stage.id
    if name == "gopark":
        yield Claim("reason", bool(g.waitreason), {"reason": g.waitreason})
    if name == "async-preempt":
        yield Claim("injected", "runtime.asyncPreempt" in functions)
    if name == "goexit":
        yield Claim("goexit", functions[-1:] == ["runtime.goexit"])
    if name == "no-p":
        yield Claim("no-p", now.m0.p == 0, {"m": _m(s)})


@_leg("mcall")
def _mcall(s: Scene) -> Iterator[Claim]:
    g, now, left = main_goroutine(s), s.now, _left(s)
    gobuf = g.sched
    s.values |= {"g": g.label, "m": _m(s), "sp": gobuf.sp, "pc": gobuf.pc, "bp": gobuf.bp}
    if left is not None:  # mcall's entry
        entry = left.last
        yield Claim("sp", gobuf.sp == entry.sp + 8, {"sp": gobuf.sp})
        yield Claim("pc", gobuf.pc == entry.words.get(entry.sp), {"pc": gobuf.pc})
        yield Claim("bp", gobuf.bp == entry.registers["rbp"], {"bp": gobuf.bp})
    held = now.g == now.registers["r14"] == now.g0.address
    yield Claim("current", held, {"g0": now.g0.label})
    yield Claim("own-stack", now.sp in g.stack, {"sp": now.sp})


@_leg("mcall-sp", "morestack-sp")
def _mcall_sp(s: Scene) -> Iterator[Claim]:
    g, now = main_goroutine(s), s.now
    s.values |= {"g": g.label, "m": _m(s), "g0": now.g0.label, "sp": now.sp}
    yield Claim("sp", now.sp == now.g0.sched.sp, {"sp": now.sp, "g0": now.g0.label})
    yield Claim("on-g0", now.sp in now.g0.stack and now.sp not in g.stack, {"g0": now.g0.label})


@_leg("morestack")
def _morestack(s: Scene) -> Iterator[Claim]:
    entry, g = s.at("entry"), main_goroutine(s)
    was, gobuf = main_goroutine(s, entry), g.sched
    s.values |= {"g": g.label, "m": _m(s), "user": _user(s, g), "guard": STACK_PREEMPT}
    yield Claim("guard", was.stackguard0 == STACK_PREEMPT, {"guard": STACK_PREEMPT})
    yield Claim("own-stack", entry.sp in was.stack and was.stack.hi > entry.sp, {"sp": entry.sp})
    yield Claim("sp", gobuf.sp == entry.sp + 8, {"sp": gobuf.sp})
    yield Claim("pc", gobuf.pc == entry.words.get(entry.sp), {"pc": gobuf.pc})
    yield Claim("bp", gobuf.bp == entry.registers["rbp"], {"bp": gobuf.bp})


def _change(s: Scene, *to: int) -> Iterator[Claim]:
    was, g = main_goroutine(s, s.moments[0]), main_goroutine(s)
    s.values |= {
        "g": g.label,
        "m": _m(s),
        "was": was.status,
        "status": g.status,
        "function": s.now.function.removesuffix(".abi0"),
    }
    held = _status(was) not in to and _status(g) in to
    yield Claim("status", held, {"was": was.status, "status": g.status})


@_leg("waiting")
def _waiting(s: Scene) -> Iterator[Claim]:
    yield from _change(s, GWAITING)
    g, now = main_goroutine(s), s.now
    s.values["reason"] = g.waitreason
    yield Claim("not-queued", not _queue(now.runtime, g))
    yield Claim("on-g0", now.sp in now.g0.stack, {"g0": now.g0.label})


@_leg("runnable")
def _runnable(s: Scene) -> Iterator[Claim]:
    yield from _change(s, GRUNNABLE)
    now = s.now
    yield Claim("on-g0", now.sp in now.g0.stack, {"g0": now.g0.label})


@_leg("dead")
def _dead(s: Scene) -> Iterator[Claim]:
    yield from _change(s, GDEAD)
    now = s.now
    yield Claim("on-g0", now.sp in now.g0.stack, {"g0": now.g0.label})


@_leg("schedule")
def _schedule(s: Scene) -> Iterator[Claim]:
    g, now = main_goroutine(s), s.now
    queue = _queue(now.runtime, g)
    s.values |= {"g": g.label, "m": _m(s), "status": g.status, "queue": queue}
    yield Claim("dropped", now.m0.curg == 0, {"m": _m(s)})
    yield Claim("current", now.g == now.g0.address, {"g0": now.g0.label})
    yield Claim("on-g0", now.sp in now.g0.stack, {"g0": now.g0.label})
    if _status(g) == GWAITING:
        yield Claim("nowhere", not queue and g.m == 0, {"g": g.label})


@_leg("next")
def _next(s: Scene) -> Iterator[Claim]:
    now = s.now
    found = now.runtime.g(now.registers["rax"])
    s.values |= {"g": main_goroutine(s).label, "m": _m(s), "next": found.label if found else "?"}
    runs = found is not None and _status(found) == GRUNNABLE
    yield Claim("runnable", runs, {"next": s.values["next"]})
    yield Claim("dropped", now.m0.curg == 0, {"m": _m(s)})


@_leg("ready")
def _ready(s: Scene) -> Iterator[Claim]:
    yield from _change(s, GRUNNABLE)
    now, g = s.now, main_goroutine(s)
    waker = now.runtime.g(now.m0.curg) if now.m0.curg else None
    system = now.frames
    own = goroutines.frames(s.program, now.runtime, waker).frames if waker else ()
    s.values |= {
        "waker": waker.label if waker else now.g0.label,
        "by": _user(s, waker) if waker else s.values["function"],
        "stack": now.runtime.name(owner.address)
        if (owner := now.runtime.owner(now.sp))
        else now.g0.label,
        "frames": (system, own),
    }
    yield Claim("other", waker is None or waker.address != g.address, {"waker": s.values["waker"]})
    yield Claim("not-queued", not _queue(now.runtime, g))
    yield from _as_saved(s, g.sched.sp, g.sched.pc, g.sched.bp)


@_leg("runqput")
def _runqput(s: Scene) -> Iterator[Claim]:
    now, g = s.now, main_goroutine(s)
    queue = _queue(now.runtime, g)
    s.values |= {"g": g.label, "queue": queue or "-", "taken": not queue}
    # another P may have taken it before we could look
    yield Claim("queued", bool(queue) or _status(g) == GRUNNING, {"queue": queue or "-"})


@_leg("execute")
def _execute(s: Scene) -> Iterator[Claim]:
    yield from _change(s, GRUNNING)
    now, g = s.now, main_goroutine(s)
    p = now.runtime.p(now.m0.p)
    began = _left_cpu(s)
    s.values |= {"p": f"p{p.id}" if p else "-", "lwp": now.lwp}
    if began is not None:
        s.values |= {"other": began.lwp != now.lwp, "before": f"m{began.m0.id}"}
    held = now.m0.curg == g.address and g.m == now.m0.address
    yield Claim("curg", held, {"m": _m(s), "g": g.label})
    yield Claim("on-g0", now.sp in now.g0.stack, {"g0": now.g0.label})


def _left_cpu(s: Scene) -> Moment | None:
    """A moment on the thread that it left; None when it was found off the CPU."""
    record = s.earlier("mcall") or s.earlier("morestack")
    return record.last if record else None


@_leg("gogo")
def _gogo(s: Scene) -> Iterator[Claim]:
    g, now = main_goroutine(s), s.now
    s.values |= {"g": g.label, "gobuf": g.sched.address, "g0": now.g0.label}
    yield Claim("argument", s.word(now.sp + 8) == g.sched.address, {"gobuf": g.sched.address})
    yield Claim("on-g0", now.sp in now.g0.stack, {"g0": now.g0.label})
    yield from _as_saved(s, g.sched.sp, g.sched.pc, g.sched.bp)


@_leg("gogo-sp")
def _gogo_sp(s: Scene) -> Iterator[Claim]:
    before, after, g = s.at("before"), s.at("after"), main_goroutine(s)
    s.values |= {"g": g.label, "before": before.sp, "after": after.sp, "g0": after.g0.label}
    yield Claim("before", before.sp in before.g0.stack, {"sp": before.sp, "g0": after.g0.label})
    moved = after.sp in g.stack and after.sp not in after.g0.stack
    yield Claim("after", moved, {"sp": after.sp, "g": g.label})
    gobuf = main_goroutine(s, before).sched
    yield Claim("gobuf", after.sp == gobuf.sp, {"sp": gobuf.sp})
    held = after.g == after.registers["r14"] == g.address
    yield Claim("current", held, {"g": g.label})


@_leg("gogo-jmp")
def _gogo_jmp(s: Scene) -> Iterator[Claim]:
    g, now = main_goroutine(s), s.now
    gobuf = g.sched
    s.values |= {"g": g.label, "target": now.registers["rbx"]}
    yield Claim("cleared", gobuf.sp == gobuf.ctxt == gobuf.bp == 0)
    yield Claim("target", now.registers["rbx"] == gobuf.pc, {"target": gobuf.pc})
    yield from _as_saved(s, now.sp, now.registers["rbx"], now.registers["rbp"])


@_leg("back")
def _back(s: Scene) -> Iterator[Claim]:
    g, now = main_goroutine(s), s.now
    began = _left_cpu(s)
    s.values |= {"g": g.label, "m": _m(s), "user": _user(s, g), "lwp": now.lwp}
    if began is not None:
        s.values |= {"other": began.lwp != now.lwp, "before": f"m{began.m0.id}"}
    was = _saved_in(s)
    if was is not None and was.main is not None:
        s.values["saved"] = was.main.sched
    yield Claim("current", now.g == now.registers["r14"] == g.address, {"g": g.label})
    yield Claim("status", _status(g) == GRUNNING, {"status": g.status})
    yield from _as_saved(s, now.sp, now.pc, now.registers["rbp"])


def _kernel(s: Scene) -> None:
    g, runtime = main_goroutine(s), s.now.runtime
    m = runtime.m(g.m)
    p = runtime.p(m.p) if m and m.p else None
    old = runtime.p(m.oldp) if m and m.oldp else None
    s.values |= {
        "g": g.label,
        "m": f"m{m.id}" if m else "?",
        "p": f"p{p.id}" if p else "-",
        "oldp": f"p{old.id}" if old else "-",
        "user": _user(s, g),
        "sp": g.syscallsp,
        "pc": g.syscallpc,
        "status": g.status,
    }


@_leg("entersyscall", "entersyscallblock")
def _entersyscall(s: Scene) -> Iterator[Claim]:
    _kernel(s)
    g, now = main_goroutine(s), s.now
    yield Claim("status", _status(g) == GSYSCALL, {"status": g.status})
    yield Claim("saved", g.syscallsp in g.stack and g.syscallpc != 0, dict(s.values))
    yield Claim("own-stack", now.sp in g.stack, {"sp": now.sp})
    yield Claim("curg", now.m0.curg == g.address, {"m": _m(s), "g": g.label})


@_leg("handoff")
def _handoff(s: Scene) -> Iterator[Claim]:
    _kernel(s)
    g, now = main_goroutine(s), s.now
    p = now.runtime.p(now.registers["rax"])
    m = now.runtime.m(g.m)
    sysmon = now.m0.mstartfn and s.word(now.m0.mstartfn) == s.entry("runtime.sysmon")
    s.values |= {
        "taken": f"p{p.id}" if p else "?",
        "taker": "sysmon" if sysmon else _m(s),
    }
    yield Claim("p", p is not None, {"taken": s.values["taken"]})
    yield Claim("status", _status(g) == GSYSCALL, {"status": g.status})
    kept = m is not None and m.curg == g.address and m.address != now.m0.address
    yield Claim("curg", kept, {"m": s.values["m"], "g": g.label})


@_leg("exitsyscall")
def _exitsyscall(s: Scene) -> Iterator[Claim]:
    _kernel(s)
    g, now = main_goroutine(s), s.now
    yield Claim("current", now.registers["r14"] == now.g == g.address, {"g": g.label})
    yield Claim("own-stack", now.sp in g.stack, {"sp": now.sp})


@_leg("resumed")
def _resumed(s: Scene) -> Iterator[Claim]:
    _kernel(s)
    g, now = main_goroutine(s), s.now
    entered = s.earlier("entersyscall")
    yield Claim("status", _status(g) == GRUNNING, {"status": g.status})
    yield Claim("p", now.m0.p != 0, {"p": s.values["p"], "m": _m(s)})
    yield Claim("cleared", g.syscallsp == 0)
    if entered is not None:
        yield Claim("thread", entered.last.lwp == now.lwp, {"lwp": now.lwp})
