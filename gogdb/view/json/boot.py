"""The walk as JSON: `--json` and `report FILE.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gogdb.boot.locate import Located
from gogdb.boot.record import Change
from gogdb.boot.stage import Record
from gogdb.boot.stages import STAGES
from gogdb.i18n import use_language
from gogdb.view.json.stop import changes_json, claims_json, stop_json, stops_json
from gogdb.view.json.values import as_hex
from gogdb.view.narration import Narration

__all__ = ["as_json", "diff_json", "list_json"]


def diff_json(a: Record, b: Record, differences: Sequence[Change]) -> dict[str, object]:
    """Return what differs between two stages (`go-boot diff --json`)."""
    return {"from": a.stage.id, "to": b.stage.id, "changes": changes_json(differences)}


def list_json(
    located: Mapping[str, Located], records: Sequence[Record], narration: Narration
) -> dict[str, object]:
    """Return every stage with the addresses of its stops in this binary (`go-boot list --json`)."""
    seen = {record.stage.id for record in records}
    return {
        "stages": [
            {
                "id": stage.id,
                "number": stage.number,
                "title": narration.title(stage.id),
                "stops": {name: as_hex(a or None) for name, a in located[stage.id].stops.items()},
                "missing": located[stage.id].missing or None,
                "passed": stage.id in seen,
            }
            for stage in STAGES
        ]
    }


@use_language("en")  # all but the narration
def as_json(
    records: Sequence[Record], go_version: str, binary: str, narration: Narration, over: str = ""
) -> dict[str, object]:
    """Return stages of a walk; `over` says why the walk cannot go on, "" if it can."""
    claims = [claim for record in records for claim in record.claims]
    return {
        "go_version": go_version,
        "binary": binary,
        "stages": [_stage_json(record, narration) for record in records],
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


def _stage_json(record: Record, narration: Narration) -> dict[str, object]:
    stage = record.stage
    identity: dict[str, object] = {
        "id": stage.id,
        "number": stage.number,
        "title": narration.title(stage.id),
        "narration": narration.text(record),
        "skipped": record.skipped or None,
    }
    if not record.observations:
        return identity
    results = {
        "changes": changes_json(record.changes),
        "claims": claims_json(stage.id, record.claims, narration),
        "stops": stops_json(record.observations),
    }
    return identity | stop_json(record.shown) | results
