"""Stages: how they are found by name, and their stops in recorded binaries."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gogdb.boot.find import find_stage
from gogdb.boot.locate import locate, locate_all
from gogdb.boot.patterns_amd64 import stack_guard
from gogdb.boot.stages import STAGES
from gogdb.errors import GogdbError
from gogdb.view.panels import PANELS
from tests.support.replay import Replay
from tests.support.walks import VERSIONS, load

UNKNOWN = f"no stage '{{}}' among 1 to {len(STAGES)}"


def test_numbers_and_ids() -> None:
    assert len(STAGES) == 28
    assert [stage.number for stage in STAGES] == list(range(1, len(STAGES) + 1))
    assert len({stage.id for stage in STAGES}) == len(STAGES)


def test_every_stage_has_panels_that_exist() -> None:
    for stage in STAGES:
        assert set(stage.show) <= PANELS, stage.id
        assert set(stage.point) <= PANELS | {"registers", "code", "changes"}, stage.id


@pytest.mark.parametrize(
    ("name", "id"),
    [("gogo", "gogo"), ("24", "gogo-sp"), ("exec", "execute"), ("OSI", "osinit"), ("1", "entry")],
)
def test_find_by_id_number_or_unique_prefix(name: str, id: str) -> None:
    assert find_stage(name).id == id


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sched", "sched is short for schedinit or schedule: say which"),
        (
            "shedule",
            f"{UNKNOWN.format('shedule')}: did you mean schedule, schedinit or settls?",
        ),
        ("29", f"{UNKNOWN.format('29')}: `go-boot list` shows them all"),
        ("", f"{UNKNOWN.format('')}: `go-boot list` shows them all"),
    ],
)
def test_find_by_a_wrong_name(name: str, message: str) -> None:
    with pytest.raises(GogdbError) as error:
        find_stage(name)
    assert str(error.value) == message


@pytest.mark.parametrize("version", VERSIONS)
def test_every_anchor_is_found(version: str) -> None:
    located = locate_all(load(version), STAGES)
    assert [id for id, place in located.items() if place.missing] == []


def replay() -> Replay:
    return load("1.27.3")


def test_with_cgo_there_is_no_settls() -> None:
    program = replay()
    cgo = program.symbols.find("_cgo_init")
    assert cgo is not None
    program.change(0, cgo.address, b"\1")
    assert locate(program, find_stage("settls")).missing == "cgo"
    assert locate(program, find_stage("tls-check")).missing == "cgo"
    assert locate(program, find_stage("tls-g0")).missing == ""


@pytest.mark.parametrize("flag", ["runtime.isarchive", "runtime.islibrary"])
def test_a_library_never_calls_main_main(flag: str) -> None:
    program = with_flag(flag, b"\1")
    assert locate(program, find_stage("main-main")).missing == "library"
    assert locate(program, find_stage("add")).missing == "library"
    assert locate(program, find_stage("runtime-main")).missing == ""
    assert locate(with_flag(flag, b"\0"), find_stage("main-main")).missing == ""


def with_flag(name: str, value: bytes) -> Replay:
    """Return a recorded program with one more variable, of one byte, at the place of another."""
    program = replay()
    symbols = program.symbols
    started = symbols.find("runtime.mainStarted")
    assert started is not None
    flag = started._replace(name=name)
    more = SimpleNamespace(find=lambda wanted: flag if wanted == name else symbols.find(wanted))
    program.symbols = more
    program.change(0, flag.address, value)
    return program


@pytest.mark.parametrize("version", VERSIONS)
def test_stack_guard_of_a_recorded_program(version: str) -> None:
    program = load(version)
    rt0 = program.symbols.find("runtime.rt0_go.abi0")
    assert rt0 is not None
    assert stack_guard(program.read(rt0.address, rt0.size)) == 928


def test_stack_guard_with_the_race_detector() -> None:
    code = bytes.fromhex("48 8b 01 48 05 c0 06 00 00 48 89 41 10 48 89 41 18")
    assert stack_guard(code) == 1728
    assert stack_guard(b"") == 0


def test_an_instruction_that_is_not_there_is_said() -> None:
    program = replay()
    rt0 = program.symbols.find("runtime.rt0_go.abi0")
    assert rt0 is not None
    for stop in range(program.stops):
        program.change(stop, rt0.address, bytes(rt0.size))
    place = locate(program, find_stage("m0-g0"))
    assert place.missing == "the instruction looked for in runtime.rt0_go is not in this binary"
    assert locate(program, find_stage("args")).missing == (
        "a call of runtime.args in runtime.rt0_go is not in this binary"
    )


@pytest.mark.parametrize(
    ("setting", "count", "expected"),
    [
        ("", 8, "cpus"),
        ("3", 3, "environment"),
        ("+3", 3, "environment"),  # since go1.26
        ("+3", 8, "cpus"),  # older releases ignore it
        ("-3", 8, "cpus"),
        ("many", 8, "cpus"),
        ("0", 8, "cpus"),
        ("", 4, "cgroup"),
        ("3", 8, "environment, but it does not hold"),
        ("", 1, "cgroup, but it does not hold"),  # a cgroup's limit counts as 2 at least
    ],
)
def test_who_decides_the_number_of_ps(setting: str, count: int, expected: str) -> None:
    ps = [SimpleNamespace(address=p, m=0, status="idle") for p in range(1, count + 1)]
    sched = SimpleNamespace(pidle=[], npidle=0)
    now = SimpleNamespace(
        runtime=SimpleNamespace(ps=ps, gomaxprocs=count, ncpu=8, sched=sched),
        process=SimpleNamespace(environment={"GOMAXPROCS": setting} if setting else {}),
        m0=SimpleNamespace(p=0, address=0),
    )
    context = SimpleNamespace(now=now, entry=lambda name: 0x1000)
    procresize = next(stage for stage in STAGES if stage.id == "procresize")
    claim = next(iter(procresize.claims(context)))  # type: ignore[arg-type]
    assert claim.id + ("" if claim.holds else ", but it does not hold") == expected
