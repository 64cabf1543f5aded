"""The values by which a page compares any two stages: each stage has those that it changed."""

from __future__ import annotations

from collections.abc import Mapping

from gogdb.view.doc.pages import Fact

__all__ = ["changed_facts"]


def changed_facts(
    before: Mapping[str, Fact], now: Mapping[str, Fact]
) -> dict[str, list[str] | str | None]:
    """Return the facts that differ from the stage before, as `text` or `[key, text]`."""
    now = now or before  # nothing was observed at a skipped stage
    changed: dict[str, list[str] | str | None] = {name: None for name in before if name not in now}
    for name, fact in now.items():
        if before.get(name) != fact:
            changed[name] = fact.text if fact.key == fact.text else [fact.key, fact.text]
    return changed
