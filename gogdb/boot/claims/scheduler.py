"""The claims of schedinit's and newproc's stages (proc.go, stack.go)."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.boot.claims.context import CheckContext, arguments, main_goroutine, stage
from gogdb.boot.record import Claim
from gogdb.runtime.model import GDEAD, GIDLE, GRUNNABLE

GSIGNAL_STACK = 32 << 10  # bytes: malg(32 * 1024) in mpreinit (os_linux.go)
NEW_STACK = 2 << 10  # bytes: stackMin (stack.go)
MAX_MCOUNT = 10_000  # schedinit (proc.go)


@stage("schedinit")
def _schedinit(s: CheckContext) -> Iterator[Claim]:
    now = s.now
    allm = s.word(s.data("runtime.allm"))
    yield Claim("allp", not now.runtime.ps)
    yield Claim("allm", allm == 0)
    yield Claim("gomaxprocs", now.runtime.gomaxprocs == 0)
    yield Claim("current", now.tls_g_label == "g0" and now.registers["r14"] == now.runtime.g0)


@stage("mcommoninit")
def _mcommoninit(s: CheckContext) -> Iterator[Claim]:
    now, sched = s.now, s.now.runtime.sched
    yield Claim("maxmcount", sched.maxmcount == MAX_MCOUNT, {"maxmcount": sched.maxmcount})
    on_allm = [m.address for m in now.runtime.ms] == [now.runtime.m0]
    yield Claim("allm", on_allm and now.m0.id == 0, {"id": now.m0.id})
    yield Claim("mnext", sched.mnext == 1, {"mnext": sched.mnext})
    gsignal = now.runtime.g(now.m0.gsignal)
    size = gsignal.stack.size if gsignal else 0
    s.values |= {"gsignal": now.m0.gsignal, "size": size}
    yield Claim("gsignal", size == GSIGNAL_STACK, {"size": size, "gsignal": now.m0.gsignal})


@stage("procresize")
def _procresize(s: CheckContext) -> Iterator[Claim]:
    runtime, m0, ps = s.now.runtime, s.now.m0, s.now.runtime.ps
    given = arguments(s)
    wanted = _positive((given.environment.get("GOMAXPROCS") if given else None) or "")
    s.values |= {"count": len(ps), "ncpu": runtime.ncpu, "wanted": wanted}
    values = {"count": len(ps), "ncpu": runtime.ncpu}
    if wanted:
        yield Claim("environment", len(ps) == runtime.gomaxprocs == wanted, values)
    elif len(ps) < runtime.ncpu and s.entry("runtime.defaultGOMAXPROCS") != -1:
        # since go1.25 a cgroup's CPU limit counts too (runtime/cgroup_linux.go)
        yield Claim("cgroup", 1 <= len(ps) == runtime.gomaxprocs, values)
    else:
        yield Claim("cpus", len(ps) == runtime.gomaxprocs == runtime.ncpu, values)
    first = ps[0] if ps else None
    held = first is not None and m0.p == first.address and first.m == m0.address
    yield Claim("binding", held)
    yield Claim("running", first is not None and first.status == "running")
    others = {p.address for p in ps[1:]}
    idle = all(p.status == "idle" for p in ps[1:]) and others == set(runtime.sched.pidle)
    order = [p.id for address in runtime.sched.pidle if (p := runtime.p(address))]
    s.values |= {"order": order}
    yield Claim("pidle", idle and runtime.sched.npidle == len(others), {"npidle": len(others)})


@stage("newproc")
def _newproc(s: CheckContext) -> Iterator[Claim]:
    argument, main_pc = s.word(s.now.sp), s.data("runtime.mainPC")
    fn = s.word(main_pc)
    s.values |= {"mainPC": main_pc, "fn": fn}
    yield Claim("argument", argument == main_pc, {"mainPC": main_pc})
    yield Claim("fn", fn == s.entry("runtime.main"), {"fn": fn})


@stage("malg")
def _malg(s: CheckContext) -> Iterator[Claim]:
    new, dead, listed = (main_goroutine(s, s.at(label)) for label in ("malg", "dead", "allgs"))
    s.values |= {"g": new.address, "size": new.stack.size, "lo": new.stack.lo, "hi": new.stack.hi}
    yield Claim("stack", new.stack.size == NEW_STACK, {"size": new.stack.size})
    yield Claim("idle", new.atomicstatus == GIDLE, {"status": new.status})
    early = any(g.address == dead.address for g in s.at("dead").runtime.gs)
    yield Claim("dead", dead.atomicstatus == GDEAD and not early, {"status": dead.status})
    on_allgs = any(g.address == listed.address for g in s.at("allgs").runtime.gs)
    yield Claim("allgs", on_allgs, {"allglen": s.at("allgs").runtime.allglen})


@stage("gostartcall")
def _gostartcall(s: CheckContext) -> Iterator[Claim]:
    old, new = main_goroutine(s, s.at("before")), main_goroutine(s, s.at("after"))
    goexit, hi = s.program.goexit_return, new.stack.hi
    s.values |= {"goexit": goexit, "hi": hi, "sp": new.sched.sp, "before": old.sched.sp}
    yield Claim("sp-before", old.sched.sp == hi - 32, {"sp": old.sched.sp, "hi": hi})
    yield Claim("pc-before", old.sched.pc == goexit, {"pc": old.sched.pc})
    yield Claim("sp", new.sched.sp == old.sched.sp - 8, {"sp": new.sched.sp})
    yield Claim("pc", new.sched.pc == s.entry("runtime.main"), {"pc": new.sched.pc})
    yield Claim("forged", s.word(new.sched.sp) == goexit, {"sp": new.sched.sp})
    yield Claim("ctxt", new.sched.ctxt == s.data("runtime.mainPC"), {"ctxt": new.sched.ctxt})
    yield Claim("bp", new.sched.bp == 0)


@stage("runnable")
def _runnable(s: CheckContext) -> Iterator[Claim]:
    before = s.earlier("gostartcall")
    ready, done = main_goroutine(s, s.at("at")), main_goroutine(s, s.at("returned"))
    s.values |= {"goid": done.goid, "at_once": ready.goid == done.goid, "gopc": done.gopc}
    if before:
        was = main_goroutine(s, before.last).atomicstatus
        held = was == GDEAD and ready.atomicstatus == GRUNNABLE
        yield Claim("status", held, {"s": ready.status})
    yield Claim("goid", done.goid == 1, {"goid": done.goid})
    # rt0_go reaches the Go function newproc through its ABI0 wrapper: that is the caller it sees
    place = s.program.locate(done.gopc - 1)[0]
    held = place in ("runtime.rt0_go.abi0", "runtime.newproc.abi0")
    yield Claim("gopc", held, {"gopc": done.gopc, "place": place})
    yield Claim("startpc", done.startpc == s.entry("runtime.main"), {"startpc": done.startpc})


@stage("runqput")
def _runqput(s: CheckContext) -> Iterator[Claim]:
    main, ps = main_goroutine(s), s.now.runtime.ps
    held = bool(ps) and ps[0].runnext == main.address
    yield Claim("runnext", held, {"g": main.address})
    yield Claim("queues", not any(p.runq for p in ps) and not s.now.runtime.sched.runq)


def _positive(text: str) -> int:
    """GOMAXPROCS as procresize's caller takes it: 0 unless a positive int32 (atoi32)."""
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 1 << 31 else 0
