"""The walk of a program that the debugger records, after it has gone back."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gogdb.boot.find import find_stage
from gogdb.boot.stages import STAGES
from gogdb.boot.walk import Walk
from gogdb.inferior.protocol import Moment
from gogdb.runtime.program import Program
from tests.support.replay import Replay
from tests.support.walks import VERSIONS, load, recorded_walk

GO = VERSIONS[-1]


def walk_to(walk: Walk, stage: str) -> list[str]:
    """Walk on, and return the ids of the stages on the way."""
    return [record.stage.id for record in walk.run(find_stage(stage))]


def begin(replay: Replay, stage: str) -> Walk:
    """Return a walk of a recorded program that has come to a stage."""
    replay.is_recorded = True
    program = Program(replay)
    walk = Walk(replay, lambda: program)
    walk.start()
    walk_to(walk, stage)
    return walk


def stop_of(walk: Walk, stage: str, number: int = -1) -> int:
    """Return the index of the recorded stop at which the stage was observed."""
    before = [
        len(r.observations) for r in walk.records if r.stage.number < find_stage(stage).number
    ]
    count = len(find_stage(stage).stops)
    return sum(before) + range(count)[number]


def stages(walk: Walk) -> Sequence[str]:
    return [record.stage.id for record in walk.records]


@pytest.mark.parametrize("version", VERSIONS)
def test_stages_that_lie_ahead_again_are_walked_through_once_more(version: str) -> None:
    replay = load(version)
    walk = begin(replay, "runtime-main")
    replay.go_to(stop_of(walk, "schedule"))
    assert walk.current is find_stage("schedule")
    assert walk.is_behind(find_stage("schedule"))
    assert not walk.is_behind(find_stage("findrunnable"))

    walk.go_back()
    assert stages(walk)[-1] == "schedule"
    assert walk_to(walk, "add") == [s.id for s in STAGES[find_stage("schedule").number :]]
    expected = recorded_walk(version)
    assert [r.claims for r in walk.records] == [r.claims for r in expected.records]
    assert [r.changes for r in walk.records] == [r.changes for r in expected.records]


def test_a_stage_shows_again_what_was_seen_first() -> None:
    """GDB does not undo what was written through %fs: the TLS slot."""
    replay = load(GO)
    walk = begin(replay, "gogo")
    first = walk.records[find_stage("schedule").number - 1]
    replay.go_to(stop_of(walk, "save"))
    replay.change(stop_of(walk, "schedule"), first.last.tls_slot, bytes(8))
    walk.go_back()
    walk_to(walk, "schedule")
    assert walk.records[-1] is first
    assert first.holds


def test_a_stage_after_the_recording_is_observed_again() -> None:
    replay = load(GO)
    walk = begin(replay, "gogo")
    first = walk.records[find_stage("schedule").number - 1]
    replay.go_to(stop_of(walk, "save"))
    walk.go_back()
    replay.is_recorded = False  # `record stop`
    replay.change(stop_of(walk, "schedule"), first.last.tls_slot, bytes(8))
    walk_to(walk, "schedule")
    assert not walk.records[-1].holds


def test_before_the_main_goroutine_exists() -> None:
    replay = load(GO)
    walk = begin(replay, "gogo-sp")
    replay.go_to(stop_of(walk, "newproc"))
    walk.go_back()
    walk_to(walk, "malg")
    expected = recorded_walk(GO).records[find_stage("malg").number - 1]
    assert walk.records[-1].claims == expected.claims
    assert walk.records[-1].last.words == expected.last.words


def test_within_a_stage() -> None:
    """Between the two stops of gogo-sp, the stage is still ahead."""
    replay = load(GO)
    walk = begin(replay, "gogo-sp")
    replay.go_to(stop_of(walk, "gogo-sp", 0))
    assert walk.current is find_stage("gogo")
    walk.go_back()
    assert walk_to(walk, "gogo-sp") == ["gogo-sp"]


def test_at_the_last_stage_nothing_lies_ahead_again() -> None:
    replay = load(GO)
    walk = begin(replay, "gogo")
    records = list(walk.records)
    walk.go_back()
    assert walk.records == records
    assert walk.current is find_stage("gogo")


def test_without_a_recording_nothing_lies_ahead_again() -> None:
    replay = load(GO)
    walk = begin(replay, "gogo")
    replay.is_recorded = False
    replay.go_to(3)
    walk.go_back()
    assert walk.current is find_stage("gogo")
    replay.is_recorded = True  # another recording, in which no stage was reached
    walk.go_back()
    assert walk.current is find_stage("gogo")


def test_a_new_recording_that_is_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    replay = load(GO)
    walk = begin(replay, "gogo")
    monkeypatch.setattr(replay, "moment", lambda: Moment(1, 2, True))
    assert walk.current is find_stage("gogo")


def test_a_debugger_that_counts_one_more_in_the_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """GDB 18 does so; one instruction before a stage it says the number of the stage."""
    replay = load(GO)
    walk = begin(replay, "gogo-sp")
    reached, before = stop_of(walk, "gogo-sp"), stop_of(walk, "gogo-sp", 0)
    monkeypatch.setattr(replay, "moment", lambda: Moment(reached, reached, True))
    assert walk.current is find_stage("gogo-sp")
    replay.go_to(before)
    assert walk.current is find_stage("gogo")


def test_a_stage_that_was_overtaken_can_be_reached_after_going_back() -> None:
    replay = load(GO)
    walk = begin(replay, "schedule")
    schedule, findrunnable = stop_of(walk, "schedule"), find_stage("findrunnable")
    replay.go_to(schedule + len(findrunnable.stops) + 1)  # by hand
    assert walk_to(walk, "execute") == ["findrunnable", "execute"]
    assert walk.records[findrunnable.number - 1].skipped == "overtaken"
    replay.go_to(schedule)
    walk.go_back()
    assert stages(walk)[-1] == "schedule"
    walk_to(walk, "execute")
    assert not any(record.skipped for record in walk.records)
    assert all(record.holds for record in walk.records)


@pytest.mark.parametrize("newest", [None, 0], ids=["record stop", "record delete"])
def test_a_recording_that_ends_in_the_past(
    monkeypatch: pytest.MonkeyPatch, newest: int | None
) -> None:
    """The walk has looked where the program was, as before each prompt, and goes on from there."""
    replay = load(GO)
    walk = begin(replay, "gogo-sp")
    replay.go_to(stop_of(walk, "schedule"))
    assert walk.behind()[-1].stage is find_stage("schedule")
    now = None if newest is None else Moment(newest, newest, False)
    monkeypatch.setattr(replay, "moment", lambda: now)
    assert walk.current is find_stage("schedule")
    walk.go_back()
    assert walk_to(walk, "execute") == ["findrunnable", "execute"]
    assert walk.current is find_stage("execute")
    assert all(record.holds for record in walk.records)
