"""Damaged memory, one structure at a time: it costs only itself, and is said."""

from __future__ import annotations

import re
import struct
from collections import deque
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from gogdb.errors import GogdbError
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.protocol import Symbol
from gogdb.runtime.allgs_array import find_gs
from gogdb.runtime.filters import Filter
from gogdb.runtime.problems import Problem, Problems
from gogdb.runtime.program import Program
from gogdb.runtime.query import Query
from gogdb.runtime.scheduler import Goroutines, Runtime
from gogdb.runtime.scheduler_reader import _SchedulerReading
from gogdb.runtime.symtab import SymbolTable
from gogdb.runtime.unwind import Unwound
from gogdb.view.json.stacks import stack
from tests.support import factories
from tests.support.changed_program import recorded
from tests.support.recorded_memory import RECORDED, Image
from tests.support.recorded_memory import recorded as recorded_tables

VERSION = "1.27.3"


def program_with(address: int, *words: int) -> Program:
    return Program(recorded(VERSION, address, struct.pack(f"<{len(words)}Q", *words)))


def whole() -> Program:
    return Program(recorded(VERSION))


def variable(name: str) -> int:
    return whole().reader.address(name)


# Lists of the scheduler


def test_an_absurd_length_of_allp() -> None:
    expected = whole().read().ps
    runtime = program_with(variable("runtime.allp") + 8, 65_536).read()
    assert runtime.ps == expected
    numbers = "len(allp) is 65536, its capacity 2, gomaxprocs 2: 2 entries were read"
    assert runtime.problems == (Problem("ps", numbers),)


@pytest.mark.parametrize("length", [0, 1])
def test_a_length_of_allp_that_is_too_small(length: int) -> None:
    runtime = program_with(variable("runtime.allp") + 8, length).read()
    assert runtime.ps == whole().read().ps
    assert runtime.lacks("ps")


def test_an_entry_of_allp_that_is_no_p() -> None:
    runtime = whole().read()
    array = whole().reader.word(variable("runtime.allp"))
    damaged = program_with(array + 8, runtime.ps[0].address).read()
    assert damaged.ps[0] == runtime.ps[0]
    assert damaged.ps[1].unreadable == "no p is there: its id is 0, not 1"


@pytest.mark.parametrize("target", ["itself", "nil"])
def test_a_link_of_allm_that_leads_elsewhere(target: str) -> None:
    ms = whole().read().ms
    newest = ms[-1].address
    link = newest + whole().reader.layout("runtime.m").offset("alllink")
    runtime = program_with(link, newest if target == "itself" else 0).read()
    assert [m.address for m in runtime.ms] == [newest]
    whys = [problem.why for problem in runtime.problems if problem.part == "ms"]
    assert f"allm ends at {newest:#x} instead of m0: Ms are missing" in whys


@pytest.mark.parametrize("referrer", ["sched.midle", "p.m", "g.m"])
def test_one_m_that_allm_lacks(referrer: str) -> None:
    runtime, reader = whole().read(), whole().reader
    idle, m0 = runtime.ms[2], runtime.ms[0]
    assert idle.address in runtime.sched.midle
    assert m0.address in (runtime.gs[0].m, runtime.ps[0].m)
    reading = _SchedulerReading(reader, ())
    others = {"sched.midle": [idle], "p.m": [m0], "g.m": [m0]}[referrer]
    reading._check_ms(
        [m for m in runtime.ms if m not in others],
        runtime.ps if referrer == "p.m" else (),
        runtime.sched if referrer == "sched.midle" else runtime.sched._replace(midle=()),
        runtime.gs if referrer == "g.m" else Goroutines(()),
    )
    why = f"an M at {others[0].address:#x} is bound or idle, but not on allm"
    assert reading._problems.all() == (Problem("ms", why),)


def test_an_m_that_is_being_created_is_no_damage() -> None:
    """mReserveID has counted it, and mcommoninit has not linked it."""
    mnext = whole().read().sched.mnext
    offset = whole().reader.layout("runtime.schedt").offset("mnext")
    assert program_with(variable("runtime.sched") + offset, mnext + 1).read().problems == ()


def test_an_m_that_no_g_names() -> None:
    runtime = whole().read()
    m = runtime.ms[-1]
    layout = whole().reader.layout("runtime.g")
    names = [g.address + layout.offset("m") for g in runtime.system_gs if g.m == m.address]
    assert len(names) == 2
    target = recorded(VERSION, min(names), struct.pack("<Q", 8))
    damaged = Program(target).read()
    assert damaged.ms == runtime.ms  # its other g still names it
    assert [g.unreadable for g in damaged.system_gs if g.unreadable] == [
        f"no g of m{m.id} is there: its m is 0x8"
    ]


