"""Directories that tests read from."""

from __future__ import annotations

from pathlib import Path

__all__ = ["GOLDEN", "PROGRAMS", "ROOT", "SNAPSHOTS"]

ROOT = Path(__file__).parents[2]  # of the repository
GOLDEN = ROOT / "tests/golden"
PROGRAMS = ROOT / "tests/live/programs"  # Go programs, one a directory
SNAPSHOTS = ROOT / "tests/snapshots"
