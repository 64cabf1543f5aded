"""What every stage and step has, as JSON: where it stopped, its claims and its changes."""

from __future__ import annotations

from collections.abc import Iterable

from gogdb.boot.record import Change, Claim
from gogdb.boot.stop import StopState
from gogdb.view.address_text import describe
from gogdb.view.json.values import as_hex, compared_value
from gogdb.view.narration import Narration

__all__ = ["changes_json", "claims_json", "stop_json", "stops_json"]


def stop_json(state: StopState) -> dict[str, object]:
    """Return where the program is stopped, its registers and frames."""
    return {
        "function": state.function,
        "offset": state.offset,
        "file": state.file or None,
        "line": state.line or None,
        "thread": state.lwp,
        "registers": {name: as_hex(value) for name, value in state.registers.items()},
        "meanings": {name: describe(info) for name, info in state.register_info.items()},
        "frames": [frame.function for frame in state.frames],
        "tls": {
            "slot": as_hex(state.tls_slot),
            "value": as_hex(state.tls_g),
            "g": state.tls_g_label or None,
        },
    }


def stops_json(states: Iterable[StopState]) -> list[dict[str, object]]:
    """Return every stop of a stage or step, in order."""
    return [{"label": s.label, "rip": as_hex(s.pc), "rsp": as_hex(s.sp)} for s in states]


def claims_json(
    stage: str, claims: Iterable[Claim], narration: Narration
) -> list[dict[str, object]]:
    """Return the claims of a stage or step, with their texts."""
    return [
        {"id": claim.id, "text": narration.claim(stage, claim), "holds": claim.holds}
        for claim in claims
    ]


def changes_json(changes: Iterable[Change]) -> list[dict[str, object]]:
    """Return the values that a stage or step changed; null for one that did not exist."""
    return [
        {"what": c.what, "before": compared_value(c.before), "after": compared_value(c.after)}
        for c in changes
    ]
