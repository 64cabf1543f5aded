"""go-stacks --group: each stack once, with the goroutines that have it."""

from __future__ import annotations

from collections.abc import Sequence

from gogdb.i18n import tr
from gogdb.runtime.filters import Totals
from gogdb.runtime.groups import Group, Queue
from gogdb.view.doc.document import Cell, Column, Heading, Note, Part, Table, Text
from gogdb.view.format import number, source_place
from gogdb.view.place import place_text

__all__ = ["heading", "kinds_text", "names_text", "overview", "parts", "queue_text"]

MOST_NAMED = 8  # goroutines of a group that are named
MOST_QUEUES = 3  # named before the list of groups
MOST_LISTED = 40  # groups that have a row


def overview(groups: Sequence[Group]) -> list[Part]:
    """Return what the most goroutines queue for, and a row for each group, if there are several."""
    if len(groups) < 2:
        return []
    columns = (
        Column(tr("Gs"), "right", 9),
        Column(tr("status"), keep=9),
        Column(tr("where"), keep=9),
        Column(tr("queue"), keep=6),
    )
    rows = [
        (
            number(len(group)),
            Cell(kinds_text(group.kinds)),
            Cell(place_text(group.shape) or "-", role="function"),
            Cell(queue_text(group)),
        )
        for group in groups[:MOST_LISTED]
    ]
    more = len(groups) - MOST_LISTED
    left_out = [Note(tr("{count} more {count:group|groups} below", count=more))] if more > 0 else []
    return [*heading(groups), Table(columns, rows), *left_out]


def heading(groups: Sequence[Group]) -> list[Part]:
    """Return how many groups there are, and what the most goroutines queue for."""
    title = tr(
        "{groups} {groups:group|groups} of {count} {count:goroutine|goroutines}",
        groups=len(groups),
        count=sum(map(len, groups)),
    )
    queues = {queue.object: queue for group in groups for queue in group.queues}
    longest = sorted(queues.values(), key=lambda queue: -queue.total)[:MOST_QUEUES]
    notes = [
        Note(
            tr(
                "{count} {count:goroutine waits|goroutines wait} for {object}",
                count=queue.total,
                object=_object(queue),
            )
        )
        for queue in longest
    ]
    return [Heading(title, 2), *notes]


def queue_text(group: Group) -> str:
    """Return what the most of a group queue for, "" for nothing."""
    return ", ".join(map(_object, group.queues[:1]))


def _object(queue: Queue) -> str:
    return f"{queue.object.kind} {queue.object.address:#x}"


def parts(group: Group) -> list[Part]:
    """Return one group of goroutines with equal stacks."""
    count = len(group)
    title = tr("{count} {count:goroutine|goroutines}", count=count)
    page: list[Part] = [Heading(title, 2, aside=kinds_text(group.kinds))]
    place = place_text(group.shape)
    page.append(Text(f"{place}: {names_text(group)}" if place else names_text(group)))
    page += [Note(_queue(queue)) for queue in group.queues[:MOST_QUEUES]]
    if group.shape.frames:
        page.append(_frames(group))
    if group.shape.ended:
        page.append(Note(group.shape.ended, "hint" if group.first.is_dead else "warn"))
    return page


def _queue(queue: Queue) -> str:
    if queue.own == queue.total:
        return tr(
            "{count} {count:goroutine waits|goroutines wait} for {object}",
            count=queue.own,
            object=_object(queue),
        )
    return tr(
        "{count} of the {total} {total:goroutine that waits|goroutines that wait} for {object}",
        count=queue.own,
        total=queue.total,
        object=_object(queue),
    )


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
        for number, frame in enumerate(group.shape.frames)
    ]
    return Table(columns, rows)


def kinds_text(kinds: Totals) -> str:
    """Return "waiting, chan receive", or with counts "3 waiting, select; 1 runnable"."""
    names = [
        (f"{status}, {reason}" if reason else status, count)
        for (status, reason), count in kinds.most_common()
    ]
    if len(names) == 1:
        return names[0][0]
    return "; ".join(f"{count} {name}" for name, count in names)


def names_text(group: Group, most: int = MOST_NAMED) -> str:
    """Return the names of the first `most` goroutines of a group, and how many more there are."""
    names = [f"g{goid}" if goid else group.first.label for goid in group.goids[:most]]
    more = len(group) - len(names)
    return " ".join(names) + (tr(" and {count} more", count=more) if more else "")
