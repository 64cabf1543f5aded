"""What the narration says of each stage, as predicates over the live values.

Every sentence of a stage rests on a claim here; its words stand in `narration/`
under the same id. A claim that does not hold is shown as such: it is either a
new Go release or a mistake of ours, and nobody should be taught it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from gogdb.boot.anchors import ADD_ARGUMENTS, CALL_SIZE, function
from gogdb.boot.moment import Claim, Moment, Record
from gogdb.boot.stages import Stage
from gogdb.boot.startup import Arguments, read_arguments
from gogdb.errors import Unreadable
from gogdb.runtime.model import SCAN, G
from gogdb.runtime.program import Program
from gogdb.target.protocol import Instruction

__all__ = ["Scene", "check"]

# runtime2.go and stack.go; the names of statuses come from the binary, these are the numbers
GIDLE, GRUNNABLE, GRUNNING, GDEAD = 0, 1, 2, 6
STACK_GUARD = 928  # bytes: stackGuard (stack.go), the room that nosplit functions may use
G0_STACK = (64 << 10, (64 << 10) - 104)  # bytes: rt0_go carves 64 KiB, 104 less up to go1.19
GSIGNAL_STACK = 32 << 10  # bytes: malg(32 * 1024) in mpreinit (os_linux.go)
NEW_STACK = 2 << 10  # bytes: stackMin (stack.go)
MAX_MCOUNT = 10_000  # schedinit (proc.go)
MAGIC = 0x123  # rt0_go's test of the TLS slot (asm_amd64.s)


class Scene:
    """A stage's moments, the stages before it, and the program at the last moment."""

    def __init__(
        self,
        stage: Stage,
        moments: Sequence[Moment],
        past: Mapping[str, Record],
        program: Program,
    ) -> None:
        self.stage = stage
        self.moments = moments
        self.past = past
        self.program = program
        self.values: dict[str, object] = {}

    @property
    def now(self) -> Moment:
        return self.moments[-1]

    def at(self, label: str) -> Moment:
        return next(m for m in self.moments if m.label == label)

    def earlier(self, stage: str) -> Record | None:
        """A stage that was seen; None when it was missed or does not exist here."""
        record = self.past.get(stage)
        return record if record and record.moments else None

    def word(self, address: int) -> int | None:
        try:
            return self.program.reader.word(address)
        except Unreadable:
            return None

    def entry(self, name: str) -> int:
        symbol = function(self.program.target, name)
        return symbol.address if symbol else -1

    def data(self, name: str) -> int:
        symbol = self.program.target.symbols.find(name)
        return symbol.address if symbol else -1

    def zero(self, address: int, size: int) -> bool:
        try:
            return not any(self.program.target.read(address, size))
        except Unreadable:
            return False


def check(scene: Scene) -> list[Claim]:
    """The claims of a stage; fills `scene.values` with what the words need."""
    return list(_CHECKS[scene.stage.id](scene))


_Check = Callable[[Scene], Iterator[Claim]]
_CHECKS: dict[str, _Check] = {}


def _stage(name: str) -> Callable[[_Check], _Check]:
    def register(claims: _Check) -> _Check:
        _CHECKS[name] = claims
        return claims

    return register


def _main(scene: Scene, moment: Moment | None = None) -> G:
    main = (moment or scene.now).main
    if main is None:  # newproc1 was missed: goroutine 1 is on allgs all the same
        main = next(g for g in (moment or scene.now).runtime.gs if g.goid == 1)
    return main


def _arguments(scene: Scene) -> Arguments | None:
    start = scene.earlier("entry")
    return read_arguments(scene.program.target, start.main.sp) if start else None


@_stage("entry")
def _entry(s: Scene) -> Iterator[Claim]:
    now, target = s.now, s.program.target
    entry = target.binary.entry + target.slide
    yield Claim("rip", now.pc == entry, {"entry": entry})
    given = read_arguments(target, now.sp)
    s.values |= {
        "argc": given.argc,
        "argv": given.argv,
        "envp": given.envp,
        "envc": len(given.envp),
        "auxc": len(given.auxv),
        "fs_base": now.registers["fs_base"],
        "slide": target.slide,
    }
    yield Claim("argc", given.argc == len(given.argv) >= 1, {"argc": given.argc})
    yield Claim("auxv", given.auxv.get("AT_ENTRY") == entry, {})
    yield Claim("rbp", now.registers["rbp"] == 0)
    yield Claim("no-g", now.tls != now.m0.address + _m_tls(s) and not now.current, {})


