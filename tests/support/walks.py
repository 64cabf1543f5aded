"""Recorded boots of fixtures/boot, walked again without GDB."""

from __future__ import annotations

from functools import cache

from gogdb.boot.stages import STAGES
from gogdb.boot.walk import Walk
from gogdb.runtime.program import Program
from tests.support.places import SNAPSHOTS
from tests.support.replay import Replay

VERSIONS = ("1.19.8", "1.23.9", "1.27.3")


def load(version: str) -> Replay:
    """Return the boot recorded with this Go, to replay and to change."""
    return snapshot(f"walk-go{version}")


def snapshot(name: str) -> Replay:
    """Return a recording by its name in tests/snapshots, to replay and to change."""
    return _original(name).copy()


@cache
def _original(name: str) -> Replay:
    return Replay.load(SNAPSHOTS / f"{name}.json.xz")


def walk(replay: Replay, last: str = STAGES[-1].id) -> Walk:
    """Walk a recording up to the stage with the id `last`."""
    program = Program(replay)
    walk = Walk(replay, lambda: program)
    walk.start()
    for _ in walk.run(next(stage for stage in STAGES if stage.id == last)):
        pass
    return walk


@cache
def recorded_walk(version: str) -> Walk:
    """Return the whole walk recorded with this Go; shared by all tests, which do not change it."""
    return walk(load(version))
