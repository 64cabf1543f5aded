"""What a stage changed: two moments compared, value by value."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.boot.moment import Change, Moment
from gogdb.runtime.model import G, M

__all__ = ["compare", "facts"]

REGISTERS = ("rsp", "rbp", "r14", "fs_base")


def compare(before: Moment | None, after: Moment) -> list[Change]:
    """The values that differ, in the order in which a reader meets them."""
    old = facts(before) if before else {}
    new = facts(after)
    names = [*new, *(name for name in old if name not in new)]
    return [
        Change(name, old.get(name), new.get(name))
        for name in names
        if before is not None and old.get(name) != new.get(name)
    ]


def facts(moment: Moment) -> dict[str, object]:
    """The values of a moment that teach something, by the name that a Go reader knows."""
    runtime, sched = moment.runtime, moment.runtime.sched
    found: dict[str, object] = {name: moment.registers[name] for name in REGISTERS}
    found["TLS slot"] = moment.current or moment.g
    found |= _g("g0", moment.g0, moment)
    found |= _m("m0", moment.m0, moment)
    found["gomaxprocs"] = runtime.gomaxprocs
    found["ncpu"] = runtime.ncpu
    found["len(allp)"] = len(runtime.ps)
    found["allm"] = _names(moment, [m.address for m in runtime.ms])
    found["allglen"] = runtime.allglen
    for name in ("maxmcount", "mnext", "npidle", "nmidle", "nmspinning", "runqsize", "ngsys"):
        found[f"sched.{name}"] = getattr(sched, name)
    found["sched.pidle"] = _names(moment, sched.pidle)
    for p in runtime.ps:
        name = f"p{p.id}"
        found[f"{name}.status"] = p.status
        found[f"{name}.m"] = runtime.name(p.m)
        found[f"{name}.runnext"] = runtime.name(p.runnext)
        found[f"{name}.runq"] = _names(moment, p.runq)
        found[f"{name}.schedtick"] = p.schedtick
    if moment.main is not None:
        found |= _g("g1", moment.main, moment)
    return found


def _g(name: str, g: G, moment: Moment) -> dict[str, object]:
    gobuf = g.sched
    values: dict[str, object] = {
        "goid": g.goid,
        "status": g.status,
        "m": moment.runtime.name(g.m),
        "stack.lo": g.stack.lo,
        "stack.hi": g.stack.hi,
        "stackguard0": g.stackguard0,
        "sched.sp": gobuf.sp,
        "sched.pc": gobuf.pc,
        "sched.g": moment.runtime.name(gobuf.g),
        "sched.ctxt": gobuf.ctxt,
        "sched.bp": gobuf.bp,
    }
    if name == "g0":  # it is never scheduled: these would only be noise
        del values["goid"], values["status"], values["sched.ctxt"], values["sched.bp"]
    else:
        values |= {"gopc": g.gopc, "startpc": g.startpc, "waitreason": g.waitreason}
    return {f"{name}.{field}": value for field, value in values.items()}


def _m(name: str, m: M, moment: Moment) -> dict[str, object]:
    called = moment.runtime.name
    return {
        f"{name}.id": m.id,
        f"{name}.procid": m.procid,
        f"{name}.g0": called(m.g0),
        f"{name}.gsignal": called(m.gsignal),
        f"{name}.curg": called(m.curg),
        f"{name}.p": called(m.p),
        f"{name}.locks": m.locks,
        f"{name}.spinning": m.spinning,
    }


def _names(moment: Moment, addresses: Sequence[int]) -> str:
    return " ".join(moment.runtime.name(address) for address in addresses)