@_stage("rt0-go")
def _rt0_go(s: Scene) -> Iterator[Claim]:
    registers, symbols = s.now.registers, s.program.target.symbols
    given = _arguments(s)
    argc, argv = registers["rdi"] & 0xFFFF_FFFF, registers["rsi"]
    s.values |= {"argc": argc, "argv": argv}
    if given:
        yield Claim("argc", argc == given.argc, {"argc": argc})
        yield Claim("argv", argv == given.argv_address, {"argv": argv})
    runtime, layout = s.now.runtime, s.program.reader.layout
    for name, address in (("g0", runtime.g0), ("m0", runtime.m0)):
        section, size = symbols.section(address), layout(f"runtime.{name[0]}").size
        held = section in (".bss", ".noptrbss") and s.zero(address, size)
        yield Claim(name, held, {"address": address, "section": section, "size": size})


@_stage("g0-stack")
def _g0_stack(s: Scene) -> Iterator[Claim]:
    g0, sp = s.now.g0, s.now.sp
    start = s.earlier("entry")
    s.values |= {"lo": g0.stack.lo, "hi": g0.stack.hi, "size": g0.stack.size}
    yield Claim("hi", g0.stack.hi == sp, {"hi": g0.stack.hi})
    yield Claim("lo", g0.stack.size in G0_STACK, {"lo": g0.stack.lo, "size": g0.stack.size})
    yield Claim("guards", g0.stackguard0 == g0.stackguard1 == g0.stack.lo, {"lo": g0.stack.lo})
    if start:
        below = start.main.sp - g0.stack.hi
        yield Claim("os-stack", 0 < below < 1 << 17, {"below": below})


@_stage("settls")
def _settls(s: Scene) -> Iterator[Claim]:
    tls = s.now.runtime.m0 + _m_tls(s)
    before, after = s.at("before"), s.at("after")
    fs_base, offset = after.registers["fs_base"], s.program.target.binary.tls_offset
    s.values |= {
        "tls": tls,
        "fs_base": fs_base,
        "before": before.registers["fs_base"],
        "offset": offset,
    }
    yield Claim("rdi", before.registers["rdi"] == tls, {"tls": tls})
    yield Claim("slot", after.tls == tls, {"fs_base": fs_base, "offset": offset, "slot": after.tls})


@_stage("tls-check")
def _tls_check(s: Scene) -> Iterator[Claim]:
    tls = s.now.runtime.m0 + _m_tls(s)
    yield Claim("magic", s.word(tls) == MAGIC == s.now.g, {"tls": tls, "value": s.word(tls)})


@_stage("tls-g0")
def _tls_g0(s: Scene) -> Iterator[Claim]:
    now = s.now
    s.values |= {"slot": now.tls}
    yield Claim("slot", now.g == now.runtime.g0, {"slot": now.tls, "g0": now.runtime.g0})
    yield Claim("current", now.current == "g0")


@_stage("m0-g0")
def _m0_g0(s: Scene) -> Iterator[Claim]:
    now = s.now
    yield Claim("m0.g0", now.m0.g0 == now.runtime.g0, {"g0": now.runtime.g0})
    yield Claim("g0.m", now.g0.m == now.runtime.m0, {"m0": now.runtime.m0})


@_stage("args")
def _args(s: Scene) -> Iterator[Claim]:
    reader, given = s.program.reader, _arguments(s)
    argc, argv = reader.int32(s.data("runtime.argc")), s.word(s.data("runtime.argv"))
    s.values |= {"argc": argc, "argv": argv, "strings": given.argv if given else ()}
    if given:
        yield Claim("argc", argc == given.argc, {"argc": argc})
        yield Claim("argv", argv == given.argv_address, {"argv": argv})


@_stage("osinit")
def _osinit(s: Scene) -> Iterator[Claim]:
    ncpu, cpus = s.now.runtime.ncpu, s.program.target.cpu_count()
    s.values |= {"ncpu": ncpu}
    if cpus is None:
        yield Claim("some", ncpu >= 1, {"ncpu": ncpu})
    else:
        yield Claim("ncpu", ncpu == cpus, {"ncpu": ncpu, "cpus": cpus})


@_stage("schedinit")
def _schedinit(s: Scene) -> Iterator[Claim]:
    now = s.now
    allm = s.word(s.data("runtime.allm"))
    yield Claim("allp", not now.runtime.ps)
    yield Claim("allm", allm == 0)
    yield Claim("gomaxprocs", now.runtime.gomaxprocs == 0)
    yield Claim("current", now.current == "g0" and now.registers["r14"] == now.runtime.g0)


