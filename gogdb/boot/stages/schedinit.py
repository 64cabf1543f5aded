"""schedinit: the first M is initialized and the Ps are made (runtime/proc.go)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gogdb.boot.anchors import AfterCall, Entry
from gogdb.boot.hint import M0, Hint, print_hex, print_stack_size
from gogdb.boot.observation import Observation
from gogdb.boot.question import Solution
from gogdb.boot.record import Claim
from gogdb.boot.stage import CheckContext, Evidence, Record, Stage

__all__ = ["STAGES"]

SCHEDINIT = "runtime.schedinit"
GSIGNAL_STACK = 32 << 10  # bytes: malg(32 * 1024) in mpreinit (os_linux.go)
MAX_MCOUNT = 10_000  # schedinit (proc.go)
MAX_INT32 = (1 << 31) - 1


class Schedinit(Stage):
    """The entry of schedinit."""

    id = "schedinit"
    stops = (("at", Entry(SCHEDINIT)),)
    show = ("sched",)
    point = ("registers", "code")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        now, runtime = context.now, context.now.runtime
        yield Claim("allp", not runtime.ps)
        yield Claim("allm", now.variables.allm == 0)
        yield Claim("gomaxprocs", runtime.gomaxprocs == 0)
        yield Claim("current", now.tls_g_label == "g0" and now.registers.g == runtime.g0)

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        if now.variables.allm is not None:
            yield print_hex("allm", "'runtime.allm'", now.variables.allm)
        yield Hint("gomaxprocs", "p 'runtime.gomaxprocs'", str(now.runtime.gomaxprocs))

    def solution(self, record: Record) -> Solution | None:
        runtime = record.last.runtime
        count = len(runtime.ms)
        traps = {"m0": 1} | ({"cpus": runtime.ncpu} if runtime.ncpu else {})
        return Solution(count, traps, {"count": count})


class Mcommoninit(Stage):
    """mcommoninit has put m0 on allm."""

    id = "mcommoninit"
    stops = (("at", AfterCall(SCHEDINIT, "runtime.mcommoninit")),)
    show = ("sched", "ms")
    point = ("changes", "ms")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        m0, runtime, sched = context.now.m0, context.now.runtime, context.now.runtime.sched
        yield Claim("maxmcount", sched.maxmcount == MAX_MCOUNT, {"maxmcount": sched.maxmcount})
        on_allm = [m.address for m in runtime.ms] == [runtime.m0]
        yield Claim("allm", on_allm and m0.id == 0, {"id": m0.id})
        yield Claim("mnext", sched.mnext == 1, {"mnext": sched.mnext})
        size = _gsignal_size(context.now)
        yield Claim("gsignal", size == GSIGNAL_STACK, {"size": size, "gsignal": m0.gsignal})

    def values(self, evidence: Evidence) -> Mapping[str, object]:
        return {"size": _gsignal_size(evidence.now)}

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        yield Hint("mnext", "p 'runtime.sched'.mnext", str(now.runtime.sched.mnext))
        gsignal = now.runtime.g(now.m0.gsignal)
        if gsignal is not None:
            yield print_stack_size("gsignal", f"{M0}.gsignal", gsignal)

    def solution(self, record: Record) -> Solution | None:
        sched, m0 = record.last.runtime.sched, record.last.m0
        traps = {"id": m0.id, "max": sched.maxmcount}
        return Solution(sched.mnext, traps, {"mnext": sched.mnext} | traps)


class Procresize(Stage):
    """procresize has made the Ps."""

    id = "procresize"
    stops = (("at", AfterCall(SCHEDINIT, "runtime.procresize")),)
    show = ("ps", "idle")
    point = ("binding", "idle", "ps")

    def claims(self, context: CheckContext) -> Iterator[Claim]:
        now, runtime, ps = context.now, context.now.runtime, context.now.runtime.ps
        yield self._count(context)
        first = ps[0] if ps else None
        bound = first is not None and now.m0.p == first.address and first.m == now.m0.address
        yield Claim("binding", bound)
        yield Claim("running", first is not None and first.status == "running")
        others, sched = {p.address for p in ps[1:]}, runtime.sched
        idle = all(p.status == "idle" for p in ps[1:]) and others == set(sched.pidle)
        yield Claim("pidle", idle and sched.npidle == len(others), {"npidle": len(others)})

    def _count(self, context: CheckContext) -> Claim:
        """Check the number of Ps: $GOMAXPROCS, else a cgroup's CPU limit, else the CPUs."""
        runtime, process = context.now.runtime, context.now.process
        count = len(runtime.ps)
        values = {"count": count, "ncpu": runtime.ncpu}
        setting = process.environment.get("GOMAXPROCS", "") if process else ""
        requested = _gomaxprocs(setting)
        # "+2" counts since go1.26 (strconv.ParseInt); older releases ignore it
        if requested and (not setting.startswith("+") or count == requested != runtime.ncpu):
            return Claim("environment", count == runtime.gomaxprocs == requested, values)
        if count < (runtime.ncpu or 0) and context.entry("runtime.defaultGOMAXPROCS") != -1:
            # since go1.25 a cgroup's CPU limit counts too, but never below 2 (cgroup_linux.go)
            return Claim("cgroup", 2 <= count == runtime.gomaxprocs, values)
        return Claim("cpus", count == runtime.gomaxprocs == runtime.ncpu, values)

    def values(self, evidence: Evidence) -> Mapping[str, object]:
        return {"count": len(evidence.now.runtime.ps)}

    def hints(self, record: Record) -> Iterator[Hint | None]:
        now = record.last
        yield print_hex("p", f"{M0}.p", now.m0.p)
        if now.runtime.ps:
            yield print_hex("allp", "'runtime.allp'.array[0]", now.runtime.ps[0].address)

    def known(self, past: Evidence) -> Mapping[str, object] | None:
        osinit = past.earlier("osinit")
        return {"ncpu": osinit.last.runtime.ncpu} if osinit else None

    def solution(self, record: Record) -> Solution | None:
        runtime = record.last.runtime
        idle, count = len(runtime.sched.pidle), len(runtime.ps)
        traps = {"count": count, "cpus": runtime.ncpu or count, "none": 0}
        return Solution(idle, traps, {"count": count, "idle": idle})


def _gsignal_size(now: Observation) -> int:
    """Return the size of m0.gsignal's stack in bytes, 0 before there is one."""
    gsignal = now.runtime.g(now.m0.gsignal)
    return gsignal.stack.size if gsignal else 0


def _gomaxprocs(text: str) -> int:
    """Return GOMAXPROCS as schedinit takes it: 0 unless a positive int32."""
    digits = text.removeprefix("+")
    return int(digits) if digits.isascii() and digits.isdigit() and int(digits) <= MAX_INT32 else 0


STAGES = (Schedinit, Mcommoninit, Procresize)
