"""go-gmp g: how many goroutines there are of each kind, and the goroutines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from gogdb.i18n import tr
from gogdb.memo import Bounded
from gogdb.runtime.batch import Batch
from gogdb.runtime.clock import Clock
from gogdb.runtime.goroutines import is_system_goroutine
from gogdb.runtime.model import SCAN, G
from gogdb.runtime.rarity import Census, Likeness, likenesses
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.trace_cache import Shape, TraceBatch
from gogdb.view import g_header
from gogdb.view.address_text import g_label
from gogdb.view.doc.document import Cell, Column, Heading, Note, Part, Table
from gogdb.view.expr import GdbCommand, g_expression, print_string
from gogdb.view.format import address, duration, name, number, unreadable
from gogdb.view.place import place_text

__all__ = ["GRows", "folded_line", "g_commands", "g_table", "no_goroutine", "totals"]

MOST_TOTALS = 16  # rows
MOST_LOOKED_AT = 4096  # entries of allgs; a goroutine further on is printed by $go_g
_WAITED = 3  # the column of times
_MAX_SHARED = 4096  # kinds of goroutines whose cells are remembered
_NO_FRAMES = Shape((), None)
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
        kinds = tr("of {count} more {count:kind|kinds}", count=len(rest))
        rows.append((number(sum(count for _, count in rest)), Cell(kinds, role="dim"), Cell("")))
    columns = (
        Column(tr("Gs"), "right", 9),
        Column(tr("status"), keep=9),
        Column(tr("wait reason"), keep=8),
    )
    return [heading, Table(columns, rows)]


class _Kind(NamedTuple):
    """The cells that goroutines of one kind share, and whether they are the runtime's own."""

    cells: list[Cell]
    system: bool


# Of a goroutine: whether it is the runtime's own, what decides its place, its goid or, without one,
# its name, the cells that it shares, its address, and what it waits for, 0 if that is not known
_Entry = tuple[bool, Likeness, int | Cell, list[Cell], int, int]