@_stage("mcommoninit")
def _mcommoninit(s: Scene) -> Iterator[Claim]:
    now, sched = s.now, s.now.runtime.sched
    yield Claim("maxmcount", sched.maxmcount == MAX_MCOUNT, {"maxmcount": sched.maxmcount})
    on_allm = [m.address for m in now.runtime.ms] == [now.runtime.m0]
    yield Claim("allm", on_allm and now.m0.id == 0, {"id": now.m0.id})
    yield Claim("mnext", sched.mnext == 1, {"mnext": sched.mnext})
    gsignal = now.runtime.g(now.m0.gsignal)
    size = gsignal.stack.size if gsignal else 0
    s.values |= {"gsignal": now.m0.gsignal, "size": size}
    yield Claim("gsignal", size == GSIGNAL_STACK, {"size": size, "gsignal": now.m0.gsignal})


@_stage("procresize")
def _procresize(s: Scene) -> Iterator[Claim]:
    runtime, m0, ps = s.now.runtime, s.now.m0, s.now.runtime.ps
    given = _arguments(s)
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


@_stage("newproc")
def _newproc(s: Scene) -> Iterator[Claim]:
    argument, main_pc = s.word(s.now.sp), s.data("runtime.mainPC")
    fn = s.word(main_pc)
    s.values |= {"mainPC": main_pc, "fn": fn}
    yield Claim("argument", argument == main_pc, {"mainPC": main_pc})
    yield Claim("fn", fn == s.entry("runtime.main"), {"fn": fn})


@_stage("malg")
def _malg(s: Scene) -> Iterator[Claim]:
    new, dead, listed = (_main(s, s.at(label)) for label in ("malg", "dead", "allgs"))
    s.values |= {"g": new.address, "size": new.stack.size, "lo": new.stack.lo, "hi": new.stack.hi}
    yield Claim("stack", new.stack.size == NEW_STACK, {"size": new.stack.size})
    yield Claim("idle", new.atomicstatus == GIDLE, {"status": new.status})
    yield Claim("dead", dead.atomicstatus == GDEAD, {"status": dead.status})
    on_allgs = any(g.address == listed.address for g in s.at("allgs").runtime.gs)
    yield Claim("allgs", on_allgs, {"allglen": s.at("allgs").runtime.allglen})


@_stage("gostartcall")
def _gostartcall(s: Scene) -> Iterator[Claim]:
    old, new = _main(s, s.at("before")), _main(s, s.at("after"))
    goexit, hi = s.entry("runtime.goexit") + 1, new.stack.hi
    s.values |= {"goexit": goexit, "hi": hi, "sp": new.sched.sp, "before": old.sched.sp}
    yield Claim("sp-before", old.sched.sp == hi - 32, {"sp": old.sched.sp, "hi": hi})
    yield Claim("pc-before", old.sched.pc == goexit, {"pc": old.sched.pc})
    yield Claim("sp", new.sched.sp == old.sched.sp - 8, {"sp": new.sched.sp})
    yield Claim("pc", new.sched.pc == s.entry("runtime.main"), {"pc": new.sched.pc})
    yield Claim("forged", s.word(new.sched.sp) == goexit, {"sp": new.sched.sp})
    yield Claim("ctxt", new.sched.ctxt == s.data("runtime.mainPC"), {"ctxt": new.sched.ctxt})
    yield Claim("bp", new.sched.bp == 0)


@_stage("runnable")
def _runnable(s: Scene) -> Iterator[Claim]:
    before = s.earlier("gostartcall")
    ready, done = _main(s, s.at("at")), _main(s, s.at("returned"))
    was = _main(s, before.last).atomicstatus if before else GDEAD
    s.values |= {"goid": done.goid, "at_once": ready.goid == done.goid, "gopc": done.gopc}
    yield Claim("status", was == GDEAD and ready.atomicstatus == GRUNNABLE, {"s": ready.status})
    yield Claim("goid", done.goid == 1, {"goid": done.goid})
    # rt0_go reaches the Go function newproc through its ABI0 wrapper: that is the caller it sees
    place = s.program.place(done.gopc - 1)[0]
    held = place in ("runtime.rt0_go.abi0", "runtime.newproc.abi0")
    yield Claim("gopc", held, {"gopc": done.gopc, "place": place})
    yield Claim("startpc", done.startpc == s.entry("runtime.main"), {"startpc": done.startpc})


