"""Goroutines counted by what they have in common: the values, the page, and JSON."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import pytest

from gogdb.commands.gmp import GROUPINGS
from gogdb.render.ansi import render
from gogdb.runtime.batch import Batch
from gogdb.runtime.groupings import grouping_by
from gogdb.runtime.groups import Group, Groups
from gogdb.runtime.labels import LabelSets
from gogdb.runtime.model import G
from gogdb.runtime.trace_cache import Shape, TraceBatch
from gogdb.runtime.unwind import Frame
from gogdb.view import g_groups
from gogdb.view.doc.document import Doc
from gogdb.view.json.g_groups import groups as as_json
from tests.support import factories
from tests.support.recorded_memory import Image

HEAP = 0xC000_0000_0000
ROUTE, USER, LOST = HEAP, HEAP + 0x100, HEAP + 0x9000  # addresses of label sets
TEXT = b"route/auser42"
NAMES = {0x1000: "main.main", 0x2000: "main.work", 0x3000: "runtime.bgsweep"}


def labels() -> LabelSets:
    """Return {route: /a} at ROUTE, and {user: "", route: /a} at USER; none can be read at LOST."""

    def string(text: bytes) -> bytes:
        return struct.pack("<QQ", HEAP + 0x800 + TEXT.index(text) if text else 0, len(text))

    pairs = [string(b"route") + string(b"/a"), string(b"user") + string(b"")]
    ranges = {ROUTE + 0x800: TEXT}
    for at, content in ((ROUTE, pairs[0]), (USER, b"".join(pairs))):
        ranges[at] = struct.pack("<QQQ", at + 0x40, len(content) // 32, len(content) // 32)
        ranges[at + 0x40] = content
    return LabelSets(Image(ranges))


def shape(*functions: str) -> Shape:
    frames = tuple(
        Frame(name, f"/src/{name[:4]}/a.go", 7, 0, 0, 8, 0, None, False, False)
        for name in functions
    )
    return Shape(frames, None, next((i for i, f in enumerate(functions) if "main." in f), None))


WORKS, LOCKS = shape("main.work"), shape("runtime.gopark", "sync.(*Mutex).Lock", "main.work")
WAITS = factories.g(2, "waiting", "semacquire", startpc=0x2000, gopc=0x1000)
RUNS = WAITS._replace(goid=3, atomicstatus=factories.STATUSES.index("running"))
BAD = factories.g(0, unreadable="cannot read 400 bytes at 0x6")
ALL = (
    (WAITS._replace(labels=ROUTE), LOCKS),
    (WAITS._replace(goid=4, labels=USER), LOCKS),
    (WAITS._replace(goid=5, labels=LOST), LOCKS),
    (RUNS, WORKS),
    (RUNS._replace(goid=6, startpc=0x3000, gopc=0), shape("runtime.bgsweep")),
    (BAD, Shape((), BAD.unreadable)),
)


def grouped(by: str, rows: Sequence[tuple[G, Shape]] = ALL, object: int = 0) -> list[Group]:
    runtime = factories.runtime(
        constants=WAITS.constants, function_names=NAMES, labels=labels(), gs=[g for g, _ in rows]
    )
    groups = Groups(
        lambda pc: NAMES.get(pc, ""),
        lambda traces: [object * g.is_waiting for g in traces.gs],
        grouping_by(runtime, by),
    )
    gs = Batch.from_gs(runtime.gs)
    groups.add(TraceBatch(gs, [shape for _, shape in rows], [0] * len(rows)))
    return groups.ordered()


def values(by: str) -> list[tuple[object, int, bool]]:
    """Return the value of each group, its count, and whether its value is unreadable."""
    found: list[Mapping[str, object]] = list(as_json(by, grouped(by)))
    return [
        (entry[next(iter(entry))], len(list(group.goids)), entry["unreadable"] is not None)
        for entry, group in zip(found, grouped(by), strict=True)
    ]


def test_places_have_what_the_frame_has_called() -> None:
    work = {"function": "main.work", "file": "/src/main/a.go", "line": 7}
    sweep = {"function": "runtime.bgsweep", "file": "/src/runt/a.go", "line": 7, "called": None}
    assert values("where") == [
        (work | {"called": None}, 1, False),
        (None, 1, True),
        (work | {"called": "sync.(*Mutex).Lock"}, 3, False),
        (sweep, 1, False),
    ]


def test_functions_and_reasons() -> None:
    assert values("creator") == [("main.main", 4, False), (None, 1, True), (None, 1, False)]
    assert values("start") == [
        ("main.work", 4, False),
        (None, 1, True),
        ("runtime.bgsweep", 1, False),
    ]
    assert values("reason") == [
        (None, 1, False),
        (None, 1, True),
        ("semacquire", 3, False),
        (None, 1, False),
    ]


def test_labels_as_a_set_and_one_alone() -> None:
    """No labels, a label that is empty, and labels that cannot be read are three groups."""
    assert values("label") == [
        (None, 2, True),
        (None, 1, False),
        ({"route": "/a"}, 1, False),
        ({"route": "/a", "user": ""}, 1, False),
        (None, 1, False),
    ]
    assert values("label=user") == [
        (None, 2, False),
        (None, 2, True),
        ("", 1, False),
        (None, 1, False),
    ]


@pytest.mark.parametrize("by", [*GROUPINGS, "label=user"])
@pytest.mark.parametrize("width", [60, 80, 160])
def test_every_page_fits(by: str, width: int) -> None:
    page = list(render(Doc(g_groups.table(by, grouped(by), 100)), width=width, color=False))
    assert max(map(len, page)) <= width
    assert page[0] == f"{len(grouped(by))} groups of 6 goroutines"


def test_a_queue_is_named_by_those_who_wait_in_it() -> None:
    """The first of a group by creator need not wait for what the most of it wait for."""
    rows = [(RUNS, WORKS), *((WAITS._replace(goid=goid), LOCKS) for goid in (4, 5))]
    (group,) = grouped("creator", rows, object=0x104)
    assert [(q.object.kind, q.object.address, q.own) for q in group.queues] == [
        ("sync.Mutex", 0x100, 2)
    ]
    page = list(render(Doc(g_groups.table("creator", [group], 100)), width=120, color=False))
    assert [line.rstrip() for line in page[1:]] == [
        "  → 2 goroutines wait for sync.Mutex 0x100",
        "",
        "  Gs  created by  status                            queue             goroutines",
        "  ──  ──────────  ────────────────────────────────  ────────────────  ──────────",
        "   3  main.main   2 waiting, semacquire; 1 running  sync.Mutex 0x100  g3 g4 g5",
    ]
