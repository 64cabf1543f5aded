"""The page of go-gmp for invented schedulers, also very large and unreadable ones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from gogdb.render.ansi import render
from gogdb.runtime.batch import Batch
from gogdb.runtime.clock import Clock
from gogdb.runtime.filters import Totals, kinds_of
from gogdb.runtime.goroutines import frame_outside_runtime
from gogdb.runtime.model import G
from gogdb.runtime.rarity import Census
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.trace_cache import Shape, TraceBatch
from gogdb.runtime.unwind import Frame
from gogdb.view.binding import binding
from gogdb.view.doc.document import Art, Doc, Part, Table
from gogdb.view.g_table import GRows, g_table, totals
from gogdb.view.gmp import document
from gogdb.view.m_state import MOST_DRAWN, m_state
from gogdb.view.m_table import m_table
from gogdb.view.p_table import p_table
from tests.support import factories
from tests.support.factories import g_at, m_at, p_at

EXPECTED = Path(__file__).parent / "test_gmp_expected"
Check = Callable[[str, list[str]], None]
EVERYTHING = ("sched", "p", "m", "g")
MINUTE = 60_000_000_000  # ns
ACTIVITIES = {m_at(42): "runtime.sysmon"}


def lines(parts: list[Part], width: int = 80, ascii: bool = False) -> list[str]:
    return list(render(Doc(parts), width=width, color=False, ascii=ascii))


def page(
    runtime: Runtime,
    parts: tuple[str, ...] = EVERYTHING,
    *,
    limit: int = 100,
    counts: Totals | None = None,
    frames: tuple[Frame, ...] = (),
) -> Doc:
    """Return the page; every goroutine has the same frames."""
    listed = GRows(runtime)
    listed.extend(traces(runtime.gs[:limit], frames))
    every = Counter(kinds_of(Batch.from_gs(runtime.gs))) if counts is None else counts
    return document(runtime, parts, listed, every, activities=ACTIVITIES)


def traces(gs: Sequence[G], frames: tuple[Frame, ...]) -> TraceBatch:
    """Return these goroutines, which all have the same frames."""
    return TraceBatch(Batch.from_gs(gs), [Shape(frames, None)] * len(gs), [0] * len(gs))


def rows(parts: list[Part], width: int = 200) -> list[str]:
    """Return the rows of a table without its header, gaps reduced to two blanks."""
    return [re.sub(r" {2,}", "  ", line).strip() for line in lines(parts, width)[2:]]


def drawn(art: Art) -> list[str]:
    return [line.removeprefix("  ") for line in lines([art])]


@pytest.fixture
def check(check_file: Callable[[Path, str], None]) -> Check:
    """Compare the lines of a page with the file of this name."""
    return lambda name, lines: check_file(EXPECTED / f"{name}.txt", "\n".join([*lines, ""]))


def test_page_of_64_ps(check: Check) -> None:
    shown = list(render(page(factories.crowd(), limit=8), width=80, color=False))
    check("crowd", shown)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("ascii", [False, True])
def test_page_of_64_ps_names_all_at_any_width(width: int, ascii: bool) -> None:
    crowd = page(factories.crowd(), limit=8)
    shown = list(render(crowd, width=width, color=False, ascii=ascii))
    assert max(map(len, shown)) <= width
    assert not ascii or "".join(shown).isascii()
    text = re.sub(r"-(?=[mp]\d)", "–", "\n".join(shown))  # of ranges
    assert names(text, "p").keys() == set(range(64))
    assert names(text, "m").keys() == set(range(60))


def test_colour_adds_only_escape_sequences() -> None:
    crowd = page(factories.crowd(), limit=8)
    coloured = render(crowd, width=80, color=True)
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in coloured]
    assert plain == list(render(crowd, width=80, color=False))


def names(text: str, prefix: str) -> Counter[int]:
    """Return the numbers of the Ms or Ps that a text names, also within ranges."""
    numbers: Counter[int] = Counter()
    for first, last in re.findall(rf"\b{prefix}(\d+)(?:–{prefix}(\d+))?", text):
        numbers.update(range(int(first), int(last or first) + 1))
    return numbers


def test_every_m_and_p_is_in_the_picture_once() -> None:
    runtime = factories.crowd()
    picture = drawn(binding(runtime, activities=ACTIVITIES))
    beside = re.compile(r", ((locked to|left) \w+|\w+ next)|woken for \w+")
    text = "\n".join(beside.sub("", line) for line in picture)
    assert names(text, "m") == Counter(range(60))
    missing = Counter({40: 1})  # only named as the P that m40 left
    assert names(text, "p") + missing == Counter(range(64))
    assert len(picture) < 40


def test_running_ms_without_a_line_are_named() -> None:
    ms = [factories.m(n, curg=g_at(n + 1), p=p_at(n)) for n in range(64)]
    ps = [factories.p(n, "running", m=m_at(n), runq=(g_at(99),) * (n == 63)) for n in range(64)]
    gs = [factories.g(n + 1, "running", m=m_at(n)) for n in range(64)]
    picture = drawn(binding(factories.runtime(ps=ps, ms=ms, gs=gs)))
    assert picture[MOST_DRAWN - 1] == "m15 (thread 4015)    ── p15  ── g16 running"
    assert picture[MOST_DRAWN].startswith(
        "48 more at work (+n: so many Gs wait for the P): m16─p16─g17"
    )
    assert picture[-1].endswith("m63─p63─g64+1")
    assert len(picture) < 30


def test_list_of_ten_thousand_ms_is_cut_off() -> None:
    ms = [factories.m(n, curg=g_at(n + 1)) for n in range(10_000)]
    gs = [factories.g(n + 1, "syscall", m=m_at(n)) for n in range(10_000)]
    picture = drawn(binding(factories.runtime(ms=ms, gs=gs)))
    assert len(picture) == MOST_DRAWN + 12 + 1
    assert picture[MOST_DRAWN].startswith("9984 more without a P: m16─g17")
    assert picture[-1].strip() == "… `go-gmp m` and `go-gmp p` list them all"


def test_m_state() -> None:
    runtime = factories.crowd()
    states = {m.id: m_state(runtime, m, ACTIVITIES) for m in runtime.ms}
    assert states[0] == ""
    assert states[42] == "sysmon"
    assert states[43] == "spinning"
    assert states[44] == "waits for g43, locked to it"
    assert states[45] == "woken for p42"
    assert states[46] == "idle"
    other = factories.m(1, blocked=True)
    assert m_state(runtime, other, {}) == "blocked"
    assert m_state(runtime, other, {other.address: "runtime.netpoll"}) == "in netpoll"
    assert m_state(runtime, factories.m(1), {}) == ""


def test_m_with_an_unknown_g() -> None:
    (line,) = drawn(binding(factories.runtime(ms=[factories.m(3, curg=0xC0DE)])))
    assert line.rstrip() == "m3  (thread 4003)    ── –    ── 0xc0de"


def test_totals_of_a_hundred_thousand(check: Check) -> None:
    counts = {
        ("waiting", "select"): 90_000,
        ("waiting", "chan receive"): 9_000,
        ("runnable", ""): 900,
        ("syscall", ""): 90,
        ("running", ""): 8,
        ("waiting", "GC worker (idle)"): 8,
        ("unreadable", ""): 2,
    }
    shown = lines(totals(counts))
    check("totals", shown)
    assert shown[0] == "Gs  99008 waiting, 900 runnable, 90 syscall, 8 running, 2 unreadable"


def test_totals_of_many_kinds_end_with_the_sum_of_the_rest() -> None:
    counts = {("waiting", f"reason {n}"): 1000 - n for n in range(40)}
    shown = rows(totals(counts)[1:])
    assert len(shown) == 17
    assert shown[0] == "1000  waiting  reason 0"
    assert shown[-1] == f"{sum(1000 - n for n in range(16, 40))}  of 24 more kinds"


def test_few_goroutines_have_no_totals() -> None:
    few = totals({("running", ""): 1, ("waiting", "select"): 2})
    assert lines(few) == ["Gs  2 waiting, 1 running"]


def test_totals_precede_the_table_and_count_all() -> None:
    gs = [factories.g(n, "waiting", "select") for n in range(1, 30)]
    shown = lines(list(page(factories.runtime(gs=gs), ("g",), limit=2).parts))
    assert shown[0] == "Gs  29 waiting"
    assert shown[3].split() == ["29", "waiting", "select"]
    assert shown.index("  → 27 more: --limit 29 shows them all") > 5
    given = page(factories.runtime(), ("g",), counts=Counter({("dead", ""): 100_000}))
    assert lines(list(given.parts))[0] == "Gs  100000 dead"


def test_wait_reason_of_an_earlier_wait_is_not_counted() -> None:
    gs = [factories.g(n, "runnable", "select") for n in range(1, 5)]
    shown = lines(list(page(factories.runtime(gs=gs), ("g",)).parts))
    assert shown[3].split() == ["4", "runnable"]
    assert "select" not in "\n".join(shown)


def test_many_idle_ps_and_ms_share_a_line() -> None:
    runtime = factories.crowd()
    ps, ms = lines(p_table(runtime)), lines(m_table(runtime, ACTIVITIES))
    assert ps[-1] == "  → 20 idle Ps with empty queues: p43–p62"
    assert ms[-1] == "  → 14 idle Ms, m59 the next to be woken: m46–m59"
    assert sum(line.startswith("  p") for line in ps) == 44
    assert sum(line.startswith("  m") for line in ms) == 46
    few = factories.runtime(ps=[factories.p(n) for n in range(MOST_DRAWN)], ms=[factories.m(1)])
    assert sum(line.startswith("  p") for line in lines(p_table(few))) == MOST_DRAWN
    all_idle = factories.runtime(ps=[factories.p(n) for n in range(64)])
    assert lines(p_table(all_idle)) == ["  → 64 idle Ps with empty queues: p0–p63"]


def test_run_queues_start_with_the_next_goroutine() -> None:
    gs = [factories.g(n, "runnable") for n in range(1, 12)]
    queue = tuple(g_at(n) for n in (5, 3, 4, 1, 2, 8, 9, 10))
    first = factories.p(0, "running", runq=queue, runnext=g_at(7))
    shown = rows(p_table(factories.runtime(ps=[first, factories.p(1)], gs=gs)))
    assert shown[0].startswith("p0  running  -  g7  g5 g3 g4 g1 g2 g8 … 2 more  100  10")
    assert shown[1].startswith("p1  idle  -  -  empty")


def waits(since: int | None, status: str = "waiting") -> list[str]:
    """Return the rows and the legend for a goroutine waiting since then, 10 minutes after 0."""
    gs = [factories.g(7, status, "select", waitsince=since), factories.g(8, waitreason="select")]
    return rows(g_table(factories.runtime(gs=gs), gs, {}, Clock(10 * MINUTE, exact=True)))


def test_waiting_time() -> None:
    row, other, _, *rest = waits(7 * MINUTE)
    legend = " ".join(rest)
    assert row.startswith("g7  waiting  select  3 min  -")
    assert other.startswith("g8  waiting  select  -  -")
    assert "approximate, as the runtime counts it" in legend
    assert "the latest time" not in legend
    assert waits(7 * MINUTE, "syscall")[0].startswith("g7  syscall  -  3 min")
    for shown in (waits(0), waits(None), waits(7 * MINUTE, "runnable")):
        assert "min" not in shown[0]
        assert "is not recorded" in " ".join(shown)


def test_waiting_time_by_an_inexact_clock() -> None:
    gs = [factories.g(7, waitreason="select", waitsince=9 * MINUTE)]
    shown = lines(g_table(factories.runtime(gs=gs), gs, {}, Clock(10 * MINUTE, exact=False)))
    assert "up to the latest time that the runtime recorded" in re.sub(r"\s+", " ", " ".join(shown))


def test_empty_columns_are_left_out() -> None:
    def columns(*gs: G, frames: tuple[Frame, ...] = ()) -> list[str]:
        shapes = {g.address: Shape(frames, None) for g in gs}
        (table, *_) = g_table(factories.runtime(gs=gs), gs, shapes)
        assert isinstance(table, Table)
        return [column.name for column in table.columns]

    always = ["G", "status", "m", "started in", "created by", "address"]
    assert columns(factories.g(1, "running")) == always
    assert "wait reason" in columns(factories.g(1, "waiting", "select"))
    assert "locked to" in columns(factories.g(1, "running", lockedm=m_at(0)))
    frame = Frame("main.f", "/a/b/main.go", 3, 0, 0, 0, 0, None, False, False)
    assert "where" in columns(factories.g(1, "running"), frames=(frame,))


def test_rows_are_made_some_at_a_time() -> None:
    frame = Frame("main.f", "/a/b/main.go", 3, 0, 0, 0, 0, None, False, False)
    unreadable, *gs = [
        factories.g(1, unreadable="cannot read it"),
        factories.g(2, "running"),
        factories.g(3, "waiting", "select"),
        factories.g(4, "waiting", "select"),
    ]
    runtime = factories.runtime(gs=[unreadable, *gs])
    some = GRows(runtime)
    assert not any(some.examples)
    for g in (unreadable, *gs):
        assert some.extend(traces([g], (frame,))) == ()
    assert len(some) == 4
    assert some.examples == (gs[0], gs[1])
    shapes = dict.fromkeys(map(g_at, range(1, 5)), Shape((frame,), None))
    assert some.table() == g_table(runtime, [unreadable, *gs], shapes)


def test_goroutines_that_queue_come_behind_those_that_do_not() -> None:
    """Each goroutine is the only one of its kind; the third holds what the others wait for."""
    gs = [factories.g(n, "waiting", "select", startpc=0x5000 + n) for n in range(1, 5)]
    runtime = factories.runtime(gs=gs)
    waited_for = {1: 0xC000, 2: 0xC000, 3: 0, 4: 0xD000}  # g4 alone waits at 0xd000
    listed = GRows(
        runtime, waited_for=lambda traces: [waited_for[g] for g in traces.gs.column("goid")]
    )
    census = Census(10)
    census.add(Batch.from_gs(gs))
    listed.extend(traces(gs, ()))
    listed.arrange(census, 3)
    assert [row.split()[0] for row in rows(listed.table())[:3]] == ["g3", "g4", "g1"]


def test_creator_parent_and_place() -> None:
    functions = {0x4000: "main.main", 0x5000: "main.work"}
    gs = [
        factories.g(7, "waiting", "select", gopc=0x4000, startpc=0x5000, parent_goid=1),
        factories.g(8, "waiting", "select", gopc=0x4000, startpc=0x5000),  # before go1.21
    ]
    frame = Frame("main.recv", "/a/b/main.go", 33, 0, 0, 0, 0, None, False, False)
    runtime = factories.runtime(gs=gs, function_names=functions)
    shown = rows(g_table(runtime, gs, {g_at(7): Shape((frame,), None)}))
    assert "main.recv main.go:33  main.work  g1 in main.main" in shown[0]
    assert "-  main.work  in main.main" in shown[1]


def broken() -> Runtime:
    why = "cannot read 456 bytes at 0xdead0000"
    return factories.runtime(
        gs=[
            factories.g(1, "running", m=m_at(0)),
            factories.g(0, address=0xDEAD_0000, unreadable=why),
        ],
        ms=[
            factories.m(0, curg=g_at(1), p=p_at(0)),
            factories.m(0, address=0xDEAD_1000, procid=0, unreadable=why),
        ],
        ps=[
            factories.p(0, "running", m=m_at(0), runnext=0xDEAD_0000),
            factories.p(-1, "?", address=0xDEAD_2000, unreadable=why),
        ],
        sched={"midle": (0xDEAD_1000,), "pidle": (0xDEAD_2000,), "nmidle": 1, "npidle": 1},
        notes=("allgs: cannot read 8 bytes at 0x10",),
    )


@pytest.mark.parametrize("width", [80, 120])
def test_unreadable_gs_ms_and_ps(width: int, check: Check) -> None:
    runtime = broken()
    shown = list(render(page(runtime), width=width, color=False))
    assert max(map(len, shown)) <= width
    text = re.sub(r"\s+", " ", " ".join(shown))
    assert len(re.findall("cannot read 456|456 bytes", text)) >= 5
    assert "m0 " in text
    assert "p-1" not in text
    if width == 80:
        check("broken", shown)


def test_escape_sequences_of_the_program_are_made_visible() -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\u202e"
    frame = Frame(f"main.{evil}", f"/{evil}.go", 1, 0, 0, 0, 0, None, False, False)
    gs = [factories.g(1, "waiting", evil, gopc=1, startpc=1)]
    runtime = factories.runtime(gs=gs, function_names={1: evil}, notes=(evil,), go_version=evil)
    hostile = page(runtime, counts=Counter({("waiting", evil): 9}), frames=(frame,))
    for color in (False, True):
        shown = "\n".join(render(hostile, width=200, color=color))
        assert not re.search(r"[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f\u202e]", shown)
        assert not re.search(r"\x1b(?!\[[0-9;]*m)", shown)
        assert r"\x1b]0;owned\x07\x1b[2J\u202e" in shown


def test_no_goroutine_to_show() -> None:
    """The page distinguishes an empty allgs from goroutines that no filter lets through."""

    def shown(allglen: int, filtered: bool) -> list[str]:
        runtime = factories.runtime(allglen=allglen)
        listed = GRows(runtime, filtered=filtered)
        return lines(list(document(runtime, ("g",), listed, Counter()).parts))

    assert shown(1, filtered=False) == [
        "Gs",
        "  none to show: allgs has 1; --status dead shows dead ones",
    ]
    assert shown(1, filtered=True) == ["Gs", "  none matches: allgs has 1"]
    for filtered in (False, True):
        assert shown(0, filtered) == ["Gs", "  no goroutine yet: allgs is empty"]


def test_frame_outside_runtime_on_a_stack_of_wrappers_and_runtime() -> None:
    """A wrapper of a `go` statement can be interrupted before it calls anything."""

    def frame(function: str, elided: bool = False) -> Frame:
        folder = "/go/runtime" if function.startswith("runtime.") else "/work"
        return Frame(function, f"{folder}/a.go", 1, 0, 0, 0, 0, None, False, elided)

    preempted = [frame("runtime.asyncPreempt2"), frame("runtime.asyncPreempt")]
    wrapper, end = frame("main.main.gowrap1", elided=True), frame("runtime.goexit")
    assert frame_outside_runtime([*preempted, wrapper, end]) == wrapper
    own = frame("main.work")
    assert frame_outside_runtime([*preempted, own, wrapper, end]) == own
    assert frame_outside_runtime([*preempted, wrapper, own, end]) == own
    assert frame_outside_runtime([*preempted, end]) == preempted[0]
