"""go-gmp g: how many goroutines there are of each kind, and the goroutines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice

from gogdb.i18n import tr
from gogdb.memo import Bounded
from gogdb.runtime.clock import Clock
from gogdb.runtime.goroutines import user_frame
from gogdb.runtime.model import SCAN, G
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.trace_cache import TraceBatch
from gogdb.runtime.unwind import Frame
from gogdb.view import g_header
from gogdb.view.address_text import g_label
from gogdb.view.doc.document import Cell, Column, Heading, Note, Part, Table
from gogdb.view.expr import GdbCommand, g_expression, print_string
from gogdb.view.format import address, duration, name, number, source_place, unreadable

__all__ = ["GRows", "g_commands", "g_table", "no_goroutine", "totals"]

MOST_TOTALS = 16  # rows
MOST_LOOKED_AT = 4096  # entries of allgs; a goroutine further on is printed by $go_g
_WAITED = 3  # the column of times
_MAX_SHARED = 4096  # kinds of goroutines whose cells are remembered
_MAY_BE_EMPTY = (2, _WAITED, 5, 6, 7, 8)  # columns that are left out when they are

# What decides the cells of a row between the first and the last one, besides the frames
_SHARED = (
    "atomicstatus",
    "waitreason_code",
    "waitsince",
    "m",
    "lockedm",
    "bubble",
    "labels",
    "startpc",
    "gopc",
    "parent_goid",
    "unreadable",
)


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


class GRows:
    """The rows of a table of goroutines. No goroutine is kept but those of `examples`."""

    def __init__(
        self, runtime: Runtime, clock: Clock | None = None, *, filtered: bool = False
    ) -> None:
        """Without a `clock` there are no times. `filtered`: see `no_goroutine`."""
        self._runtime = runtime
        self._filtered = filtered
        self._clock = clock
        self._rows: list[list[Cell]] = []
        self._shared: Bounded[tuple[object, ...], list[Cell]] = Bounded(_MAX_SHARED)
        self._readable: G | None = None
        self._waiting: G | None = None

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def examples(self) -> tuple[G | None, G | None]:
        """The first goroutine that can be read, and the first of those that waits."""
        return self._readable, self._waiting

    def extend(self, traces: TraceBatch) -> tuple[()]:
        """Add the rows of some goroutines; return nothing, as `Query.first` yields."""
        gs = traces.gs
        goids, addresses = map(gs.column, ("goid", "address"))
        keys = zip(traces.shapes, *map(gs.column, _SHARED), strict=True)
        for index, key in enumerate(keys):
            goid = goids[index]
            if (shared := self._shared.get(key)) and goid:
                self._rows.append([_goid(goid), *shared, address(addresses[index])])
                continue
            self.add(gs[index], user_frame(traces.shapes[index].frames))
            if not gs[index].unreadable:
                self._shared[key] = self._rows[-1][1:-1]
        return ()

    def add(self, g: G, frame: Frame | None) -> None:
        """Add a row; `frame` is the innermost one outside the runtime."""
        self._rows.append(_row(self._runtime, g, frame, self._clock))
        if not g.unreadable:
            self._readable = self._readable or g
            self._waiting = self._waiting or (g if g.is_waiting else None)

    def table(self) -> list[Part]:
        """Return the table and what its times mean; some columns are left out if they are empty."""
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
        missing = {at for at in _MAY_BE_EMPTY if not any(row[at].value for row in self._rows)}
        kept = [at for at in range(len(columns)) if at not in missing]
        rows = [[row[at] for at in kept] for row in self._rows]
        empty = no_goroutine(self._runtime, self._filtered)
        legend = _legend(self._clock, has_times=_WAITED in kept) if self._waiting else []
        return [Table([columns[at] for at in kept], rows, empty=empty), *legend]


def g_table(
    runtime: Runtime,
    gs: Iterable[G],
    user_frames: Mapping[int, Frame],
    clock: Clock | None = None,
) -> list[Part]:
    """Return the table of these goroutines as `GRows.table` does.

    `user_frames` are the innermost frames outside the runtime, by g address.
    """
    rows = GRows(runtime, clock)
    for g in gs:
        rows.add(g, user_frames.get(g.address))
    return rows.table()


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


def _legend(clock: Clock | None, has_times: bool) -> list[Part]:
    if clock is None:
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
        _goid(g.goid) if g.goid else Cell(g_label(g.label), g.goid, "strong"),
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


def _goid(goid: int) -> Cell:
    return Cell(f"g{goid}", goid, "strong")


def _creator(runtime: Runtime, g: G) -> str:
    """Return the function that created a goroutine, and the goroutine if that is recorded."""
    function = runtime.function_names.get(g.gopc, "")
    if not function:
        return ""
    if not (isinstance(g.parent_goid, int) and g.parent_goid):
        return tr("in {function}", function=function)
    return tr("{g} in {function}", g=f"g{g.parent_goid}", function=function)


def g_commands(runtime: Runtime, first: G | None, waiting: G | None) -> list[GdbCommand]:
    """Return commands that print the first goroutine, and the reason of the first that waits."""
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
    if waiting:
        reason = f"'runtime.waitReasonStrings'[{g_expression(waiting)}.waitreason]"
        commands.append(print_string(reason, waiting.waitreason))
    return commands


def _place_in_allgs(runtime: Runtime, g: G) -> int | None:
    """Return the index of a goroutine in allgs, None when it is not among the first."""
    near = enumerate(islice(runtime.gs, MOST_LOOKED_AT))
    return next((place for place, other in near if other.address == g.address), None)
