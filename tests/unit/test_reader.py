"""Reading the scheduler of programs that lack something, or that a newer Go built."""

from __future__ import annotations

import pytest

from gogdb.errors import GogdbError, Unreadable
from gogdb.runtime.linked_list import linked_list
from gogdb.runtime.problems import Problem, Problems
from gogdb.runtime.program import Program
from gogdb.runtime.scheduler import Runtime
from gogdb.runtime.symbols import MissingSymbolError
from tests.support.programs import recorded_program
from tests.support.replay import Replay
from tests.support.walks import VERSIONS, load


def structs(runtime: Runtime) -> tuple[object, ...]:
    return runtime.sched, runtime.ps, runtime.ms, list(runtime.gs), runtime.system_gs


@pytest.mark.parametrize("version", VERSIONS)
def test_a_program_that_lacks_nothing_has_no_notes(version: str) -> None:
    runtime = recorded_program(version).read()
    assert runtime.notes == ()
    assert runtime.sched.unreadable == ""
    assert (len(runtime.ms) > 1, len(runtime.ps) > 0, len(runtime.gs) > 1) == (True, True, True)


GUESSED = (
    "the layout of runtime.schedt in {} is not known: sched is read as in {}, which is plausible"
)


@pytest.mark.parametrize("reported", ["go1.28.1", "go1.28rc1", "devel go1.29-3f4ab1c", "devel +a"])
def test_a_newer_go_is_read_by_the_newest_plausible_layout(reported: str) -> None:
    newer = recorded_program(reported=reported, lacking={"runtime.schedt"}).read()
    assert newer.notes == (GUESSED.format(reported, "go1.27"),)
    assert structs(newer) == structs(recorded_program().read())


def test_a_release_of_the_table_is_not_a_guess() -> None:
    runtime = recorded_program(lacking={"runtime.schedt"}).read()
    assert (runtime.notes, runtime.sched) == ((), recorded_program().read().sched)


