"""Steps in which casgstatus changes the goroutine's status (runtime/proc.go)."""

from __future__ import annotations

from collections.abc import Iterator

from gogdb.boot.anchors import Entry, Return
from gogdb.boot.hint import Hint, print_hex
from gogdb.boot.record import Claim
from gogdb.follow import hints
from gogdb.follow.arrival import GivesStatus
from gogdb.follow.observation import Observation
from gogdb.follow.step import Evidence, Step

__all__ = ["StatusChange"]


class StatusChange(Step):
    """casgstatus has changed the status; the card shows its caller, whose source says why."""

    stops = (("before", Entry("runtime.casgstatus")), ("after", Return()))
    shown_at = "after"
    counts_if: GivesStatus

    def values(self, evidence: Evidence) -> dict[str, object]:
        function = evidence.now.function.removesuffix(".abi0")
        was = evidence.first.goroutine.status
        return super().values(evidence) | {"function": function, "was": was}

    def claims(self, evidence: Evidence) -> Iterator[Claim]:
        was, now = evidence.first.goroutine, evidence.now.goroutine
        given = self.counts_if.status
        changed = evidence.first.status != given == evidence.now.status
        yield Claim("status", changed, {"was": was.status, "status": now.status})

    def hints(self, now: Observation) -> Iterator[Hint | None]:
        yield hints.depth(now, now.g0)
        yield print_hex("curg", f"$go_m({now.m.id}).curg", now.m.curg)
