"""go-stacks --group: equal stacks once, with how many goroutines stand there."""

from __future__ import annotations

from gogdb.i18n import tr
from gogdb.runtime.filters import Totals
from gogdb.runtime.groups import Group
from gogdb.view.doc import Cell, Column, Heading, Note, Part, Table, Text

__all__ = ["parts"]

NAMED = 8  # goroutines of a group that are named


def parts(group: Group) -> list[Part]:
    """One group, for people."""
    count = len(group)
    many = tr("{count} goroutines", count=count) if count > 1 else tr("1 goroutine")
    shown: list[Part] = [Heading(many, 2, aside=_kinds(group.kinds))]
    shown.append(Text(_names(group), "dim"))
    if group.frames:
        columns = (
            Column("#", "right", 9),
            Column(tr("function"), keep=9),
            Column(tr("at"), keep=8),
        )
        rows = [
            (
                Cell(str(number)),
                Cell(frame.function, frame.function, "function"),
                Cell(f"{frame.file.rpartition('/')[2]}:{frame.line}", frame.file),
            )
            for number, frame in enumerate(group.frames)
        ]
        shown.append(Table(columns, rows))
    if group.ended:
        shown.append(Note(group.ended, "hint" if group.first.is_dead else "warn"))
    return shown


def _kinds(kinds: Totals) -> str:
    """ "waiting, chan receive", with counts when they are of several kinds."""
    told = [
        (f"{status}, {reason}" if reason else status, count)
        for (status, reason), count in kinds.most_common()
    ]
    if len(told) == 1:
        return told[0][0]
    return "; ".join(f"{count} {said}" for said, count in told)


def _names(group: Group) -> str:
    names = [f"g{goid}" if goid else group.first.label for goid in group.goids[:NAMED]]
    more = len(group) - len(names)
    return " ".join(names) + (tr(" and {count} more", count=more) if more else "")
