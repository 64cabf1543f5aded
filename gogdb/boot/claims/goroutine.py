"""The claims from mstart on: the scheduler's first round, gogo, the goroutine (proc.go)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gogdb.boot.claims.context import CheckContext, main_goroutine, stage
from gogdb.boot.locate import has_cgo
from gogdb.boot.observation import Observation
from gogdb.boot.record import Claim
from gogdb.inferior.protocol import Instruction
from gogdb.runtime.model import GRUNNABLE, GRUNNING, SCAN

# gcenable starts the two, in wrappers that the compiler names (mgc.go); init starts the third
COLLECTOR = ("runtime.gcenable", "runtime.bgsweep", "runtime.bgscavenge", "runtime.forcegc")
SIGSEGV, SIGURG = 11, 23  # for nil dereferences and for preemption (os_linux.go, signal_unix.go)
ADD_ARGUMENTS = 24  # bytes: func add(x, y int64) int64
STACK_GUARD = 928  # bytes: stackGuard (stack.go), the room that nosplit functions may use


@stage("mstart")
def _mstart(s: CheckContext) -> Iterator[Claim]:
    g0, armed = s.at("at").g0, s.at("mstart1").g0
    carved, sp = s.earlier("g0-stack"), s.at("at").sp
    s.values |= {"used": g0.stack.hi - sp, "lo": g0.stack.lo, "guard": STACK_GUARD}
    yield Claim("on-g0", sp in g0.stack, {"used": g0.stack.hi - sp})
    cgo = has_cgo(s.program.target)
    if carved and cgo:
        grown = carved.shown.g0.stack.lo - g0.stack.lo
        s.values |= {"grown": grown}
        yield Claim("cgo-lo", g0.stack.hi == carved.shown.g0.stack.hi and grown > 0, s.values)
    elif carved:
        kept = armed.stack == g0.stack == carved.shown.g0.stack and g0.stack.lo != 0
        yield Claim("lo", kept, {"lo": g0.stack.lo})
    guard = armed.stack.lo + STACK_GUARD
    held = armed.stackguard0 == armed.stackguard1 == guard
    if cgo:
        held = held and g0.stackguard0 == guard
    else:
        held = held and g0.stackguard0 == g0.stackguard1 == g0.stack.lo
    yield Claim("cgo-guards" if cgo else "guards", held, {"guard": guard, "bytes": STACK_GUARD})


@stage("save")
def _save(s: CheckContext) -> Iterator[Claim]:
    gobuf, mstart = s.now.g0.sched, s.earlier("mstart")
    s.values |= {"sp": gobuf.sp, "pc": gobuf.pc}
    if mstart:
        call = mstart.at("mstart1")
        yield Claim("pc", gobuf.pc == call.pc + s.program.arch.call_size, {"pc": gobuf.pc})
        yield Claim("sp", gobuf.sp == call.sp, {"sp": gobuf.sp})
    yield Claim("return", s.word(gobuf.sp - 8) == gobuf.pc, {"slot": gobuf.sp - 8})
    yield Claim("g", gobuf.g == s.now.runtime.g0)


@stage("schedule")
def _schedule(s: CheckContext) -> Iterator[Claim]:
    now, m0, ps = s.now, s.now.m0, s.now.runtime.ps
    queued = _queued(now)
    s.values |= {"schedtick": ps[0].schedtick if ps else 0, "queued": len(queued)}
    yield Claim("procid", m0.procid == now.lwp, {"procid": m0.procid})
    yield Claim("mstartfn", m0.mstartfn == 0)
    caught = s.program.target.signals_caught()
    if caught is not None:
        wanted = 1 << SIGSEGV - 1 | 1 << SIGURG - 1
        yield Claim("signals", caught & wanted == wanted, {"count": caught.bit_count()})
    yield Claim("p", bool(ps) and m0.p == ps[0].address)
    yield Claim("current", now.tls_g_label == "g0" and m0.curg == 0)
    yield Claim("locks", m0.locks == 0)
    yield Claim("queue", len(queued) == 1, {"queued": len(queued)})


@stage("findrunnable")
def _findrunnable(s: CheckContext) -> Iterator[Claim]:
    main, ps = main_goroutine(s), s.now.runtime.ps
    yield Claim("rax", s.now.registers["rax"] == main.address, {"g": main.address})
    yield Claim("runnext", bool(ps) and ps[0].runnext == 0 and not _queued(s.now))
    yield Claim("status", main.atomicstatus == GRUNNABLE, {"status": main.status})


@stage("execute")
def _execute(s: CheckContext) -> Iterator[Claim]:
    main, m0 = main_goroutine(s), s.now.m0
    yield Claim("status", main.atomicstatus == GRUNNING, {"status": main.status})
    yield Claim("curg", m0.curg == main.address and main.m == m0.address)
    held = main.stackguard0 == main.stack.lo + STACK_GUARD
    yield Claim("guard", held, {"guard": main.stackguard0, "bytes": STACK_GUARD})


@stage("gogo")
def _gogo(s: CheckContext) -> Iterator[Claim]:
    main, now = main_goroutine(s), s.now
    s.values |= {"gobuf": main.sched.address}
    yield Claim("argument", s.word(now.sp + 8) == main.sched.address, dict(s.values))
    yield Claim("on-g0", now.sp in now.g0.stack)
    yield Claim("sp", main.sched.sp in main.stack, {"sp": main.sched.sp})
    yield Claim("pc", main.sched.pc == s.entry("runtime.main"), {"pc": main.sched.pc})


@stage("gogo-sp")
def _gogo_sp(s: CheckContext) -> Iterator[Claim]:
    before, after, main = s.at("before"), s.at("after"), main_goroutine(s)
    s.values |= {"before": before.sp, "after": after.sp, "below": main.stack.hi - after.sp}
    yield Claim("before", before.sp in before.g0.stack, {"sp": before.sp})
    yield Claim(
        "after", after.sp in main.stack and after.sp not in after.g0.stack, {"sp": after.sp}
    )
    yield Claim("old-rbp", after.registers["rbp"] in after.g0.stack)
    held = after.tls_g == after.registers["r14"] == main.address
    yield Claim("current", held, {"g": main.address})
    yield Claim("forged", s.word(after.sp) == s.program.goexit_return, {"sp": after.sp})


@stage("gogo-jmp")
def _gogo_jmp(s: CheckContext) -> Iterator[Claim]:
    now, gobuf = s.now, main_goroutine(s).sched
    s.values |= {"target": now.registers["rbx"]}
    yield Claim("rbp", now.registers["rbp"] == 0)
    yield Claim("cleared", gobuf.sp == gobuf.ctxt == gobuf.bp == 0)
    held = gobuf.pc == s.entry("runtime.main") and gobuf.g == now.tls_g
    yield Claim("kept", held, {"pc": gobuf.pc})
    yield Claim("target", now.registers["rbx"] == s.entry("runtime.main"), dict(s.values))


@stage("runtime-main")
def _runtime_main(s: CheckContext) -> Iterator[Claim]:
    first, after = s.at("at"), s.at("prologue")
    main = main_goroutine(s, first)
    rbp = after.registers["rbp"]
    s.values |= {"sp": first.sp, "hi": main.stack.hi, "rbp": rbp}
    yield Claim("rbp", first.registers["rbp"] == 0)
    yield Claim("sp", first.sp == main.stack.hi - 40, {"sp": first.sp})
    goexit = s.program.goexit_return
    yield Claim("forged", first.words.get(first.sp) == goexit, {"sp": first.sp})
    held = rbp in main_goroutine(s).stack and s.word(rbp) == 0 and s.word(rbp + 8) == goexit
    yield Claim("chain", held, {"rbp": rbp})


@stage("main-main")
def _main_main(s: CheckContext) -> Iterator[Claim]:
    now, runtime = s.now, s.now.runtime
    main = runtime.g(now.tls_g)
    m = runtime.m(main.m) if main else None
    was = s.earlier("runtime-main")
    moved = main_goroutine(s, was.at("at")).stack != main.stack if was and main else None
    s.values |= {
        "ms": len(runtime.ms),
        "ps": len(runtime.ps),
        "gs": sum(not g.is_dead for g in runtime.gs),
        "moved": moved,
        "size": main.stack.size if main else 0,
    }
    started = s.data("runtime.mainStarted")
    if started != -1:
        yield Claim("started", not s.zero(started, 1))
    sysmon = s.entry("runtime.sysmon")
    monitor = next((m for m in runtime.ms if m.mstartfn and s.word(m.mstartfn) == sysmon), None)
    yield Claim("sysmon", monitor is not None, {"id": monitor.id if monitor else None})
    names = sorted({runtime.function_names.get(g.startpc, "") for g in runtime.gs if not g.is_dead})
    helpers = [name for name in names if name.startswith(COLLECTOR)]
    yield Claim("collector", len(helpers) >= 2, {"names": ", ".join(helpers)})
    yield Claim("goid", main is not None and main.goid == 1)
    yield Claim("running", main is not None and main.atomicstatus & ~SCAN == GRUNNING)
    yield Claim("thread", m is not None and m.procid == now.lwp, {"lwp": now.lwp})
    yield Claim("stack", main is not None and now.sp in main.stack, dict(s.values))


@stage("add")
def _add(s: CheckContext) -> Iterator[Claim]:
    first, after = s.at("at"), s.at("returned")
    sp = first.sp
    x, y, slot = (first.words.get(sp + 8 * i) for i in (1, 2, 3))
    result = after.words.get(sp + 24)
    symtab = s.program.symtab
    text = symtab.function(first.pc)
    arguments = text.args if text else None
    # the deepest that rsp goes below the return address: 0 for a frame of $0
    frame = max((symtab.sp_delta(i.address) or 0 for i in _code(s, first)), default=None)
    signed = {name: _signed(word) for name, word in (("x", x), ("y", y), ("result", result))}
    s.values |= signed | {"sp": sp, "fp": sp + 8, "slot": sp + 24, "before": slot}
    s.values |= {"frame": frame, "arguments": arguments}
    yield Claim("text", arguments == ADD_ARGUMENTS and frame == 0, dict(s.values))
    back = first.words.get(sp)
    caller = s.program.locate(back - 1)[0] if back else ""
    yield Claim("return", after.pc == back and after.sp == sp + 8, {"caller": caller})
    if x is not None and y is not None and result is not None:
        yield Claim("sum", result == (x + y) & 0xFFFF_FFFF_FFFF_FFFF, signed)
    else:
        yield Claim("sum", False, signed)


def _code(s: CheckContext, moment: Observation) -> Sequence[Instruction]:
    symbol = s.program.target.symbols.at(moment.pc)
    if symbol is None:
        return ()
    return s.program.target.instructions(symbol.address, symbol.address + symbol.size)


def _queued(moment: Observation) -> list[int]:
    """Every g that waits on some run queue."""
    runtime = moment.runtime
    local = [g for p in runtime.ps for g in (p.runnext, *p.runq) if g]
    return [*local, *runtime.sched.runq]


def _signed(word: int | None) -> int | None:
    return None if word is None else word - (1 << 64 if word >> 63 else 0)
