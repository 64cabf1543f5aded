"""What go-until says before the program runs, and when it stops short of the goal."""

from __future__ import annotations

from typing import NamedTuple

from gogdb.follow.goal import Outcome
from gogdb.i18n import tr
from gogdb.runtime.model import G
from gogdb.view.follow import stop_reason
from gogdb.view.goroutine import Where, heading

__all__ = ["Pursued", "awaited", "sentence"]


class Pursued(NamedTuple):
    """A goroutine that was waited for: `goal` is "parked", "running" or a place.

    `where` is where it is now, None if it has no frames or the program has ended. `seconds` is the
    bound, None for none, and `is_timeout` tells that it was reached.
    """

    g: G
    goal: str
    outcome: Outcome
    where: Where | None
    seconds: int | None
    is_timeout: bool


def awaited(g: G, goal: str) -> str:
    """Return what is said before the program runs."""
    match goal:
        case "parked":
            return tr("waiting until {goroutine} is parked; Ctrl-C ends it", goroutine=g.label)
        case "running":
            return tr("waiting until {goroutine} runs; Ctrl-C ends it", goroutine=g.label)
    return tr(
        "waiting until {goroutine} comes to {place}; Ctrl-C ends it", goroutine=g.label, place=goal
    )


def sentence(pursued: Pursued) -> str:
    """Return why the goal is not reached, and the state of the goroutine."""
    why = _why(pursued)
    if pursued.where is None:
        return why
    return tr("{why}; {goroutine}", why=why, goroutine=heading(pursued.where))


def _why(pursued: Pursued) -> str:
    g, stop = pursued.g, pursued.outcome.stop
    if pursued.outcome.how == "ended" or stop is None:
        return tr("{goroutine} has ended", goroutine=g.label)
    if pursued.is_timeout:
        return tr("not within {seconds} s (--timeout)", seconds=pursued.seconds)
    return stop_reason(stop.how, stop.detail)