@_stage("runqput")
def _runqput(s: Scene) -> Iterator[Claim]:
    main, ps = _main(s), s.now.runtime.ps
    held = bool(ps) and ps[0].runnext == main.address
    yield Claim("runnext", held, {"g": main.address})


@_stage("mstart")
def _mstart(s: Scene) -> Iterator[Claim]:
    g0, armed = s.at("at").g0, s.at("mstart1").g0
    carved, sp = s.earlier("g0-stack"), s.at("at").sp
    s.values |= {"used": g0.stack.hi - sp, "lo": g0.stack.lo, "guard": STACK_GUARD}
    yield Claim("on-g0", sp in g0.stack, {"used": g0.stack.hi - sp})
    if carved and s.program.target.symbols.find("_cgo_init") and carved.main.g0.stack != g0.stack:
        grown = carved.main.g0.stack.lo - g0.stack.lo
        s.values |= {"grown": grown}
        yield Claim("cgo-lo", g0.stack.hi == carved.main.g0.stack.hi and grown > 0, s.values)
    elif carved:
        kept = armed.stack == g0.stack == carved.main.g0.stack and g0.stack.lo != 0
        yield Claim("lo", kept, {"lo": g0.stack.lo})
    held = armed.stackguard0 == armed.stackguard1 == armed.stack.lo + STACK_GUARD
    yield Claim("guards", held, {"guard": armed.stackguard0, "bytes": STACK_GUARD})


@_stage("save")
def _save(s: Scene) -> Iterator[Claim]:
    gobuf, mstart = s.now.g0.sched, s.earlier("mstart")
    s.values |= {"sp": gobuf.sp, "pc": gobuf.pc}
    if mstart:
        call = mstart.at("mstart1")
        yield Claim("pc", gobuf.pc == call.pc + CALL_SIZE, {"pc": gobuf.pc})
        yield Claim("sp", gobuf.sp == call.sp, {"sp": gobuf.sp})
    yield Claim("return", s.word(gobuf.sp - 8) == gobuf.pc, {"slot": gobuf.sp - 8})
    yield Claim("g", gobuf.g == s.now.runtime.g0)


@_stage("schedule")
def _schedule(s: Scene) -> Iterator[Claim]:
    now, m0, ps = s.now, s.now.m0, s.now.runtime.ps
    queued = _queued(now)
    s.values |= {"schedtick": ps[0].schedtick if ps else 0, "queued": len(queued)}
    yield Claim("procid", m0.procid == now.lwp, {"procid": m0.procid})
    yield Claim("mstartfn", m0.mstartfn == 0)
    yield Claim("p", bool(ps) and m0.p == ps[0].address)
    yield Claim("current", now.current == "g0" and m0.curg == 0)
    yield Claim("locks", m0.locks == 0)
    yield Claim("queue", len(queued) == 1, {"queued": len(queued)})


@_stage("findrunnable")
def _findrunnable(s: Scene) -> Iterator[Claim]:
    main, ps = _main(s), s.now.runtime.ps
    yield Claim("rax", s.now.registers["rax"] == main.address, {"g": main.address})
    yield Claim("runnext", bool(ps) and ps[0].runnext == 0 and not _queued(s.now))
    yield Claim("status", main.atomicstatus == GRUNNABLE, {"status": main.status})


@_stage("execute")
def _execute(s: Scene) -> Iterator[Claim]:
    main, m0 = _main(s), s.now.m0
    yield Claim("status", main.atomicstatus == GRUNNING, {"status": main.status})
    yield Claim("curg", m0.curg == main.address and main.m == m0.address)
    held = main.stackguard0 == main.stack.lo + STACK_GUARD
    yield Claim("guard", held, {"guard": main.stackguard0, "bytes": STACK_GUARD})


@_stage("gogo")
def _gogo(s: Scene) -> Iterator[Claim]:
    main, now = _main(s), s.now
    s.values |= {"gobuf": main.sched.address}
    yield Claim("argument", s.word(now.sp + 8) == main.sched.address, dict(s.values))
    yield Claim("on-g0", now.sp in now.g0.stack)
    yield Claim("sp", main.sched.sp in main.stack, {"sp": main.sched.sp})
    yield Claim("pc", main.sched.pc == s.entry("runtime.main"), {"pc": main.sched.pc})


