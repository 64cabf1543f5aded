"""Directories that tests read from."""

from __future__ import annotations

from pathlib import Path

__all__ = ["GOLDEN", "PROGRAMS", "ROOT", "SNAPSHOTS", "marked"]

ROOT = Path(__file__).parents[2]  # of the repository
GOLDEN = ROOT / "tests/golden"
PROGRAMS = ROOT / "tests/live/programs"  # Go programs, one a directory
SNAPSHOTS = ROOT / "tests/snapshots"


def marked(program: str, marker: str) -> str:
    """Return the place of a `// marker: …` comment in a program of `PROGRAMS`, as GDB takes it."""
    lines = (PROGRAMS / program / "main.go").read_text(encoding="utf-8").split("\n")
    (line,) = (number for number, text in enumerate(lines, 1) if f"// marker: {marker}" in text)
    return f"main.go:{line}"
