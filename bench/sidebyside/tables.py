"""Tables of the results, as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tabulate import tabulate

from .measure import Run
from .tools import STACKS, Tool

__all__ = ["AIM_AT", "AIM_GROWTH", "AIM_MEMORY", "Row", "comparison", "growth"]

AIM_AT = 100_000  # goroutines; the size at which ratios have an aim
AIM_GROWTH = 1.5  # time for each goroutine at the largest size, divided by that at GROWN_FROM
AIM_MEMORY = 1024  # resident bytes for each goroutine beyond GROWN_FROM
GROWN_FROM = 10_000


@dataclass
class Row:
    """All runs of one tool on one process ("live") or core."""

    size: int
    place: str
    tool: Tool
    runs: list[Run] = field(default_factory=list)
    failed: str = ""

    @property
    def seconds(self) -> float:
        return statistics.median(run.seconds for run in self.runs)

    @property
    def peak(self) -> float:
        return statistics.median(run.peak for run in self.runs)

    @property
    def listed(self) -> int:
        return min(run.listed for run in self.runs)

    @property
    def short(self) -> bool:
        """Whether a run listed fewer goroutines than the program has with main's."""
        return self.listed < self.size + 1


def comparison(rows: Sequence[Row], size: int) -> str:
    """Return the table of all tools at one size, with the ratios of their times to gogdb's."""
    ours = {(r.place, r.tool.job): r for r in rows if not r.tool.rival and r.runs}
    head = ["", "on", "runs", "seconds", "from–to", "ratio", "peak MiB", "listed", "frames"]
    lines, notes = [], []
    for row in rows:
        if row.failed:
            notes.append(f"{row.tool.name}, {row.place}: left out from here on: {row.failed}")
        if not row.runs:
            continue
        mine = ours.get((row.place, row.tool.job))
        ratio = f"{row.seconds / mine.seconds:.1f}" if row.tool.rival and mine else ""
        if ratio and row.tool.aim and size == AIM_AT:
            ratio += f" (aim: {row.tool.aim:g})"
        times = [run.seconds for run in row.runs]
        cells = [row.tool.name, row.place, str(len(times)), f"{row.seconds:.2f}"]
        cells += [f"{min(times):.2f}–{max(times):.2f}", ratio, f"{row.peak / 2**20:.0f}"]
        cells.append(f"{row.listed:,}" + (" **too few**" if row.short else ""))
        cells.append(f"{row.runs[-1].frames:,}" if row.tool.job == STACKS else "")
        lines.append(cells)
    return "\n\n".join([f"### {size:,} goroutines", _table(lines, head), *notes])


def growth(rows: Sequence[Row]) -> str:
    """Return the table of gogdb's time and memory from size to size."""
    head = ["", "on", "goroutines", "seconds", "µs each", "µs each more", f"× {GROWN_FROM:,}'s"]
    head += ["peak MiB", "B each more"]
    lines = [line for mine in _series(rows) for line in _growth_lines(mine)]
    aims = (
        f"Aims: at most {AIM_GROWTH:g} times the time for each goroutine at {GROWN_FROM:,}, and at"
        f" most {AIM_MEMORY:,} more resident bytes for each goroutine beyond {GROWN_FROM:,}. “each"
        " more” is the difference from the size before, divided by the difference of goroutines,"
        " so it leaves out what GDB itself needs. Some 40 MiB of a core file are mapped at a time,"
        " and count as resident."
    )
    return f"### Growth\n\n{_table(lines, head)}\n\n{aims}"


def _series(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Yield the rows of each command of gogdb, live and on the core, ordered by size."""
    kept = [row for row in rows if row.runs and not row.tool.rival]
    for key in dict.fromkeys((row.tool.name, row.place) for row in kept):
        yield sorted((r for r in kept if (r.tool.name, r.place) == key), key=lambda r: r.size)


def _growth_lines(rows: list[Row]) -> Iterator[list[str]]:
    first = next((row for row in rows if row.size == GROWN_FROM), None)
    before = None
    for row in rows:
        each = row.seconds / row.size
        cells = [row.tool.name, row.place, f"{row.size:,}", f"{row.seconds:.2f}"]
        cells.append(f"{each * 1e6:.1f}")
        more = row.size - before.size if before else 0
        cells.append(f"{(row.seconds - before.seconds) / more * 1e6:.1f}" if before else "")
        cells.append(f"{each / (first.seconds / first.size):.2f}" if first else "")
        cells.append(f"{row.peak / 2**20:.0f}")
        if before:
            cells.append(f"{(row.peak - before.peak) / more:,.0f}")
        yield cells
        before = row


def _table(lines: Sequence[Sequence[object]], head: list[str]) -> str:
    right = ["left", "left"] + ["right"] * (len(head) - 2)
    text: str = tabulate(lines, head, tablefmt="github", colalign=right, disable_numparse=True)
    return text
