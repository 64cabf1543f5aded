"""A goroutine's round as JSON: `go-boot follow --json`."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.boot.observation import Record
from gogdb.follow.steps import Leg
from gogdb.i18n import use_language
from gogdb.runtime.gobuf import words as gobuf_words
from gogdb.runtime.model import G
from gogdb.view.doc.json_rows import as_hex
from gogdb.view.json.boot import stage_json
from gogdb.view.narration import Narration

__all__ = ["as_json"]


@use_language("en")  # all but the words that are given
def as_json(
    records: Sequence[Record],
    g: G,
    go_version: str,
    binary: str,
    words: Narration,
    ended: str = "",
) -> dict[str, object]:
    """The legs of a round; `ended`: why it could be followed no further."""
    claims = [claim for record in records for claim in record.claims]
    last = records[-1].stage if records else None
    return {
        "go_version": go_version,
        "binary": binary,
        "goroutine": {"goid": g.goid, "address": as_hex(g.address)},
        "stages": [_leg_json(record, words) for record in records],
        "summary": {
            "stages": len(records),
            "claims": len(claims),
            "failed": sum(not claim.holds for claim in claims),
            "complete": isinstance(last, Leg) and not last.then,
            "ended": ended or None,
        },
    }


# All that there is of a leg which only tells how the goroutine was found
_FOUND = ("id", "number", "title", "narration", "changes", "claims")


def _leg_json(record: Record, words: Narration) -> dict[str, object]:
    """A stage as the boot's, and what the leg is about: the goroutine and its gobuf."""
    moment, g = record.last, record.last.main
    assert g is not None, "a leg is always about a goroutine"
    told = stage_json(record, words)
    if record.stage.stops:
        told = {key: value for key, value in told.items() if key != "skipped"}
        told["m"] = moment.m0.id
    else:
        told = {key: told[key] for key in _FOUND}
    gobuf = {field: as_hex(word) for field, word in gobuf_words(g.sched).items()}
    return told | {"status": g.status, "gobuf": gobuf}
