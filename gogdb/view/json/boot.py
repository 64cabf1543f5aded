"""The walk as JSON: `--json` and `report FILE.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gogdb.boot.locate import Located
from gogdb.boot.record import Change
from gogdb.boot.stage import Record
from gogdb.boot.stages import STAGES
from gogdb.i18n import use_language
from gogdb.view.json.stop import changes_json, claims_json, stop_json, stops_json
from gogdb.view.json_rows import as_hex
from gogdb.view.narration import Narration

__all__ = ["as_json", "diff_json", "road_json"]


def diff_json(a: Record, b: Record, found: Sequence[Change]) -> dict[str, object]:
    return {"from": a.stage.id, "to": b.stage.id, "changes": changes_json(found)}


def road_json(
    located: Mapping[str, Located], records: Sequence[Record], words: Narration
) -> dict[str, object]:
    """Every stage with the addresses of its stops in this binary."""
    seen = {record.stage.id: record for record in records}
    return {
        "stages": [
            {
                "id": stage.id,
                "number": stage.number,
                "title": words.title(stage.id),
                "stops": {name: as_hex(a or None) for name, a in located[stage.id].stops.items()},
                "missing": located[stage.id].missing or None,
                "passed": stage.id in seen,
            }
            for stage in STAGES
        ]
    }


@use_language("en")  # all but the words that are given
def as_json(
    records: Sequence[Record], go_version: str, binary: str, words: Narration, over: str = ""
) -> dict[str, object]:
    """The walk as `report FILE.json` and `--json` write it."""
    claims = [claim for record in records for claim in record.claims]
    return {
        "go_version": go_version,
        "binary": binary,
        "stages": [_stage_json(record, words) for record in records],
        "summary": {
            "stages": len(records),
            "seen": sum(bool(record.observations) for record in records),
            "skipped": [record.stage.id for record in records if record.skipped],
            "claims": len(claims),
            "failed": sum(not claim.holds for claim in claims),
            "complete": len(records) == len(STAGES),
            "ended": over or None,
        },
    }


def _stage_json(record: Record, words: Narration) -> dict[str, object]:
    """One stage: what was seen, and what is said of it."""
    stage = record.stage
    told: dict[str, object] = {
        "id": stage.id,
        "number": stage.number,
        "title": words.title(stage.id),
        "narration": words.text(record),
        "skipped": record.skipped or None,
    }
    if not record.observations:
        return told
    return (
        told
        | stop_json(record.shown)
        | {
            "changes": changes_json(record.changes),
            "claims": claims_json(stage.id, record.claims, words),
            "stops": stops_json(record.observations),
        }
    )
