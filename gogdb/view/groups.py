"""go-stacks --group: each stack once, with the goroutines that have it."""

from __future__ import annotations

from gogdb.i18n import tr
from gogdb.runtime.filters import Totals
from gogdb.runtime.groups import Group
from gogdb.view.doc.document import Cell, Column, Heading, Note, Part, Table, Text
from gogdb.view.format import source_place

__all__ = ["parts"]

MOST_NAMED = 8  # goroutines of a group that are named


def parts(group: Group) -> list[Part]:
    """Return one group of goroutines with equal stacks."""
    count = len(group)
    title = tr("{count} goroutines", count=count) if count > 1 else tr("1 goroutine")
    page: list[Part] = [Heading(title, 2, aside=_kinds(group.kinds))]
    page.append(Text(_names(group), "dim"))
    if group.frames:
        page.append(_frames(group))
    if group.ended:
        page.append(Note(group.ended, "hint" if group.first.is_dead else "warn"))
    return page


def _frames(group: Group) -> Table:
    columns = (
        Column("#", "right", 9),
        Column(tr("function"), keep=9),
        Column(tr("at"), keep=8),
    )
    rows = [
        (
            Cell(str(number)),
            Cell(frame.function, frame.function, "function"),
            Cell(source_place(frame.file, frame.line), frame.file),
        )
        for number, frame in enumerate(group.frames)
    ]
    return Table(columns, rows)


def _kinds(kinds: Totals) -> str:
    """Return "waiting, chan receive", or with counts "3 waiting, select; 1 runnable"."""
    names = [
        (f"{status}, {reason}" if reason else status, count)
        for (status, reason), count in kinds.most_common()
    ]
    if len(names) == 1:
        return names[0][0]
    return "; ".join(f"{count} {name}" for name, count in names)


def _names(group: Group) -> str:
    names = [f"g{goid}" if goid else group.first.label for goid in group.goids[:MOST_NAMED]]
    more = len(group) - len(names)
    return " ".join(names) + (tr(" and {count} more", count=more) if more else "")
