"""bench/RESULTS.md: a section for each set of tools, the others kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

__all__ = ["PATH", "section", "write"]

PATH = Path(__file__).resolve().parent.parent / "RESULTS.md"

_TOP = """\
# What listing goroutines costs

Written by `bench/goroutines.py --write`, which says what is measured and how. Seconds are
medians of whole processes, from the shell; “ratio” is a tool's seconds in those of gogdb's
command for the same job: `go-gmp` for a list, `go-stacks` for stacks. “listed” counts the
goroutines in the output, the runtime's own among them; “frames” those of all stacks, of
which Delve shows the first ten. What takes less than three seconds is run twice, and the
second time counts: else what the others pushed out of the file cache would be much of it.
"""


def section(heading: str, about: str, parts: Iterable[str]) -> str:
    return "\n\n".join([f"## {heading}", about, *parts]) + "\n"


def write(heading: str, text: str) -> None:
    """In the place of the section with the same heading, else at the end."""
    old = PATH.read_text() if PATH.exists() else ""
    sections = re.split(r"^(?=## )", old, flags=re.M)[1:]
    kept = {one.partition("\n")[0]: one.rstrip("\n") + "\n" for one in sections}
    kept[f"## {heading}"] = text
    PATH.write_text("\n".join([_TOP, *kept.values()]))
