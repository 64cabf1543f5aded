"""Stages by name, and where they are in recorded binaries."""

from __future__ import annotations

import pytest

from gogdb.boot.find import find_stage
from gogdb.boot.locate import locate, locate_all
from gogdb.boot.stages import STAGES
from gogdb.errors import GogdbError
from tests.support.replay import Replay
from tests.support.walks import VERSIONS, load


def test_there_are_28_in_their_order() -> None:
    assert [stage.number for stage in STAGES] == list(range(1, 29))
    assert len({stage.id for stage in STAGES}) == 28


@pytest.mark.parametrize(
    ("name", "found"),
    [("gogo", "gogo"), ("24", "gogo-sp"), ("exec", "execute"), ("OSI", "osinit"), ("1", "entry")],
)
def test_by_id_number_or_unique_prefix(name: str, found: str) -> None:
    assert find_stage(name).id == found


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sched", "sched is short for schedinit or schedule: say which"),
        (
            "shedule",
            "no stage 'shedule' among 1 to 28: did you mean schedule, schedinit or settls?",
        ),
        ("29", "no stage '29' among 1 to 28: `go-boot list` shows them all"),
        ("", "no stage '' among 1 to 28: `go-boot list` shows them all"),
    ],
)
def test_wrong_names_are_one_helpful_line(name: str, said: str) -> None:
    with pytest.raises(GogdbError) as error:
        find_stage(name)
    assert str(error.value) == said


@pytest.mark.parametrize("version", VERSIONS)
def test_every_anchor_is_found(version: str) -> None:
    located = locate_all(load(version), STAGES)
    assert [id_ for id_, place in located.items() if place.missing] == []


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
