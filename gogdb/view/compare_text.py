"""Texts of a recorded walk without what differs in every run: addresses and thread ids."""

from __future__ import annotations

import re
from collections.abc import Iterable

from gogdb.i18n import tr
from gogdb.view.saved_walk import SavedStage

__all__ = ["OF_THE_RUN", "change_text", "union", "without_addresses", "without_run_values"]

OF_THE_RUN = ("m0.procid",)
"""Values about a run, not about the runtime."""

_ADDRESS = re.compile(r"0x[0-9a-f]{5,}")


def without_addresses(text: str) -> str:
    """Return a text with "0x…" for each of its addresses."""
    return _ADDRESS.sub("0x…", text)


def without_run_values(text: str, stage: SavedStage) -> str:
    """Return a text without addresses and thread ids, which differ in every run."""
    text = without_addresses(text)
    return re.sub(rf"\b{stage.thread}\b", tr("(thread id)"), text) if stage.thread else text


def change_text(stage: SavedStage, what: str) -> str:
    """Return how a stage changed a value, as "before → after"; "" if it did not."""
    if what not in stage.changes:
        return ""
    before, after = (
        without_run_values(str(value), stage) if value not in (None, "") else "–"
        for value in stage.changes[what]
    )
    return f"{before} → {after}"


def union(a: Iterable[str], b: Iterable[str]) -> list[str]:
    """Return the names in `a`, then those that only `b` has."""
    first = list(a)
    return first + [name for name in b if name not in set(first)]