@pytest.mark.parametrize(("version", "layout_of"), [("1.19.8", "go1.24"), ("1.23.9", "go1.24")])
def test_an_older_layout_is_guessed_where_newer_ones_are_not_plausible(
    version: str, layout_of: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown release whose scheduler is laid out as in an old one, with zeros behind it."""
    unknown = recorded_program(version, reported="go1.28.1", lacking={"runtime.schedt"})
    address = unknown.reader.address("runtime.sched")
    layout = load(version).layouts.struct("runtime.schedt")
    assert layout is not None
    read = unknown.target.read

    def read_with_zeros_behind_sched(start: int, size: int) -> bytes:
        known = min(size, layout.size) if start == address else size
        return read(start, known).ljust(size, b"\0")

    monkeypatch.setattr(unknown.target, "read", read_with_zeros_behind_sched)
    newer = unknown.read()
    assert newer.notes == (GUESSED.format("go1.28.1", layout_of),)
    assert newer.sched == recorded_program(version).read().sched


def test_a_newer_go_without_a_plausible_layout_still_shows_the_rest() -> None:
    newer = recorded_program(reported="go1.28.1", lacking={"runtime.schedt"})
    target = newer.target
    assert isinstance(target, Replay)
    layout = load("1.27.3").layouts.struct("runtime.schedt")
    assert layout is not None
    maxmcount = newer.reader.address("runtime.sched") + layout.offset("maxmcount")
    target.change(-1, maxmcount, b"\x07\0\0\0")
    runtime = newer.read()
    assert runtime.sched.unreadable == (
        "no layout of runtime.schedt that gogdb knows fits this program: "
        "build the program without -ldflags=-w"
    )
    assert (runtime.sched.mnext, runtime.sched.runq) == (0, ())
    whole = recorded_program().read()
    assert (runtime.ms, runtime.ps, runtime.notes) == (whole.ms, whole.ps, ())
    assert [g.address for g in runtime.gs] == [g.address for g in whole.gs]
    with pytest.raises(GogdbError, match=r"no layout of runtime\.schedt"):
        newer.reader.layout("runtime.schedt")


def test_before_schedinit_the_newest_layout_is_used() -> None:
    """Everything is zero, and any layout is plausible."""
    newer = recorded_program(reported="go1.28.1", lacking={"runtime.schedt"})
    assert isinstance(newer.target, Replay)
    newer.target.go_to(0)
    runtime = newer.read()
    assert runtime.sched.unreadable == ""
    assert runtime.sched.maxmcount == 0


@pytest.mark.parametrize(
    ("name", "part", "note"),
    [
        ("runtime.allp", "ps", "this program lacks runtime.allp: go-gmp p cannot list the Ps"),
        ("runtime.allm", "ms", "this program lacks runtime.allm: go-gmp m cannot list the Ms"),
        (
            "runtime.allgptr",
            "gs",
            "this program lacks runtime.allgptr: go-gmp g and go-stacks cannot list the goroutines",
        ),
        (
            "runtime.p",
            "ps",
            "no layout of runtime.p in the type descriptors: "
            "build the program without -ldflags=-w and without strip",
        ),
        (
            "runtime.m.alllink",
            "ms",
            "runtime.m has no field alllink: "
            "this Go release is newer than gogdb, or the binary is not a Go program",
        ),
    ],
)
def test_a_part_that_the_program_lacks_is_empty(name: str, part: str, note: str) -> None:
    runtime = recorded_program(lacking={name}).read()
    assert len(getattr(runtime, part)) == 0
    assert note in runtime.notes
    whole = recorded_program().read()
    for other in {"ms", "ps", "gs"} - {part}:
        assert len(getattr(runtime, other)) == len(getattr(whole, other)), other


def test_a_program_without_sched() -> None:
    runtime = recorded_program(lacking={"runtime.sched"}).read()
    assert runtime.sched.unreadable == (
        "this program lacks runtime.sched: go-gmp sched cannot show the scheduler"
    )
    assert runtime.notes == ()


@pytest.mark.parametrize("name", ["runtime.g0", "runtime.m0"])
def test_a_program_without_its_first_g_or_m_cannot_be_read(name: str) -> None:
    with pytest.raises(MissingSymbolError, match=rf"lacks {name}: gogdb can read nothing"):
        recorded_program(lacking={name}).read()


def test_a_program_without_a_layout_of_a_g_cannot_be_read() -> None:
    with pytest.raises(GogdbError, match=r"no layout of runtime\.g in the type descriptors"):
        recorded_program(lacking={"runtime.g"}).read()


def test_a_variable_that_cannot_be_read_costs_only_its_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unmapped = recorded_program()
    address = unmapped.reader.address("runtime.allp")
    read = unmapped.target.read

    def read_all_but_allp(start: int, size: int) -> bytes:
        if start == address:
            raise Unreadable(start, size)
        return read(start, size)

    monkeypatch.setattr(unmapped.target, "read", read_all_but_allp)
    runtime = unmapped.read()
    assert runtime.problems == (Problem("ps", f"allp: cannot read 24 bytes at {address:#x}"),)
    assert (runtime.lacks("ps"), runtime.lacks("ms"), len(runtime.ms) > 1) == (True, False, True)


def test_a_field_that_is_missing_is_noted() -> None:
    runtime = recorded_program(
        lacking={"runtime.m.curg", "runtime.p.runnext", "runtime.schedt.npidle"}
    ).read()
    assert runtime.notes == (
        "runtime.m has no field curg: it is shown as 0",
        "runtime.p has no field runnext: it is shown as 0",
        "runtime.schedt has no field npidle: it is shown as 0",
    )
    assert {m.curg for m in runtime.ms} == {0}
    assert runtime.sched.npidle == 0


def test_names_that_cannot_be_read_are_noted() -> None:
    runtime = recorded_program(lacking={"runtime.gStatusStrings"}).read()
    assert runtime.notes == (
        "this program lacks runtime.gStatusStrings: statuses are shown as numbers",
    )
    assert next(iter(runtime.gs)).status.startswith("status ")


def test_an_array_of_unknown_size_is_noted() -> None:
    names = ("runtime.gStatusStrings", "runtime.waitReasonStrings")
    runtime = recorded_program(unsized=names).read()
    assert runtime.notes == tuple(
        f"{name}: the size of the array is not known, so it was not read" for name in names
    )
    assert (runtime.constants.statuses, runtime.constants.wait_reasons) == ((), ())


def test_a_module_that_cannot_be_read_is_noted_for_stacks() -> None:
    damaged = recorded_program()
    assert isinstance(damaged.target, Replay)
    next_module = damaged.reader.layout("runtime.moduledata").offset("next")
    address = damaged.reader.address("runtime.firstmoduledata") + next_module
    for stop in range(damaged.target.stops):
        damaged.target.change(stop, address, (0x40).to_bytes(8, "little"))
    runtime = damaged.read(unwinds=True)
    assert runtime.problems == tuple(Problem("functions", why) for why in runtime.notes)
    assert runtime.notes[0].startswith("module at 0x40: cannot read ")
    assert damaged.read().notes == ()
    assert damaged.function_name(runtime.gs[0].startpc) == "runtime.main"


def test_the_functions_of_a_module_that_is_added_are_looked_up() -> None:
    program = recorded_program()
    assert isinstance(program.target, Replay)
    before = program.symtab
    program.read()
    assert program.symtab is before
    next_module = program.reader.layout("runtime.moduledata").offset("next")
    address = program.reader.address("runtime.firstmoduledata") + next_module
    for stop in range(program.target.stops):
        program.target.change(stop, address, (0x40).to_bytes(8, "little"))
    assert program.read(unwinds=True).notes[0].startswith("module at 0x40: cannot read ")
    assert program.symtab is not before


def test_tables_that_cannot_be_read_at_all_are_noted() -> None:
    without = recorded_program(lacking={"runtime.firstmoduledata"})
    lack = "this program lacks runtime.firstmoduledata: functions, lines and stacks cannot be shown"
    assert without.read(unwinds=True).notes == (lack,)


def damaged_program(variable: str, offset: int, value: int, size: int = 8) -> Program:
    """Return the recorded program with other bytes at an offset from a variable of the runtime."""
    damaged = recorded_program()
    assert isinstance(damaged.target, Replay)
    address = damaged.reader.address(variable) + offset
    damaged.target.change(-1, address, value.to_bytes(size, "little"))
    return damaged


@pytest.mark.parametrize(
    ("variable", "offset", "value", "note", "part"),
    [
        (
            "runtime.allglen",
            0,
            1 << 40,
            "runtime.allglen is 1099511627776, which is implausible: no goroutine was read",
            "gs",
        ),
        ("runtime.allgptr", 0, 8, "allgs: cannot read ", "gs"),
        ("runtime.allp", 0, 8, "allp: cannot read ", "ps"),
    ],
)
def test_a_damaged_list_is_noted(
    variable: str, offset: int, value: int, note: str, part: str
) -> None:
    runtime = damaged_program(variable, offset, value).read()
    assert len(getattr(runtime, part)) == 0
    assert [text.startswith(note) for text in runtime.notes] == [True]


def test_a_list_with_a_cycle_ends() -> None:
    whole = recorded_program()
    ms = whole.read().ms
    link = whole.reader.layout("runtime.m").offset("alllink")
    offset = ms[0].address + link - whole.reader.address("runtime.allm")
    runtime = damaged_program("runtime.allm", offset, ms[-1].address).read()
    assert [m.address for m in runtime.ms] == [m.address for m in ms]
    assert runtime.notes == (f"allm has a cycle: stopped at {ms[-1].address:#x}",)


def test_a_list_that_leads_to_unreadable_memory_ends() -> None:
    runtime = damaged_program("runtime.allm", 0, 8).read()
    assert [bool(m.unreadable) for m in runtime.ms] == [True]
    assert runtime.notes[0].startswith("allm: cannot read 8 bytes at ")


def test_a_list_is_bounded() -> None:
    reader, problems = recorded_program().reader, Problems()
    head = reader.word(reader.address("runtime.allm"))
    link = reader.layout("runtime.m").offset("alllink")
    assert list(linked_list(reader, head, link, 1, "ms", "allm", problems)) == [head]
    assert problems.all() == (Problem("ms", "allm does not end: stopped after 1"),)
