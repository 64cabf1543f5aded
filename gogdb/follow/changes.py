"""What a step changed in the goroutine, the Ms, the Ps and the run queues, value by value."""

from __future__ import annotations

from gogdb.boot.changes import Pointer, differences, g_facts, p_facts
from gogdb.boot.record import Change
from gogdb.follow.observation import Observation

__all__ = ["compare"]


def compare(before: Observation | None, after: Observation) -> list[Change]:
    """Return the values that differ between two stops, nothing without `before`.

    Registers are left out: the next stop may be on another thread.
    """
    if before is None:
        return []
    return differences(before, _facts(before), after, _facts(after))


def _facts(observation: Observation) -> dict[str, object]:
    runtime, g = observation.runtime, observation.goroutine
    facts = g_facts(g.label, g)
    for m in runtime.ms:
        facts |= {f"m{m.id}.curg": Pointer(m.curg), f"m{m.id}.p": Pointer(m.p)}
    facts |= {"sched.runq": tuple(runtime.sched.runq), "sched.npidle": runtime.sched.npidle}
    return facts | p_facts(runtime)
