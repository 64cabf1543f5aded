"""Recorded boots of fixtures/boot, walked again without GDB."""

from __future__ import annotations

from pathlib import Path

from gogdb.boot.stages import STAGES
from gogdb.boot.walk import Walk
from gogdb.runtime.program import Program
from tests.replay import Replay

SNAPSHOTS = Path(__file__).parent.parent / "snapshots"
VERSIONS = ("1.19.8", "1.23.9", "1.27.3")


def load(version: str) -> Replay:
    return Replay.load(SNAPSHOTS / f"walk-go{version}.json.xz")


def walk(replay: Replay) -> Walk:
    """The whole road over a snapshot."""
    program = Program(replay)
    walk = Walk(replay, lambda: program)
    walk.start()
    for _ in walk.run(STAGES[-1]):
        pass
    return walk
