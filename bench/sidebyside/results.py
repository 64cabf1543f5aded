"""bench/RESULTS.md: one section for each bench and set of tool versions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

__all__ = ["PATH", "section", "write"]

PATH = Path(__file__).resolve().parent.parent / "RESULTS.md"

_TOP = """\
# The time that listing goroutines takes

Written by `bench/goroutines.py --write`, which describes the measurement. Seconds are medians of
whole processes, started from the shell. “ratio” is the time of a tool divided by the time of
gogdb's command for the same job: `go-gmp` for a list, `go-stacks` for stacks. “listed” counts the
goroutines in the output, including those of the runtime; “frames” counts the frames of all stacks,
of which Delve shows the first ten. A tool that takes less than three seconds runs twice in each
round, and the second run counts, because the other tools may have displaced its files from the
file cache.

The sections “Text” are written by `bench/text.py --write`. They compare processor times (“CPU s”),
in the kernel and outside, of whole processes attached to a program; the first round does not count.
"""


def section(heading: str, about: str, parts: Iterable[str]) -> str:
    """Return a section as Markdown."""
    return "\n\n".join([f"## {heading}", about, *parts]) + "\n"


def write(heading: str, text: str) -> None:
    """Put a section in place of the one with the same heading, or at the end."""
    old = PATH.read_text() if PATH.exists() else ""
    sections = re.split(r"^(?=## )", old, flags=re.M)[1:]
    kept = {one.partition("\n")[0]: one.rstrip("\n") + "\n" for one in sections}
    kept[f"## {heading}"] = text
    PATH.write_text("\n".join([_TOP, *kept.values()]))
