"""What a stage changed: two moments compared, value by value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gogdb.boot.observation import Change, Observation
from gogdb.runtime.model import G, M
from gogdb.runtime.scheduler import Runtime

__all__ = ["REGISTERS", "compare", "facts", "round_facts", "told"]

REGISTERS = ("rsp", "rbp", "r14", "fs_base")


def compare(
    before: Observation | None,
    after: Observation,
    of: Callable[[Observation], Mapping[str, object]] | None = None,
) -> list[Change]:
    """The values that differ, in the order in which a reader meets them."""
    if before is None:
        return []
    old, new = (of or facts)(before), (of or facts)(after)
    names = [*new, *(name for name in old if name not in new)]
    found = []
    for name in names:
        was, now = old.get(name), new.get(name)
        if _bare(was) != _bare(now):
            found.append(Change(name, _told(was, before), _told(now, after)))
    return found


def told(moment: Observation) -> dict[str, tuple[object, object]]:
    """Each fact as `compare` compares it, and as it tells it; the first is None for nothing."""
    return {name: (_bare(fact), _told(fact, moment)) for name, fact in facts(moment).items()}


@dataclass(frozen=True)
class _Pointer:
    """A g, an m or a p: compared as an address, told by its name."""

    address: int


def _bare(value: object) -> object:
    """Nil and nothing are the same to a reader."""
    return None if value in (_Pointer(0), (), "") else value


def _told(value: object, moment: Observation) -> object:
    if isinstance(value, _Pointer):
        return _called(value.address, moment)
    if isinstance(value, tuple):
        return " ".join(_called(address, moment) for address in value)
    return value


def _called(address: int, moment: Observation) -> str:
    """A g, m or p by name, also those that are on no list yet."""
    names = {moment.runtime.m0: "m0", moment.runtime.g0: "g0"}
    if moment.main is not None:
        names[moment.main.address] = moment.main.label
    return moment.runtime.name(address) if address not in names else names[address]


def facts(moment: Observation) -> dict[str, object]:
    """The values of a moment that teach something, by the name that a Go reader knows."""
    runtime, sched = moment.runtime, moment.runtime.sched
    found: dict[str, object] = {name: moment.registers[name] for name in REGISTERS}
    found["TLS slot"] = _Pointer(moment.g)
    found |= _g("g0", moment.g0)
    found |= _m("m0", moment.m0)
    found["gomaxprocs"] = runtime.gomaxprocs
    found["ncpu"] = runtime.ncpu
    found["len(allp)"] = len(runtime.ps)
    found["allm"] = tuple(m.address for m in runtime.ms)
    found["allglen"] = runtime.allglen
    for name in ("maxmcount", "mnext", "npidle", "nmidle", "nmspinning", "runqsize", "ngsys"):
        found[f"sched.{name}"] = getattr(sched, name)
    found["sched.pidle"] = tuple(sched.pidle)
    found |= _ps(runtime)
    if moment.main is not None:
        found |= _g("g1", moment.main)
    return found


def round_facts(moment: Observation) -> dict[str, object]:
    """What a round may change: its goroutine, the Ms and Ps and what waits for them.

    Registers are left out: the next stop may well be on another thread.
    """
    runtime = moment.runtime
    found = _g(moment.main.label, moment.main) if moment.main is not None else {}
    for m in runtime.ms:
        found |= {f"m{m.id}.curg": _Pointer(m.curg), f"m{m.id}.p": _Pointer(m.p)}
    found |= {"sched.runq": tuple(runtime.sched.runq), "sched.npidle": runtime.sched.npidle}
    return found | _ps(runtime)


def _ps(runtime: Runtime) -> dict[str, object]:
    found: dict[str, object] = {}
    for p in runtime.ps:
        name = f"p{p.id}"
        found[f"{name}.status"] = p.status
        found[f"{name}.m"] = _Pointer(p.m)
        found[f"{name}.runnext"] = _Pointer(p.runnext)
        found[f"{name}.runq"] = tuple(p.runq)
        found[f"{name}.schedtick"] = p.schedtick
    return found


def _g(name: str, g: G) -> dict[str, object]:
    gobuf = g.sched
    values: dict[str, object] = {
        "goid": g.goid,
        "status": g.status,
        "m": _Pointer(g.m),
        "stack.lo": g.stack.lo,
        "stack.hi": g.stack.hi,
        "stackguard0": g.stackguard0,
        "sched.sp": gobuf.sp,
        "sched.pc": gobuf.pc,
        "sched.g": _Pointer(gobuf.g),
        "sched.ctxt": gobuf.ctxt,
        "sched.bp": gobuf.bp,
    }
    if name == "g0":  # it is never scheduled: these would only be noise
        del values["goid"], values["status"], values["sched.ctxt"], values["sched.bp"]
    else:
        values |= {"gopc": g.gopc, "startpc": g.startpc, "waitreason": g.waitreason}
    return {f"{name}.{field}": value for field, value in values.items()}


def _m(name: str, m: M) -> dict[str, object]:
    return {
        f"{name}.id": m.id,
        f"{name}.procid": m.procid,
        f"{name}.g0": _Pointer(m.g0),
        f"{name}.gsignal": _Pointer(m.gsignal),
        f"{name}.curg": _Pointer(m.curg),
        f"{name}.p": _Pointer(m.p),
        f"{name}.locks": m.locks,
        f"{name}.spinning": m.spinning,
    }
