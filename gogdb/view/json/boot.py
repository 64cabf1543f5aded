"""The walk as JSON: `--json` and `report FILE.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gogdb.boot.locate import Located
from gogdb.boot.observation import Change, Record
from gogdb.boot.stages import STAGES
from gogdb.i18n import use_language
from gogdb.view.address_text import describe
from gogdb.view.doc.json_rows import as_hex
from gogdb.view.narration import Narration

__all__ = ["as_json", "diff_json", "road_json", "stage_json"]


def diff_json(a: Record, b: Record, found: Sequence[Change]) -> dict[str, object]:
    return {"from": a.stage.id, "to": b.stage.id, "changes": _changes_json(found)}


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
        "stages": [stage_json(record, words) for record in records],
        "summary": {
            "stages": len(records),
            "seen": sum(bool(record.moments) for record in records),
            "skipped": [record.stage.id for record in records if record.skipped],
            "claims": len(claims),
            "failed": sum(not claim.holds for claim in claims),
            "complete": len(records) == len(STAGES),
            "ended": over or None,
        },
    }


def stage_json(record: Record, words: Narration) -> dict[str, object]:
    """One stage: what was seen, and what is said of it."""
    stage = record.stage
    told: dict[str, object] = {
        "id": stage.id,
        "number": stage.number,
        "title": words.title(stage.id),
        "narration": words.text(record),
        "skipped": record.skipped or None,
    }
    if not record.moments:
        return told
    moment = record.main
    return told | {
        "function": moment.function,
        "offset": moment.offset,
        "file": moment.file or None,
        "line": moment.line or None,
        "thread": moment.lwp,
        "registers": {name: as_hex(value) for name, value in moment.registers.items()},
        "meanings": {name: describe(what) for name, what in moment.meanings.items()},
        "frames": [frame.function for frame in moment.frames],
        "tls": {"slot": as_hex(moment.tls), "value": as_hex(moment.g), "g": moment.current or None},
        "changes": _changes_json(record.changes),
        "claims": [
            {"id": claim.id, "text": words.claim(stage.id, claim), "holds": claim.holds}
            for claim in record.claims
        ],
        "stops": [
            {"label": m.label, "rip": as_hex(m.pc), "rsp": as_hex(m.sp)} for m in record.moments
        ],
    }


def _changes_json(found: Sequence[Change]) -> list[dict[str, object]]:
    return [
        {"what": c.what, "before": _json_value(c.before), "after": _json_value(c.after)}
        for c in found
    ]


def _json_value(value: object) -> object:
    large = isinstance(value, int) and not isinstance(value, bool) and value > 0xFFFF
    return f"{value:#x}" if large else value
