"""What bench/text.py measures, and its tables."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tabulate import tabulate

from gogdb.inferior.elf import ElfFile
from gogdb.launch import paths
from gogdb.launch.tools import Gdb

from .measure import Run
from .tools import LIST, OUT, STACKS, Delve, Tool, delve_tool, gdb_command

__all__ = [
    "Job",
    "Jobs",
    "Measured",
    "of_a_first_command",
    "of_a_first_stripped_command",
    "of_goroutines",
    "of_threads",
    "size_of",
    "table",
]

_HEADING = rb"(?m)^goroutine (\d+)  "
_FRAME = rb"(?m)^ +\d+  \S"
_G_ROW = rb"(?m)^  g(\d+) "
_JSON_G, _JSON_FRAME = rb'"goid": ?(\d+)', rb'"function": ?"'
_ATTACHED = "GDB: attach only"
_LIST = "go-gmp g --system --limit 0"
_FIRST, _MORE_IF_STRIPPED = 0.25, 0.5  # s, what a first command should take at most


class Job(NamedTuple):
    """A tool, whose time is compared with that of the job called `base`.

    `aim` is what their ratio should be at most, `seconds` what their difference should be.
    """

    tool: Tool
    base: str = ""
    aim: float | None = None
    seconds: float | None = None


Jobs = Callable[[Gdb, Delve | None, Path], Iterator[Job]]


@dataclass
class Measured:
    """The runs of a job."""

    job: Job
    runs: list[Run] = field(default_factory=list)
    failed: str = ""

    def median(self, of: str) -> float:
        return statistics.median(getattr(run, of) for run in self.runs)


def of_goroutines(gdb: Gdb, delve: Delve | None, scratch: Path) -> Iterator[Job]:
    """Yield lists and stacks of goroutines as text and as JSON, and the text of Delve."""
    list_json, list_text = "go-gmp g --json", _LIST
    stacks_json, stacks_text = "go-stacks --all --json", "go-stacks --all --limit 0"
    yield Job(_ours(gdb, list_json, _JSON_G, rb"(?!)"))
    yield Job(_ours(gdb, list_text, _G_ROW, rb"(?!)"), list_json, aim=3)
    yield Job(_ours(gdb, stacks_json, _JSON_G, _JSON_FRAME))
    yield Job(_ours(gdb, stacks_text, _HEADING, _FRAME), stacks_json, aim=3)
    if delve:
        yield Job(delve_tool(delve, scratch, "goroutines", LIST), list_text)
        yield Job(delve_tool(delve, scratch, "goroutines -t", STACKS), stacks_text)


def of_threads(gdb: Gdb, delve: Delve | None, scratch: Path) -> Iterator[Job]:
    """Yield the stacks of all threads: gogdb's, GDB's and Delve's."""
    system, backtraces = "go-stacks --system --limit 0", "thread apply all bt"
    yield _attached(gdb)
    yield Job(_ours(gdb, system, _HEADING, _FRAME), _ATTACHED, seconds=2)
    yield Job(_gdb(gdb, f"GDB: {backtraces}", backtraces, rb"(?m)^Thread (\d+) "), system)
    if delve:
        yield Job(delve_tool(delve, scratch, "goroutines -t", STACKS), system)


def of_a_first_command(gdb: Gdb, delve: Delve | None, scratch: Path) -> Iterator[Job]:
    """Yield the first command of a session, the session without it, and a second command."""
    yield from _first_commands(gdb, _FIRST)
    if delve:
        yield Job(delve_tool(delve, scratch, "goroutines", LIST), _LIST)


def of_a_first_stripped_command(gdb: Gdb, delve: Delve | None, scratch: Path) -> Iterator[Job]:
    """Yield the same for a program without a symbol table, in which Delve finds no goroutines."""
    yield from _first_commands(gdb, _FIRST + _MORE_IF_STRIPPED)


def _first_commands(gdb: Gdb, aim: float) -> Iterator[Job]:
    yield _attached(gdb)
    yield Job(_ours(gdb, _LIST, _G_ROW, rb"(?!)"), _ATTACHED, seconds=aim)
    yield Job(_ours(gdb, _LIST, _G_ROW, rb"(?!)", times=2), _LIST)


def _attached(gdb: Gdb) -> Job:
    return Job(_gdb(gdb, _ATTACHED, "info threads 1", rb"LWP (\d+)"))


def table(title: str, measured: Sequence[Measured]) -> str:
    """Return the table of some jobs; ratios and differences are of processor times."""
    times = {each.job.tool.name: each.median("cpu") for each in measured if each.runs}
    notes = [f"{m.job.tool.name}: left out: {m.failed}" for m in measured if m.failed]
    lines = [_line(each, times) for each in measured if each.runs]
    head = ["", "seconds", "from–to", "CPU s", "compared", "peak MiB", "listed", "frames"]
    right = ["left", *["right"] * (len(head) - 1)]
    text = tabulate(lines, head, tablefmt="github", colalign=right, disable_numparse=True)
    return "\n\n".join([f"### {title}", text, *notes])


def _line(measured: Measured, times: Mapping[str, float]) -> list[str]:
    job, last = measured.job, measured.runs[-1]
    own, base = times[job.tool.name], times.get(job.base)
    compared = ""
    if base and job.seconds:
        compared = f"{own - base:.2f} s more than {job.base} (aim: {job.seconds:g})"
    elif base:
        compared = f"{own / base:.1f} × {job.base}" + (f" (aim: {job.aim:g})" if job.aim else "")
    seconds = [run.seconds for run in measured.runs]
    return [
        job.tool.name,
        f"{measured.median('seconds'):.2f}",
        f"{min(seconds):.2f}–{max(seconds):.2f}",
        f"{own:.2f}",
        compared,
        f"{measured.median('peak') / 2**20:.0f}",
        f"{last.listed:,}",
        f"{last.frames:,}" if last.frames else "",
    ]


def size_of(program: Path) -> tuple[int, int]:
    """Return the size of a program in bytes, and the number of its symbols."""
    elf = ElfFile.open(str(program))
    table = elf.section(".symtab")
    return program.stat().st_size, table.size // 24 if table else 0


def _ours(gdb: Gdb, command: str, goroutine: bytes, frame: bytes, times: int = 1) -> Tool:
    start = (*gdb_command(gdb), "-x", str(paths.gdbinit()), "-p")
    rest = ("-ex", f"{command} --out {OUT}") * times
    name = command if times == 1 else f"{command}, {times} times"
    return Tool(name, STACKS, False, start, (), rest, goroutine, frame)


def _gdb(gdb: Gdb, name: str, command: str, thread: bytes) -> Tool:
    start = (*gdb_command(gdb), "-p")
    return Tool(name, STACKS, True, start, (), ("-ex", command), thread, rb"(?m)^#\d+ ")
