"""Groups of goroutines: their order, what they queue for, and their page."""

from __future__ import annotations

from collections.abc import Mapping

from gogdb.render.ansi import render
from gogdb.runtime.batch import Batch
from gogdb.runtime.goroutines import is_system_goroutine
from gogdb.runtime.groups import Group, Groups
from gogdb.runtime.model import G
from gogdb.runtime.standard_library import StandardLibrary
from gogdb.runtime.trace_cache import Shape, TraceBatch
from gogdb.runtime.unwind import Frame
from gogdb.runtime.wait_objects import WaitObject, wait_object
from gogdb.view import groups as view
from gogdb.view.doc.document import Doc
from gogdb.view.json.groups import groups as as_json
from gogdb.view.place import place_text
from tests.support import factories

LIBRARY = StandardLibrary("/go/src/runtime/proc.go")
COLLECTOR = 0x6000
NAMES = {COLLECTOR: "runtime.bgsweep"}
MUTEX, OTHER = 0xC000_0100, 0xC000_0200


def frame(function: str, line: int = 1) -> Frame:
    package = function.partition(".")[0]
    root = "/work" if package == "main" else "/go/src"
    return Frame(function, f"{root}/{package}/a.go", line, 0, 0, 0, 0, None, False, False)


def shape(*functions: str) -> Shape:
    frames = tuple(map(frame, (*functions, "runtime.goexit")))
    return Shape(frames, None, LIBRARY.user_frame(frames))


PARKED = ("runtime.gopark",)
LOCKS = (*PARKED, "runtime.semacquire1", "sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock")
GET, PUT = shape(*LOCKS, "main.get"), shape(*LOCKS, "main.put")
HOLDS = shape(*PARKED, "runtime.chanrecv", "runtime.chanrecv1", "main.flush")
LEAKS = shape(*PARKED, "runtime.chanrecv", "runtime.chanrecv1", "main.leaks")
RUNS = shape("main.work")
SWEEPS = shape(*PARKED, "runtime.bgsweep")
SERVES = shape(*PARKED, "internal/poll.runtime_pollWait", "net.(*netFD).Read", "net/http.serve")


def ordered(*kinds: tuple[int, Shape, G, int]) -> list[Group]:
    """Return the groups of so many goroutines, with their shapes and what each waits for."""
    rows = [(shape, g, object) for count, shape, g, object in kinds for _ in range(count)]
    gs = [g._replace(goid=goid) for goid, (_, g, _) in enumerate(rows, 1)]
    groups = Groups(lambda pc: NAMES.get(pc, ""), lambda _: [object for *_, object in rows])
    groups.add(TraceBatch(Batch.from_gs(gs), [shape for shape, *_ in rows], [0] * len(rows)))
    return groups.ordered()


def functions(groups: list[Group]) -> list[str]:
    return [place_text(group.shape) for group in groups]


WAITING = factories.g(1, "waiting", "semacquire")
COLLECTS = WAITING._replace(startpc=COLLECTOR)
STUCK = ordered(
    (3, GET, WAITING, MUTEX + 4),
    (2, SWEEPS, COLLECTS, 0),
    (9, LEAKS, WAITING, 0),
    (1, HOLDS, WAITING, OTHER),
    (5, PUT, WAITING, MUTEX + 4),
    (1, RUNS, factories.g(1, "runnable"), 0),
)


def test_what_is_not_in_a_queue_comes_first_and_the_runtimes_own_last() -> None:
    assert functions(STUCK) == [
        "main.work a.go:1",
        "main.leaks a.go:1",
        "main.flush a.go:1",
        "main.put a.go:1 → sync.(*Mutex).Lock",
        "main.get a.go:1 → sync.(*Mutex).Lock",
        "runtime.bgsweep a.go:1",
    ]
    assert [group.system for group in STUCK] == [False] * 5 + [True]