class GRows:
    """The rows of a table of goroutines. No goroutine is kept but those of `examples`."""

    def __init__(
        self,
        runtime: Runtime,
        clock: Clock | None = None,
        *,
        filtered: bool = False,
        system: bool = True,
        waited_for: Callable[[TraceBatch], Sequence[int]] | None = None,
    ) -> None:
        """Without a `clock` there are no times. `filtered`: see `no_goroutine`.

        Without `system`, goroutines of the runtime itself have no rows. `waited_for` returns what
        the sudog of each goroutine names (`WaitObjects.addresses`); it decides the order.
        """
        self._runtime = runtime
        self._filtered = filtered
        self._with_system = system
        self._clock = clock
        self._waited_for = waited_for or (lambda traces: [0] * len(traces))
        self._entries: list[_Entry] = []
        self._folded: set[Likeness] = set()
        self._kinds: Bounded[tuple[object, ...], _Kind] = Bounded(_MAX_SHARED)
        self._readable: G | None = None
        self._waiting: G | None = None
        self.folded = 0
        """The number of goroutines of the runtime itself that have no rows, once `arrange` ran."""

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def examples(self) -> tuple[G | None, G | None]:
        """The first goroutine that can be read, and the first of those that waits."""
        return self._readable, self._waiting

    def extend(self, traces: TraceBatch) -> tuple[()]:
        """Add the rows of some goroutines; return nothing, as `Query.rarest` yields."""
        gs = traces.gs
        goids, addresses = map(gs.column, ("goid", "address"))
        keys = zip(traces.shapes, *map(gs.column, _SHARED), strict=True)
        entries = self._entries
        objects = self._waited_for(traces)
        for index, (key, likeness) in enumerate(zip(keys, likenesses(gs), strict=True)):
            cells, system = self._kinds.get(key) or self._new_kind(key, gs[index])
            if system and not self._with_system:
                self._folded.add(likeness)
                continue
            goid = goids[index] or _name(gs[index])
            entries.append((system, likeness, goid, cells, addresses[index], objects[index]))
        return ()

    def _new_kind(self, key: tuple[object, ...], g: G) -> _Kind:
        shape = key[0]
        assert isinstance(shape, Shape)
        start = self._runtime.function_names.get(g.startpc, "")
        system = is_system_goroutine(start, shape.frames)
        if not g.unreadable and (self._with_system or not system):
            self._readable = self._readable or g
            self._waiting = self._waiting or (g if g.is_waiting else None)
        cells = _shared_cells(self._runtime, g, place_text(shape), self._clock)
        kind = self._kinds[key] = _Kind(cells, system)
        return kind

    def _kept_cells(self, kept: Sequence[int]) -> Iterator[list[Cell]]:
        """Yield the cells of each row that are in these columns."""
        of_kind: dict[int, list[Cell]] = {}
        for _, _, goid, cells, at, _ in self._entries:
            between = of_kind.get(id(cells))
            if between is None:
                between = of_kind[id(cells)] = [cells[column - 1] for column in kept[1:-1]]
            first = _goid(goid) if isinstance(goid, int) else goid
            yield [first, *between, address(at)]

    def arrange(self, census: Census, limit: int) -> None:
        """Keep the first `limit` rows, the rarest goroutines first.

        Those that wait for the same as others come behind all that do not, the runtime's own last.
        """
        ranks = census.ranks()
        last = len(ranks)
        queues = Counter(entry[-1] for entry in self._entries if entry[-1])
        places = [
            ranks[likeness] + last * (2 if system else queues[waited_for] > 1)
            for system, likeness, *_, waited_for in self._entries
        ]
        order = sorted(range(len(places)), key=places.__getitem__)[:limit]
        self._entries = [self._entries[index] for index in order]
        self.folded = sum(census.counts[likeness] for likeness in self._folded)

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
            Column(tr("labels"), keep=7),
            Column(tr("where"), keep=8),
            Column(tr("started in"), keep=5),
            Column(tr("created by"), keep=3),
            Column(tr("address"), "right", 2),
        ]
        kinds = {id(cells): cells for _, _, _, cells, _, _ in self._entries}.values()
        missing = {at for at in _MAY_BE_EMPTY if not any(cells[at - 1].value for cells in kinds)}
        kept = [at for at in range(len(columns)) if at not in missing]
        rows = list(self._kept_cells(kept))
        empty = no_goroutine(self._runtime, self._filtered)
        legend = _legend(self._clock, has_times=_WAITED in kept) if self._waiting else []
        return [Table([columns[at] for at in kept], rows, empty=empty), *legend]


def g_table(
    runtime: Runtime, gs: Sequence[G], shapes: Mapping[int, Shape], clock: Clock | None = None
) -> list[Part]:
    """Return the table of these goroutines as `GRows.table` does; `shapes` are by g address."""
    rows = GRows(runtime, clock)
    each = [shapes.get(g.address, _NO_FRAMES) for g in gs]
    rows.extend(TraceBatch(Batch.from_gs(gs), each, [0] * len(gs)))
    return rows.table()


def folded_line(count: int) -> list[Part]:
    """Return a line about goroutines of the runtime itself that are not shown."""
    if not count:
        return []
    text = tr(
        "{count} {count:goroutine|goroutines} of the runtime itself: --system shows "
        "{count:it|them}",
        count=count,
    )
    return [Note(text)]


def no_goroutine(runtime: Runtime, filtered: bool) -> str:
    """Return why there is no goroutine to show; `filtered`: the user asked for some only."""
    if not len(runtime.gs) and runtime.lacks("gs"):
        return tr("{what} cannot be read", what="allgs")
    count = len(runtime.gs) or runtime.allglen
    if not count:
        return tr("no goroutine yet: allgs is empty")
    if filtered:
        return tr("none matches: allgs has {count}", count=count)
    return tr("none to show: allgs has {count}; --status dead shows dead ones", count=count)


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


def _shared_cells(runtime: Runtime, g: G, place: str, clock: Clock | None) -> list[Cell]:
    """Return the cells of a row between the first and the last one."""
    if g.unreadable:
        blank = Cell("")
        return [unreadable(), *[blank] * 6, unreadable(g.unreadable), blank, blank]
    waited = clock.waited_ns(g.atomicstatus, g.waitsince) if clock else None
    return [
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
    ]


def _name(g: G) -> Cell:
    """Return the name of a goroutine without a goid."""
    return Cell("g?") if g.unreadable else Cell(g_label(g.label), g.goid, "strong")


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
