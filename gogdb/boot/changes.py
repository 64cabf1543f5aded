"""What a stage changed: the observations of two stops compared, value by value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gogdb.boot.observation import Observation
from gogdb.boot.record import Change
from gogdb.boot.stop import StopState
from gogdb.inferior.arch import Arch
from gogdb.runtime.model import G, M
from gogdb.runtime.scheduler import Runtime

__all__ = [
    "Fact",
    "Pointer",
    "compare",
    "differences",
    "facts",
    "g_facts",
    "p_facts",
    "register_names",
]


@dataclass(frozen=True)
class Pointer:
    """A pointer to a g, m or p: compared by address, displayed as the name."""

    address: int


class Fact(NamedTuple):
    """A value at a stop: `key` is compared, `value` is displayed. `key` is None for nil or ""."""

    key: object
    value: object


def compare(before: Observation | None, after: Observation) -> list[Change]:
    """Return what changed between two stops of the boot, nothing without `before`."""
    if before is None:
        return []
    return differences(before, _values(before), after, _values(after))


def differences(
    before: StopState, old: Mapping[str, object], after: StopState, new: Mapping[str, object]
) -> list[Change]:
    """Return the values that differ between two stops, in the order of `new`, then of `old`."""
    changes = []
    for name in [*new, *(name for name in old if name not in new)]:
        was, now = _fact(old.get(name), before), _fact(new.get(name), after)
        if was.key != now.key:
            changes.append(Change(name, was.value, now.value))
    return changes


def facts(observation: Observation) -> dict[str, Fact]:
    """Return the values that `compare` compares, by their names in Go's source: "m0.curg"."""
    return {name: _fact(value, observation) for name, value in _values(observation).items()}


def _fact(value: object, state: StopState) -> Fact:
    # nil, an empty list and an empty name count as the same value
    match value:
        case Pointer(address):
            return Fact(address or None, state.name(address))
        case tuple():
            return Fact(value or None, " ".join(state.name(address) for address in value))
    return Fact(None if value == "" else value, value)


def register_names(arch: Arch) -> tuple[str, ...]:
    """Return the registers that are compared: not pc, which changes at every stop."""
    return arch.sp, arch.fp, arch.g, arch.thread_pointer


def _values(observation: Observation) -> dict[str, object]:
    runtime, sched = observation.runtime, observation.runtime.sched
    values: dict[str, object] = {
        name: observation.registers[name] for name in register_names(observation.registers.arch)
    }
    values["TLS slot"] = Pointer(observation.tls_g)
    values |= g_facts("g0", observation.g0)
    values |= _m_facts("m0", observation.m0)
    values["gomaxprocs"] = runtime.gomaxprocs
    values["ncpu"] = runtime.ncpu
    values["len(allp)"] = len(runtime.ps)
    values["allm"] = tuple(m.address for m in runtime.ms)
    values["allglen"] = runtime.allglen
    for name in ("maxmcount", "mnext", "npidle", "nmidle", "nmspinning", "runqsize", "ngsys"):
        values[f"sched.{name}"] = getattr(sched, name)
    values["sched.pidle"] = tuple(sched.pidle)
    values |= p_facts(runtime)
    if observation.main_goroutine is not None:
        values |= g_facts("g1", observation.main_goroutine)
    return values


def p_facts(runtime: Runtime) -> dict[str, object]:
    """Return the fields of every P by name: "p0.status"."""
    values: dict[str, object] = {}
    for p in runtime.ps:
        name = f"p{p.id}"
        values[f"{name}.status"] = p.status
        values[f"{name}.m"] = Pointer(p.m)
        values[f"{name}.runnext"] = Pointer(p.runnext)
        values[f"{name}.runq"] = tuple(p.runq)
        values[f"{name}.schedtick"] = p.schedtick
    return values


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
    if name == "g0":  # it is never scheduled: these fields say nothing
        del values["goid"], values["status"], values["sched.ctxt"], values["sched.bp"]
    else:
        values |= {"gopc": g.gopc, "startpc": g.startpc, "waitreason": g.waitreason}
    return {f"{name}.{field}": value for field, value in values.items()}


def _m_facts(name: str, m: M) -> dict[str, object]:
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
