"""go-gmp g: how many goroutines there are of each kind, and the goroutines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice

from gogdb.i18n import tr
from gogdb.runtime.clock import Clock
from gogdb.runtime.model import SCAN, G
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.unwind import Frame
from gogdb.view import g_header
from gogdb.view.address_text import g_label
from gogdb.view.doc.document import Cell, Column, Heading, Note, Part, Table
from gogdb.view.expr import GdbCommand, g_expression, print_string
from gogdb.view.format import address, duration, name, number, source_place, unreadable

__all__ = ["g_commands", "g_table", "no_goroutine", "totals"]

MOST_TOTALS = 16  # rows
MOST_LOOKED_AT = 4096  # entries of allgs; a goroutine further on is printed by $go_g
_MAY_BE_EMPTY = (8, 7, 6, 5, 3, 2)  # columns that are left out when they are, the rightmost first


def totals(counts: Mapping[tuple[str, str], int]) -> list[Part]:
    """Return a heading with the goroutines of each status, and a table by wait reason too.

    `counts` are by (status, wait reason), with the reason "" for those that do not wait. There is
    no table when it would be nearly as long as the one of the goroutines.
    """
    by_status: Counter[str] = Counter()
    for (status, _), count in counts.items():
        by_status[status] += count
    statuses = ", ".join(f"{count} {status}" for status, count in by_status.most_common())
    heading = Heading(tr("Gs"), 2, aside=statuses)
    if not counts or 2 * len(counts) > by_status.total():
        return [heading]
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = [
        (number(count), Cell(status, status, "status"), Cell(reason))
        for (status, reason), count in ordered[:MOST_TOTALS]
    ]
    if rest := ordered[MOST_TOTALS:]:
        kinds = tr("of {count} more kinds", count=len(rest))
        rows.append((number(sum(count for _, count in rest)), Cell(kinds, role="dim"), Cell("")))
    columns = (
        Column(tr("Gs"), "right", 9),
        Column(tr("status"), keep=9),
        Column(tr("wait reason"), keep=8),
    )
    return [heading, Table(columns, rows)]


def g_table(
    runtime: Runtime,
    gs: Sequence[G],
    user_frames: Mapping[int, Frame],
    clock: Clock | None = None,
    *,
    filtered: bool = False,
) -> list[Part]:
    """Return the table of goroutines and what its times mean.

    `user_frames` are the innermost frames outside the runtime, by g address. Without a `clock`
    there are no times. Some columns are left out when they are empty. `filtered`: see
    `no_goroutine`.
    """
    columns = [
        Column("G", keep=9),
        Column(tr("status"), keep=9),
        Column(tr("wait reason"), keep=7),
        Column(tr("waited"), "right", 6),
        Column("m", keep=6),
        Column(tr("locked to"), keep=5),
        Column("synctest", keep=6),
        Column(tr("labels"), keep=6),
        Column(tr("where"), keep=8),
        Column(tr("started in"), keep=5),
        Column(tr("created by"), keep=3),
        Column(tr("address"), "right", 2),
    ]
    rows = [_row(runtime, g, user_frames.get(g.address), clock) for g in gs]
    empty_places = {place for place in _MAY_BE_EMPTY if not any(row[place].value for row in rows)}
    kept = [place for place in range(len(columns)) if place not in empty_places]
    columns, rows = [columns[i] for i in kept], [[row[i] for i in kept] for row in rows]
    empty = no_goroutine(runtime, filtered)
    has_times = any(column.name == tr("waited") for column in columns)
    return [Table(columns, rows, empty=empty), *_legend(gs, clock, has_times)]


def no_goroutine(runtime: Runtime, filtered: bool) -> str:
    """Return why there is no goroutine to show; `filtered`: the user asked for some only."""
    if not len(runtime.gs) and runtime.lacks("gs"):
        return tr("{what} cannot be read", what="allgs")
    count = len(runtime.gs) or runtime.allglen
    if not count:
        return tr("no goroutine yet: allgs is empty")
    if filtered:
        return tr("none of the {count} on allgs matches", count=count)
    return tr("none of the {count} on allgs; --status dead shows dead ones", count=count)


def _legend(gs: Sequence[G], clock: Clock | None, has_times: bool) -> list[Part]:
    if clock is None or not any(g.is_waiting for g in gs):
        return []
    if not has_times:
        text = tr(
            "how long they have waited is not recorded: the garbage collector does that, from its"
            " second cycle on"
        )
        return [Note(text)]
    until = "" if clock.exact else tr(" up to the latest time that the runtime recorded")
    text = tr(
        "waited: approximate, as the runtime counts it: from the end of the collection before the"
        " one that first found the goroutine blocked{until}; -: not recorded",
        until=until,
    )
    return [Note(text)]


def _row(runtime: Runtime, g: G, frame: Frame | None, clock: Clock | None) -> list[Cell]:
    if g.unreadable:
        blank = [Cell("")] * 6
        why = unreadable(g.unreadable)
        return [Cell("g?"), unreadable(), *blank, why, *blank[:2], address(g.address)]
    place = f"{frame.function} {source_place(frame.file, frame.line)}" if frame else ""
    waited = clock.waited_ns(g.atomicstatus, g.waitsince) if clock else None
    return [
        Cell(g_label(g.label), g.goid, "strong"),
        Cell(g.status, g.status, "status"),
        name(g_header.wait_reason(runtime, g)),
        name("" if waited is None else duration(waited)),
        name(runtime.name(g.m)),
        name(runtime.name(g.lockedm)),
        name(g_header.bubble(runtime, g)),
        name(g_header.labels(runtime, g)),
        name(place, "function"),
        name(runtime.function_names.get(g.startpc, ""), "function"),
        name(_creator(runtime, g)),
        address(g.address),
    ]


def _creator(runtime: Runtime, g: G) -> str:
    """Return the function that created a goroutine, and the goroutine if that is recorded."""
    function = runtime.function_names.get(g.gopc, "")
    if not function:
        return ""
    if not (isinstance(g.parent_goid, int) and g.parent_goid):
        return tr("in {function}", function=function)
    return tr("{g} in {function}", g=f"g{g.parent_goid}", function=function)


def g_commands(runtime: Runtime, gs: Sequence[G]) -> list[GdbCommand]:
    """Return commands that print the first goroutine, and the reason of the first that waits."""
    first = next((g for g in gs if not g.unreadable), None)
    if first is None:
        return []
    place = _place_in_allgs(runtime, first)
    base = g_expression(first) if place is None else f"'runtime.allgs'.array[{place}]"
    status = first.atomicstatus
    status_string = f"'runtime.gStatusStrings'[{status & ~SCAN}]"
    commands = [
        GdbCommand(f"p {base}.goid", str(first.goid)),
        GdbCommand(f"p {base}.atomicstatus", str(status)),
        print_string(status_string, first.status.partition(" ")[0]),
    ]
    if m := runtime.m(first.m):
        commands.append(GdbCommand(f"p {g_expression(first)}.m.id", str(m.id)))
    for field, pc in (("startpc", first.startpc), ("gopc", first.gopc)):
        if function := runtime.function_names.get(pc):
            commands.append(GdbCommand(f"p/a {g_expression(first)}.{field}", function))
    if waiting := next((g for g in gs if g.is_waiting), None):
        reason = f"'runtime.waitReasonStrings'[{g_expression(waiting)}.waitreason]"
        commands.append(print_string(reason, waiting.waitreason))
    return commands


def _place_in_allgs(runtime: Runtime, g: G) -> int | None:
    """Return the index of a goroutine in allgs, None when it is not among the first."""
    near = enumerate(islice(runtime.gs, MOST_LOOKED_AT))
    return next((place for place, other in near if other.address == g.address), None)