def test_queues_are_by_object_the_longest_first() -> None:
    groups = ordered(
        (2, GET, WAITING, OTHER + 4), (1, PUT, WAITING, OTHER + 4), (2, PUT, WAITING, MUTEX + 4)
    )
    assert [[(q.object.address, q.own, q.total) for q in group.queues] for group in groups] == [
        [(OTHER, 2, 3)],
        [(MUTEX, 2, 2), (OTHER, 1, 3)],
    ]


def test_json() -> None:
    entries: list[Mapping[str, object]] = list(as_json(STUCK))
    put, system = entries[3], entries[-1]
    assert put["user"] == {"function": "main.put", "file": "/work/main/a.go", "line": 1}
    assert put["queues"] == [
        {"kind": "sync.Mutex", "address": "0xc0000100", "count": 5, "total": 8}
    ]
    assert (system["user"], system["system"], system["queues"]) == (None, True, [])
    assert entries[2]["queues"] == []  # it waits alone


def test_page() -> None:
    lines = list(render(Doc(view.overview(STUCK)), width=110, color=False, ascii=False))
    assert [line.rstrip() for line in lines] == [
        "6 groups of 21 goroutines",
        "  → 8 goroutines wait for sync.Mutex 0xc0000100",
        "",
        "  Gs  status               where                                 queue",
        "  ──  ───────────────────  ────────────────────────────────────  ─────────────────────",
        "   1  runnable             main.work a.go:1",
        "   9  waiting, semacquire  main.leaks a.go:1",
        "   1  waiting, semacquire  main.flush a.go:1",
        "   5  waiting, semacquire  main.put a.go:1 → sync.(*Mutex).Lock  sync.Mutex 0xc0000100",
        "   3  waiting, semacquire  main.get a.go:1 → sync.(*Mutex).Lock  sync.Mutex 0xc0000100",
        "   2  waiting, semacquire  runtime.bgsweep a.go:1",
    ]
    first, *rest = render(Doc(view.parts(STUCK[3])), width=110, color=False, ascii=False)
    assert first == "5 goroutines  waiting, semacquire"
    assert rest[0] == "main.put a.go:1 → sync.(*Mutex).Lock: g16 g17 g18 g19 g20"
    assert "  → 5 of the 8 goroutines that wait for sync.Mutex 0xc0000100" in rest
    assert view.overview(STUCK[:1]) == []


def test_a_stack_of_the_standard_library_alone_has_its_own_place() -> None:
    assert place_text(SERVES) == "net.(*netFD).Read a.go:1"
    assert place_text(Shape((), None)) == ""


def test_system_goroutines() -> None:
    finalizer = "runtime.runfinq"
    idle, calls = shape(*PARKED, finalizer), shape("main.closes", finalizer)
    assert is_system_goroutine(finalizer, idle.frames)
    assert not is_system_goroutine(finalizer, calls.frames)
    for start in ("runtime.main", "runtime.corostart", "main.work", "runtime/trace.Start", ""):
        assert not is_system_goroutine(start, idle.frames)
    assert is_system_goroutine("runtime.gcenable.gowrap1", SWEEPS.frames)


def test_objects_by_the_function_that_waits() -> None:
    for function, expected in (
        ("runtime.chanrecv1", WaitObject("chan", 0x100)),
        ("internal/sync.(*Mutex).lockSlow", WaitObject("sync.Mutex", 0xFC)),
        ("sync.(*RWMutex).RLock", WaitObject("sync.RWMutex", 0xF4)),
        ("sync.(*RWMutex).Lock", WaitObject("sync.RWMutex", 0xF8)),
        ("sync.(*WaitGroup).Wait", WaitObject("sync.WaitGroup", 0xF8)),
        ("sync.(*Cond).Wait", WaitObject("sync.Cond", 0xF0)),
        ("internal/poll.(*fdMutex).rwlock", WaitObject("semaphore", 0x100)),
    ):
        assert wait_object(shape(*PARKED, function, "main.work").frames, 0x100) == expected
