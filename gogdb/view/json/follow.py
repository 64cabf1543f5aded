"""A goroutine's round as JSON: `go-boot follow --json`."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.follow.step import Record
from gogdb.i18n import use_language
from gogdb.runtime.gobuf import gobuf_words
from gogdb.runtime.model import G
from gogdb.view.json.stop import changes_json, claims_json, stop_json, stops_json
from gogdb.view.json.values import as_hex
from gogdb.view.narration import Narration

__all__ = ["as_json"]


@use_language("en")  # everything but the narration
def as_json(
    records: Sequence[Record],
    g: G,
    go_version: str,
    binary: str,
    narration: Narration,
    ended: str = "",
) -> dict[str, object]:
    """Return the steps of a round; `ended` is why it was not followed to its end, if so."""
    claims = [claim for record in records for claim in record.claims]
    last = records[-1].step if records else None
    return {
        "go_version": go_version,
        "binary": binary,
        "goroutine": {"goid": g.goid, "address": as_hex(g.address)},
        "stages": [_step_json(record, narration) for record in records],
        "summary": {
            "stages": len(records),
            "claims": len(claims),
            "failed": sum(not claim.holds for claim in claims),
            "complete": last is not None and not last.then,
            "ended": ended or None,
        },
    }


def _step_json(record: Record, narration: Narration) -> dict[str, object]:
    """Return a step as a stage of the boot, with the status and gobuf of the goroutine.

    A step without stops describes a goroutine off the CPU: it has no registers and frames.
    """
    step, last = record.step, record.last
    stopped = bool(step.stops)
    gobuf = last.goroutine.sched
    answer: dict[str, object] = {
        "id": step.id,
        "number": record.number,
        "title": narration.title(step.id),
        "narration": narration.passage(step.id, record.values, record.sentences),
    }
    if stopped:
        answer |= stop_json(record.shown)
    answer |= {
        "changes": changes_json(record.changes),
        "claims": claims_json(step.id, record.claims, narration),
    }
    if stopped:
        answer |= {"stops": stops_json(record.observations), "m": last.m.id}
    return answer | {
        "status": last.goroutine.status,
        "gobuf": {field: as_hex(word) for field, word in gobuf_words(gobuf).items()},
    }
