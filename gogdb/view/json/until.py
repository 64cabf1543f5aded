"""`go-until --json`."""

from __future__ import annotations

from gogdb.i18n import use_language
from gogdb.view.json.goroutine import goroutine_json
from gogdb.view.until import Pursued, sentence

__all__ = ["until_json"]


def until_json(pursued: Pursued) -> dict[str, object]:
    """Return whether the goal was reached, or else why not, and where the goroutine is."""
    g, outcome = pursued.g, pursued.outcome
    reached = outcome.how == "reached"
    with use_language("en"):
        why = None if reached else sentence(pursued._replace(where=None))
    return {
        "goid": g.goid,
        "name": g.label,
        "goal": pursued.goal,
        "reached": reached,
        "at_once": outcome.at_once,
        "stopped": None if reached else _kind(pursued),
        "why": why,
        "goroutine": goroutine_json(pursued.where) if pursued.where else None,
    }


def _kind(pursued: Pursued) -> str:
    outcome = pursued.outcome
    if outcome.how == "ended" or outcome.stop is None:
        return "ended"
    return "timeout" if pursued.is_timeout else outcome.stop.how
