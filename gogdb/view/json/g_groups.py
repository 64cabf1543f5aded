"""go-gmp g --group-by as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gogdb.runtime.groupings import label_key
from gogdb.runtime.groups import Group
from gogdb.runtime.model import LabelSet
from gogdb.runtime.place import Place
from gogdb.view.json.g_header import labels, valid_text
from gogdb.view.json.groups import kinds, queues

__all__ = ["groups"]

_KEYS = {"where": "place", "creator": "creator", "start": "start", "reason": "waitreason"}


def groups(by: str, groups: Sequence[Group]) -> Iterator[dict[str, object]]:
    """Yield each group; its `goids` are in the order of allgs."""
    key = _KEYS.get(by, "label" if label_key(by) else "labels")
    for group in groups:
        yield {
            key: _value(key, group.value.value),
            "count": len(group),
            "kinds": kinds(group),
            "system": group.system,
            "queues": queues(group),
            "goids": list(group.goids),
            "unreadable": group.value.unreadable or None,
        }


def _value(key: str, value: Any) -> object:
    """Return the value of a group; None, for none, stays None."""
    match key, value:
        case "place", Place():
            return value._asdict() | {"called": value.called or None}
        case "labels", tuple():
            return labels(LabelSet(value))
        case "label", str():
            return valid_text(value)
    return value
