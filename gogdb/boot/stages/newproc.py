"""newproc: the main goroutine is made and queued (runtime/proc.go, runtime/stack.go)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gogdb.boot.anchors import AfterCall, AtCall
from gogdb.boot.hint import (
    NEW_G,
    Hint,
    examine,
    examine_code_pointer,
    print_bounds,
    print_code_pointer,
    print_hex,
)
from gogdb.boot.locate import is_library, is_race
from gogdb.boot.observation import Observation
from gogdb.boot.patterns_amd64 import RT0_MAIN_PC
from gogdb.boot.question import Solution
from gogdb.boot.record import Claim
from gogdb.boot.stage import CheckContext, Evidence, Record, Stage
from gogdb.runtime.model import GDEAD, GIDLE, GRUNNABLE

__all__ = ["FREE_UNDER_HI", "STAGES"]

NEWPROC1 = "runtime.newproc1"
NEWPROC_BODY = "runtime.newproc.func1"  # what newproc runs on the system stack
NEW_STACK = 2 << 10  # bytes: stackMin (stack.go)
FREE_UNDER_HI = 32  # bytes: four words under a new goroutine's first sp (newproc1 in proc.go)
# rt0_go calls the Go function newproc through its ABI0 wrapper, which newproc sees as its caller
CREATOR = "runtime.newproc.abi0"


class Newproc(Stage):
    """The call of newproc in rt0_go."""

    id = "newproc"
    stops = (("at", AtCall("runtime.rt0_go", "runtime.newproc")),)
    registers = (RT0_MAIN_PC,)
    show = ("stacks",)
    point = ("registers", "code")
    options = ("code", "g", "funcval")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        now, variables = context.now, context.now.variables
        argument, main_pc, fn = now.words.get(now.sp), variables.main_pc, variables.main_fn
        yield Claim("argument", argument == main_pc, {"mainPC": main_pc})
        yield Claim("fn", fn == context.entry("runtime.main"), {"fn": fn})

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        yield examine("argument", "$rsp", now, now.sp)
        argument = now.words.get(now.sp, 0)
        prefix = f"{argument:#x} <{now.classifier.classify(argument).name}>:\t"
        yield print_code_pointer("fn", f"x/a {argument:#x}", now, now.variables.main_fn, prefix)

    def solution(self, record: Record) -> Solution | None:
        now, variables = record.last, record.last.variables
        argument = now.words.get(now.sp)
        if argument is None:
            return None
        names = {variables.main_fn: "code", variables.main_pc: "funcval"}
        values = {"argument": argument, "fn": variables.main_fn}
        return Solution(names.get(argument, ""), values=values)


class Malg(Stage):
    """newproc1 has a new g, with a stack from malg."""

    id = "malg"
    stops = (
        ("malg", AfterCall(NEWPROC1, "runtime.malg")),
        ("dead", AfterCall(NEWPROC1, "runtime.casgstatus", 0)),
        ("allgs", AfterCall(NEWPROC1, "runtime.allgadd")),
    )
    shown_at = "allgs"
    main_goroutine_at = "malg"
    show = ("gs",)
    options = ("idle", "runnable", "dead")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        new, dead, listed = (context.at(label) for label in ("malg", "dead", "allgs"))
        size = new.g1.stack.size
        yield Claim("stack", size == NEW_STACK, {"size": size})
        yield Claim("idle", new.g1.atomicstatus == GIDLE, {"status": new.g1.status})
        held = dead.g1.atomicstatus == GDEAD and not _g1_on_allgs(dead)
        yield Claim("dead", held, {"status": dead.g1.status})
        yield Claim("allgs", _g1_on_allgs(listed), {"allglen": listed.runtime.allglen})

    def values(self, evidence: Evidence) -> Mapping[str, object]:
        return {"size": evidence.at("malg").g1.stack.size}

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        yield Hint("allglen", "p 'runtime.allglen'", str(now.runtime.allglen))
        yield print_bounds("stack", NEW_G, now.g1.stack)

    def solution(self, record: Record) -> Solution | None:
        status = record.last.g1.status
        return Solution(status, values={"status": status})


class Gostartcall(Stage):
    """gostartcallfn makes the gobuf look as if goexit had called the function."""

    id = "gostartcall"
    stops = (
        ("before", AtCall(NEWPROC1, "runtime.gostartcallfn")),
        ("after", AfterCall(NEWPROC1, "runtime.gostartcallfn")),
    )
    shown_at = "after"
    show = ("gobuf", "forged")
    point = ("forged", "gobuf")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        old, new = context.at("before").g1.sched, context.at("after").g1.sched
        hi, goexit = context.now.g1.stack.hi, context.program.goexit_return
        yield Claim("sp-before", old.sp == hi - FREE_UNDER_HI, {"sp": old.sp, "hi": hi})
        yield Claim("pc-before", old.pc == goexit, {"pc": old.pc})
        yield Claim("sp", new.sp == old.sp - 8, {"sp": new.sp})
        yield Claim("pc", new.pc == context.entry("runtime.main"), {"pc": new.pc})
        yield Claim("forged", context.word(new.sp) == goexit, {"sp": new.sp})
        yield Claim("ctxt", new.ctxt == context.now.variables.main_pc, {"ctxt": new.ctxt})
        yield Claim("bp", new.bp == 0)

    def sentences(self, context: CheckContext) -> Iterator[str]:
        yield "returns" if is_library(context.program.target) else "exits"

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now, gobuf = record.last, record.last.g1.sched
        yield examine_code_pointer("goexit", f"{NEW_G}.sched.sp", now, gobuf.sp)
        yield print_code_pointer("pc", f"p/a {NEW_G}.sched.pc", now, gobuf.pc)

    def known(self, past: Evidence) -> Mapping[str, object] | None:
        return {"free": FREE_UNDER_HI}

    def solution(self, record: Record) -> Solution | None:
        old, main = record.at("before").g1, record.last.g1
        below, hi = main.stack.hi - main.sched.sp, main.stack.hi
        before, pushed = old.stack.hi - old.sched.sp, old.sched.sp - main.sched.sp
        traps = {"empty": 0, "before": before, "pushed": pushed, "up": before - pushed}
        return Solution(below, traps, {"below": below, "sp": main.sched.sp, "hi": hi} | traps)


class Runnable(Stage):
    """The status is set to runnable; then the goid."""

    id = "runnable"
    stops = (
        ("at", AfterCall(NEWPROC1, "runtime.casgstatus", 1)),
        ("returned", AfterCall(NEWPROC_BODY, NEWPROC1)),
    )
    show = ("gs",)
    point = ("changes", "gs")
    options = ("running", "runnable", "waiting")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        before, ready = context.earlier("gostartcall"), context.at("at").g1
        done = context.at("returned").g1
        if before:
            was = before.last.g1.atomicstatus
            held = was == GDEAD and ready.atomicstatus == GRUNNABLE
            yield Claim("status", held, {"s": ready.status})
        yield Claim("goid", done.goid == 1, {"goid": done.goid})
        place = context.program.locate(done.gopc - 1)[0]
        yield Claim("gopc", place == CREATOR, {"gopc": done.gopc, "place": place})
        startpc = done.startpc
        yield Claim("startpc", startpc == context.entry("runtime.main"), {"startpc": startpc})

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        ready, done = evidence.at("at").g1, evidence.at("returned").g1
        yield "at_once" if ready.goid == done.goid else "later"

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        yield Hint("goid", f"p {NEW_G}.goid", str(now.g1.goid))
        yield print_code_pointer("startpc", f"p/a {NEW_G}.startpc", now, now.g1.startpc)

    def solution(self, record: Record) -> Solution | None:
        status = record.at("at").g1.status
        return Solution(status, values={"status": status})


class Runqput(Stage):
    """runqput has queued the new goroutine."""

    id = "runqput"
    stops = (("at", AfterCall(NEWPROC_BODY, "runtime.runqput")),)
    show = ("ps",)
    point = ("binding", "changes", "ps")
    options = ("global", "runq", "runnext")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        g1, runtime = context.now.g1, context.now.runtime
        queued = [g for p in runtime.ps for g in p.runq] + list(runtime.sched.runq)
        runnext = runtime.ps[0].runnext if runtime.ps else 0
        if _in_runq(context) and is_race(context.program.target):
            yield Claim("runq", not runnext and queued == [g1.address], {"g": g1.address})
            return
        yield Claim("runnext", runnext == g1.address, {"g": g1.address})
        yield Claim("queues", not queued)

    def sentences(self, evidence: Evidence) -> Iterator[str]:
        yield "runq" if _in_runq(evidence) else "runnext"

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        if now.runtime.ps:
            yield print_hex("runnext", "$go_p(0).runnext", now.runtime.ps[0].runnext)
        yield print_hex("g1", "$go_g(1)", now.g1.address)

    def solution(self, record: Record) -> Solution | None:
        g1, runtime = record.last.g1.address, record.last.runtime
        if not runtime.ps or g1 in runtime.ps[0].runq:  # by chance, with the race detector
            return None
        queues = {"global": runtime.sched.runq, "runnext": (runtime.ps[0].runnext,)}
        right = next((name for name, gs in queues.items() if g1 in gs), "")
        return Solution(right, values={"g": g1})


def _in_runq(evidence: Evidence) -> bool:
    """Report whether the main goroutine is in p0's queue, and not in p0.runnext.

    With the race detector runqput chooses at random (randomizeScheduler in proc.go).
    """
    ps = evidence.now.runtime.ps
    return bool(ps) and evidence.now.g1.address in ps[0].runq


def _g1_on_allgs(now: Observation) -> bool:
    return any(g.address == now.g1.address for g in now.runtime.gs)


STAGES = (Newproc, Malg, Gostartcall, Runnable, Runqput)