def test_a_name_of_a_wait_reason_that_cannot_be_read() -> None:
    address = variable("runtime.waitReasonStrings")
    runtime = program_with(address + 16 * 5, 0xDEAD).read()
    reasons = whole().reader.wait_reasons
    assert runtime.constants.wait_reasons == (*reasons[:5], "wait reason 5", *reasons[6:])
    (problem,) = runtime.problems
    assert problem.part == "gs"
    assert problem.why.startswith(
        f"runtime.waitReasonStrings: 1 of {len(reasons)} names cannot be read: cannot read "
    )


def test_names_are_read_again_at_the_next_stop() -> None:
    target = recorded(VERSION, variable("runtime.gStatusStrings"), bytes(8))
    program = Program(target)
    assert program.read().problems
    target.data = b""
    assert program.read().problems == ()
    assert program.reader.statuses == whole().reader.statuses


# allgs, whose slice header is in no recording

GS = [0xC000_0000_0000 + 0x200 * n for n in range(8)]
ARRAY, POINTER, LENGTH, SLICE = 0x9000, 0x8000, 0x8008, 0x8010


def gs_found(
    *,
    entries: Sequence[int] = GS,
    pointer: int = ARRAY,
    length: int = len(GS),
    header: Sequence[int] = (ARRAY, len(GS), len(GS)),
    others: Mapping[int, str] | None = None,
) -> tuple[list[int], list[str]]:
    """Return what `find_gs` finds in such memory, and its problems."""
    image = Image(
        {
            POINTER: struct.pack("<2Q3Q", pointer, length, *header),
            ARRAY: struct.pack(f"<{len(entries)}Q", *entries),
            **{g: struct.pack("<Q", g) for g in GS},
        }
    )

    def words(address: int, count: int) -> tuple[int, ...]:
        return struct.unpack(f"<{count}Q", image.read(address, 8 * count))

    addresses = {"runtime.allgptr": POINTER, "runtime.allglen": LENGTH}
    reader: Any = SimpleNamespace(
        target=image,
        words=words,
        word=lambda address: words(address, 1)[0],
        address=addresses.__getitem__,
        symbols=SimpleNamespace(variable=lambda name: Symbol(name, SLICE, 24)),
        layout=lambda name: SimpleNamespace(offset=lambda path: 0),
    )
    problems = Problems()
    found = list(find_gs(reader, others or {}, problems))
    return found, [problem.why for problem in problems.all()]


def test_allgs_as_it_is() -> None:
    assert gs_found() == (GS, [])


@pytest.mark.parametrize("header", [(ARRAY, 9, 16), (0x7000, 8, 8), (0x7000, 9, 4)])
def test_allgs_while_it_grows(header: tuple[int, int, int]) -> None:
    """The slice may have one g more, another array, or a header that is half written."""
    assert gs_found(header=header) == (GS, [])


@pytest.mark.parametrize("length", [0, 3, 1_000_000])
def test_a_damaged_allglen(length: int) -> None:
    why = f"runtime.allglen is {length}, but len(allgs) is 8: it is used"
    assert gs_found(length=length) == (GS, [why])


@pytest.mark.parametrize("pointer", [0, LENGTH])
def test_a_damaged_allgptr(pointer: int) -> None:
    why = f"runtime.allgptr {pointer:#x} is no array of gs: allgs is read instead"
    assert gs_found(pointer=pointer, length=3, header=(ARRAY, 3, 3)) == (GS[:3], [why])


@pytest.mark.parametrize("header", [(0, 0, 0), (0, 9, 8), (ARRAY, 1 << 40, 1 << 41)])
def test_a_damaged_slice_header(header: tuple[int, int, int]) -> None:
    """Then there is one record left, and nothing to check it with."""
    assert gs_found(header=header) == (GS, [])


def test_entries_that_are_listed_twice_or_are_no_goroutines() -> None:
    entries = [GS[0], GS[1], GS[1], 0, GS[4], GS[0], 0x5000, GS[7]]
    found, whys = gs_found(entries=entries, others={0x5000: "m0"})
    assert found == [GS[0], GS[1], GS[4], GS[7]]
    assert whys == [
        "allgs lists 0x5000, which is m0: left out",
        "3 of 8 entries of allgs are nil or listed twice: left out",
    ]


def test_allgs_without_any_array() -> None:
    with pytest.raises(GogdbError, match="allgs: cannot read 64 bytes at 0x10"):
        gs_found(pointer=0x10, header=(0x18, 8, 8))


