"""What a stage changed: two moments compared, value by value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gogdb.boot.observation import Observation
from gogdb.boot.record import Change
from gogdb.boot.stop import StopState
from gogdb.inferior.arch import Arch
from gogdb.runtime.model import G, M
from gogdb.runtime.scheduler import Runtime

__all__ = [
    "Pointer",
    "compare",
    "differences",
    "facts",
    "g_facts",
    "p_facts",
    "register_names",
    "told",
]


def compare(before: Observation | None, after: Observation) -> list[Change]:
    """Return the values that differ, in the order in which a reader meets them."""
    if before is None:
        return []
    return differences(before, facts(before), after, facts(after))


def differences(
    before: StopState, old: Mapping[str, object], after: StopState, new: Mapping[str, object]
) -> list[Change]:
    """Return what differs between the facts of two stops, those of `after` first."""
    changes = []
    for name in [*new, *(name for name in old if name not in new)]:
        was, now = old.get(name), new.get(name)
        if _bare(was) != _bare(now):
            changes.append(Change(name, _told(was, before), _told(now, after)))
    return changes


def told(moment: Observation) -> dict[str, tuple[object, object]]:
    """Each fact as `compare` compares it, and as it tells it; the first is None for nothing."""
    return {name: (_bare(fact), _told(fact, moment)) for name, fact in facts(moment).items()}


@dataclass(frozen=True)
class Pointer:
    """A g, an m or a p: compared as an address, told by its name."""

    address: int


def _bare(value: object) -> object:
    """Nil and nothing are the same to a reader."""
    return None if value in (Pointer(0), (), "") else value


def _told(value: object, state: StopState) -> object:
    if isinstance(value, Pointer):
        return state.name(value.address)
    if isinstance(value, tuple):
        return " ".join(state.name(address) for address in value)
    return value


def register_names(arch: Arch) -> tuple[str, ...]:
    """Return the registers whose changes are recorded; pc changes at every stop."""
    return arch.sp, arch.fp, arch.g, arch.thread_pointer


def facts(moment: Observation) -> dict[str, object]:
    """The values of a moment that teach something, by the name that a Go reader knows."""
    runtime, sched = moment.runtime, moment.runtime.sched
    names = register_names(moment.registers.arch)
    found: dict[str, object] = {name: moment.registers[name] for name in names}
    found["TLS slot"] = Pointer(moment.tls_g)
    found |= g_facts("g0", moment.g0)
    found |= _m("m0", moment.m0)
    found["gomaxprocs"] = runtime.gomaxprocs
    found["ncpu"] = runtime.ncpu
    found["len(allp)"] = len(runtime.ps)
    found["allm"] = tuple(m.address for m in runtime.ms)
    found["allglen"] = runtime.allglen
    for name in ("maxmcount", "mnext", "npidle", "nmidle", "nmspinning", "runqsize", "ngsys"):
        found[f"sched.{name}"] = getattr(sched, name)
    found["sched.pidle"] = tuple(sched.pidle)
    found |= p_facts(runtime)
    if moment.main is not None:
        found |= g_facts("g1", moment.main)
    return found


def p_facts(runtime: Runtime) -> dict[str, object]:
    """Return the fields of every P by name: "p0.status"."""
    found: dict[str, object] = {}
    for p in runtime.ps:
        name = f"p{p.id}"
        found[f"{name}.status"] = p.status
        found[f"{name}.m"] = Pointer(p.m)
        found[f"{name}.runnext"] = Pointer(p.runnext)
        found[f"{name}.runq"] = tuple(p.runq)
        found[f"{name}.schedtick"] = p.schedtick
    return found


def g_facts(name: str, g: G) -> dict[str, object]:
    """Return the fields of a g by name: "g1.sched.sp"."""
    gobuf = g.sched
    values: dict[str, object] = {
        "goid": g.goid,
        "status": g.status,
        "m": Pointer(g.m),
        "stack.lo": g.stack.lo,
        "stack.hi": g.stack.hi,
        "stackguard0": g.stackguard0,
        "sched.sp": gobuf.sp,
        "sched.pc": gobuf.pc,
        "sched.g": Pointer(gobuf.g),
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
        f"{name}.g0": Pointer(m.g0),
        f"{name}.gsignal": Pointer(m.gsignal),
        f"{name}.curg": Pointer(m.curg),
        f"{name}.p": Pointer(m.p),
        f"{name}.locks": m.locks,
        f"{name}.spinning": m.spinning,
    }