@_stage("gogo-sp")
def _gogo_sp(s: Scene) -> Iterator[Claim]:
    before, after, main = s.at("before"), s.at("after"), _main(s)
    s.values |= {"before": before.sp, "after": after.sp, "below": main.stack.hi - after.sp}
    yield Claim("before", before.sp in before.g0.stack, {"sp": before.sp})
    yield Claim(
        "after", after.sp in main.stack and after.sp not in after.g0.stack, {"sp": after.sp}
    )
    held = after.g == after.registers["r14"] == main.address
    yield Claim("current", held, {"g": main.address})
    yield Claim("forged", s.word(after.sp) == s.entry("runtime.goexit") + 1, {"sp": after.sp})


@_stage("gogo-jmp")
def _gogo_jmp(s: Scene) -> Iterator[Claim]:
    now, gobuf = s.now, _main(s).sched
    s.values |= {"target": now.registers["rbx"]}
    yield Claim("rbp", now.registers["rbp"] == 0)
    yield Claim("cleared", gobuf.sp == gobuf.ctxt == gobuf.bp == 0)
    yield Claim("kept", gobuf.pc != 0 and gobuf.g == now.g, {"pc": gobuf.pc})
    yield Claim("target", now.registers["rbx"] == s.entry("runtime.main"), dict(s.values))


@_stage("runtime-main")
def _runtime_main(s: Scene) -> Iterator[Claim]:
    first, after = s.at("at"), s.at("prologue")
    main = _main(s, first)
    rbp = after.registers["rbp"]
    s.values |= {"sp": first.sp, "hi": main.stack.hi, "rbp": rbp}
    yield Claim("rbp", first.registers["rbp"] == 0)
    yield Claim("sp", first.sp == main.stack.hi - 40, {"sp": first.sp})
    goexit = s.entry("runtime.goexit") + 1
    yield Claim("forged", first.words.get(first.sp) == goexit, {"sp": first.sp})
    held = rbp in _main(s).stack and s.word(rbp) == 0 and s.word(rbp + 8) == goexit
    yield Claim("chain", held, {"rbp": rbp})


@_stage("main-main")
def _main_main(s: Scene) -> Iterator[Claim]:
    now, runtime = s.now, s.now.runtime
    main = runtime.g(now.g)
    m = runtime.m(main.m) if main else None
    was = s.earlier("runtime-main")
    moved = _main(s, was.at("at")).stack != main.stack if was and main else None
    s.values |= {
        "ms": len(runtime.ms),
        "ps": len(runtime.ps),
        "gs": sum(not g.dead for g in runtime.gs),
        "moved": moved,
        "size": main.stack.size if main else 0,
    }
    started = s.data("runtime.mainStarted")
    awake = not s.zero(started, 1) if started != -1 else True
    yield Claim("started", awake and len(runtime.ms) >= 2, {"ms": len(runtime.ms)})
    yield Claim("goid", main is not None and main.goid == 1)
    yield Claim("running", main is not None and main.atomicstatus & ~SCAN == GRUNNING)
    yield Claim("thread", m is not None and m.procid == now.lwp, {"lwp": now.lwp})
    yield Claim("stack", main is not None and now.sp in main.stack, dict(s.values))


@_stage("add")
def _add(s: Scene) -> Iterator[Claim]:
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
    caller = s.program.place(back - 1)[0] if back else ""
    yield Claim("return", after.pc == back and after.sp == sp + 8, {"caller": caller})
    if x is not None and y is not None and result is not None:
        yield Claim("sum", result == (x + y) & 0xFFFF_FFFF_FFFF_FFFF, signed)
    else:
        yield Claim("sum", False, signed)


def _m_tls(s: Scene) -> int:
    return s.program.reader.layout("runtime.m").offset("tls")


def _code(s: Scene, moment: Moment) -> Sequence[Instruction]:
    symbol = s.program.target.symbols.at(moment.pc)
    if symbol is None:
        return ()
    return s.program.target.instructions(symbol.address, symbol.address + symbol.size)


def _queued(moment: Moment) -> list[int]:
    """Every g that waits on some run queue."""
    runtime = moment.runtime
    local = [g for p in runtime.ps for g in (p.runnext, *p.runq) if g]
    return [*local, *runtime.sched.runq]


def _positive(text: str) -> int:
    """GOMAXPROCS as procresize's caller takes it: 0 unless a positive int32 (atoi32)."""
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 1 << 31 else 0


def _signed(word: int | None) -> int | None:
    return None if word is None else word - (1 << 64 if word >> 63 else 0)
