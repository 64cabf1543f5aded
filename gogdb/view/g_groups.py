"""go-gmp g --group-by: how many goroutines have which place, creator, label and so on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gogdb.i18n import tr
from gogdb.runtime.groupings import label_key
from gogdb.runtime.groups import Group
from gogdb.runtime.place import Place
from gogdb.view.doc.document import Cell, Column, Part, Table
from gogdb.view.format import name, number, unreadable
from gogdb.view.g_header import pairs_text
from gogdb.view.groups import heading, kinds_text, names_text, queue_text
from gogdb.view.place import text_of

__all__ = ["table"]

_MOST_NAMED = 3  # goroutines of a group


def table(by: str, groups: Sequence[Group], limit: int) -> list[Part]:
    """Return what the most goroutines queue for, and a row for each of the first groups."""
    queues = any(group.queues for group in groups[:limit])
    columns = (
        Column(tr("Gs"), "right", 9),
        Column(_title(by), keep=9),
        Column(tr("status"), keep=8),
        Column(tr("queue"), keep=6),
        Column(tr("goroutines"), keep=5),
    )
    rows = [
        (
            number(len(group)),
            _value(by, group),
            Cell(kinds_text(group.kinds)),
            Cell(queue_text(group)),
            Cell(names_text(group, _MOST_NAMED)),
        )
        for group in groups[:limit]
    ]
    kept = [at for at in range(len(columns)) if queues or at != 3]
    shown = [[row[at] for at in kept] for row in rows]
    return [*heading(groups), Table([columns[at] for at in kept], shown)]


def _title(by: str) -> str:
    match by:
        case "where":
            return tr("where")
        case "creator":
            return tr("created by")
        case "start":
            return tr("started in")
        case "reason":
            return tr("wait reason")
        case "label":
            return tr("labels")
    return label_key(by)


def _value(by: str, group: Group) -> Cell:
    value: Any = group.value.value
    if group.value.unreadable:
        return unreadable(group.value.unreadable)
    match by, value:
        case "where", Place():
            return name(text_of(value), "function")
        case "creator" | "start", str():
            return name(value, "function")
        case "label", tuple():
            return name(pairs_text(value))
        case _, "":
            return Cell('""')
    return name(value or "")