# Tables of functions


class Tables:
    """The tables of a recorded program, with other bytes in them."""

    def __init__(self, version: str) -> None:
        self.image, expected = recorded_tables(version)
        self.pcs = [pc for pc, _, _ in expected["lines"]]
        self.module: int = expected["firstmoduledata"]
        self.offsets: dict[str, int] = expected["offsets"]

    def read(self, image: Image | None = None) -> SymbolTable:
        return SymbolTable(image or self.image, AMD64, self.module, self.offsets)

    def field(self, name: str) -> int:
        return self.module + self.offsets[name]

    def words(self, address: int, count: int = 1) -> tuple[int, ...]:
        return struct.unpack(f"<{count}Q", self.image.read(address, 8 * count))

    def names(self, table: SymbolTable) -> list[str]:
        return [f.name if (f := table.function(pc)) else "" for pc in self.pcs]

    def with_words(self, address: int, *words: int) -> SymbolTable:
        return self.read(self.image.changed(address, struct.pack(f"<{len(words)}Q", *words)))


@pytest.fixture(params=RECORDED)
def tables(request: pytest.FixtureRequest) -> Tables:
    return Tables(request.param)


@pytest.mark.parametrize("value", [0, 7, 0xFFFF_FFFF])
def test_a_damaged_entry_of_ftab(tables: Tables, value: int) -> None:
    """A search passes the entry in the middle whatever it looks for."""
    expected = tables.names(tables.read())
    ftab, count = tables.words(tables.field("ftab"), 2)
    for index in (count // 2, count // 4, 1):
        changed = tables.image.changed(ftab + 8 * index, struct.pack("<I", value))
        damaged = tables.read(changed)
        assert tables.names(damaged) == expected
        assert re.search("entr(y|ies) of ftab contradicts? what", damaged.damage[0])


@pytest.mark.parametrize("value", [0, 2, 0xFFFF_FFF0])
def test_a_damaged_record_costs_one_function(tables: Tables, value: int) -> None:
    whole = tables.read()
    pc = tables.pcs[0]
    function = whole.function(pc)
    assert function is not None
    ftab, count = tables.words(tables.field("ftab"), 2)
    (text,) = tables.words(tables.field("text"))
    entries = struct.unpack(f"<{2 * count}I", tables.image.read(ftab, 8 * count))[::2]
    index = entries.index(function.entry - text)
    changed = tables.image.changed(ftab + 8 * index + 4, struct.pack("<I", value))
    damaged = tables.read(changed)
    lost = damaged.function(pc)
    assert lost is not None
    assert (lost.name, lost.entry, damaged.sp_delta(pc)) == ("?", function.entry, None)
    others = [name if name != function.name else "?" for name in tables.names(whole)]
    assert tables.names(damaged) == others


def test_names_without_an_end(tables: Tables) -> None:
    start, size = tables.words(tables.field("funcnametab"), 2)
    damaged = tables.read(tables.image.changed(start, b"\xff" * size))
    assert set(tables.names(damaged)) == {"?"}
    assert "funcnametab has no name at " in damaged.damage[0]
    assert len(damaged.damage) < 16
    assert damaged.lookup("runtime.main") is None
    whole = tables.read()
    assert [damaged.sp_delta(pc) for pc in tables.pcs] == [whole.sp_delta(pc) for pc in tables.pcs]


@pytest.mark.parametrize("byte", [0x01, 0x02, 0x80, 0xFF])
def test_tables_of_values_without_an_end(tables: Tables, byte: int) -> None:
    start, size = tables.words(tables.field("pctab"), 2)
    damaged = tables.read(tables.image.changed(start, bytes([byte]) * size))
    assert tables.names(damaged) == tables.names(tables.read())
    values = damaged.modules[0].tables._values.values()
    longest = max((len(ends) for ends, _ in values), default=0)
    sizes = [f.end - f.entry for pc in tables.pcs if (f := damaged.function(pc))]
    assert longest <= max(sizes)


def test_a_pointer_to_the_header_that_is_nil(tables: Tables) -> None:
    damaged = tables.with_words(tables.module, 0)
    assert tables.names(damaged) == tables.names(tables.read())
    (header,) = tables.words(tables.module)
    assert damaged.problems == (
        f"module at {tables.module:#x}: pcHeader is 0x0: {header:#x} was read instead",
    )


@pytest.mark.parametrize("name", ["text", "minpc", "maxpc"])
def test_bounds_of_code_that_contradict_ftab(tables: Tables, name: str) -> None:
    (value,) = tables.words(tables.field(name))
    damaged = tables.with_words(tables.field(name), value + 0x1000)
    assert tables.names(damaged) == tables.names(tables.read())
    assert damaged.problems[0].endswith("contradict its ftab")


@pytest.mark.parametrize("name", ["funcnametab", "cutab", "filetab", "pctab"])
def test_a_table_that_cannot_be_read_costs_only_itself(tables: Tables, name: str) -> None:
    damaged = tables.with_words(tables.field(name), 8)
    whole = tables.read()
    assert not damaged.is_empty
    assert damaged.problems[0].startswith(f"module at {tables.module:#x}: {name}: cannot read ")
    if name != "funcnametab":
        assert tables.names(damaged) == tables.names(whole)
    if name in ("cutab", "filetab"):
        expected = [("?", place[1]) for pc in tables.pcs if (place := whole.line(pc))]
        assert [damaged.line(pc) for pc in tables.pcs if damaged.function(pc)] == expected


def test_functions_that_cannot_be_read_cost_only_themselves() -> None:
    module = variable("runtime.firstmoduledata")
    ftab = whole().reader.layout("runtime.moduledata").offset("ftab")
    program = program_with(module + ftab, 8)
    runtime = program.read(unwinds=True)
    assert {problem.part for problem in runtime.problems} == {"functions"}
    assert (runtime.ms, runtime.ps, len(runtime.gs)) == (
        whole().read().ms,
        whole().read().ps,
        len(whole().read().gs),
    )
    assert runtime.function_names[runtime.gs[0].startpc] == ""
    g = runtime.gs[1]
    unwound = program.unwind_thread(g.sched_pc, g.sched_sp, runtime)
    assert unwound == Unwound((), "the tables of the program's functions cannot be read")


# Goroutines


def test_stack_bounds_that_are_swapped() -> None:
    g = factories.g(1, stack_lo=0xC000_0080_0800, stack_hi=0xC000_0080_0000)
    bounds = stack(factories.runtime(gs=[g]), g, Unwound((), None))["stack"]
    assert isinstance(bounds, dict)
    assert (bounds["size"], bounds["used"]) == (None, None)


def listed(program: Program) -> list[Problem]:
    """Return the problems of a listing of all goroutines; the reading itself has none."""
    runtime = program.read(unwinds=True)
    assert runtime.problems == ()
    query = Query(program, runtime, Filter(dead=True), 64)
    deque(query.results(lambda traces: traces.gs), maxlen=0)
    groups = Query(program, runtime, Filter(dead=True), 64)
    groups.groups()
    assert list(groups.problems) == list(query.problems)
    return list(query.problems)


def g_with(path: str, word: int) -> Program:
    """Return a program with another word in a field of its fourth g."""
    g = whole().read().gs[3]
    return program_with(g.address + whole().reader.layout("runtime.g").offset(path), word)


def test_goroutines_as_they_are() -> None:
    assert listed(whole()) == []


def test_a_goid_that_two_gs_have() -> None:
    other = whole().read().gs[1]
    why = f"several gs have the same goid: {other.label}"
    assert listed(g_with("goid", other.goid)) == [Problem("gs", why)]


def test_gs_without_a_goid_are_no_damage() -> None:
    runtime = factories.runtime(gs=[factories.g(0, "dead", address=0x100 * n) for n in range(3)])
    assert listed_of(runtime) == []


def test_a_goroutine_that_is_named_twice_is_no_damage() -> None:
    gs = [factories.g(n, "dead") for n in (1, 2)]
    runtime = factories.runtime(gs=gs)
    assert listed_of(runtime, Goroutines([*gs, *gs])) == []


def listed_of(runtime: Runtime, gs: Goroutines | None = None) -> Sequence[Problem]:
    """Return the problems of a listing of goroutines that are dead: nothing is read for them."""
    program: Any = SimpleNamespace(target=Image({}), later_notes=lambda runtime: [])
    query = Query(program, runtime, Filter(dead=True), 64, gs=gs)
    deque(query.results(lambda traces: traces.gs), maxlen=0)
    return query.problems


@pytest.mark.parametrize("path", ["stack.lo", "stack.hi"])
def test_bounds_of_a_stack_that_make_no_sense(path: str) -> None:
    g = whole().read().gs[3]
    word = g.stack_hi + 0x1000 if path == "stack.lo" else g.stack_lo - 0x1000
    lo, hi = (word, g.stack_hi) if path == "stack.lo" else (g.stack_lo, word)
    why = f"the bounds of a stack make no sense: {g.label} from {lo:#x} to {hi:#x}"
    assert listed(g_with(path, word)) == [Problem("gs", why)]
