"""bench/goroutines.py: goroutines and frames in each tool's output, and the tables of results."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.sidebyside import results, tables, texts
from bench.sidebyside.measure import LIMIT, Run, run
from bench.sidebyside.tables import Row
from bench.sidebyside.tools import LIST, STACKS, Delve, Tool, ours, rivals
from gogdb.launch.tools import Gdb, Go
from tests.support import fake_tools

GDB = Gdb(Path("/usr/bin/gdb"), "13.1", "3.11.2")

JSON = """{
"gs": [
{"address": "0xc0000061a0", "goid": 1, "parent_goid": null, "where": {"function": "main.main"}},
{"address": "0xc000006680", "goid": 12, "parent_goid": 1, "where": {"function": "main.sends"}}
]}
"""
INFO = """[New LWP 26990]
0x00000000004026ce in runtime/internal/syscall.Syscall6 ()
36\t\tCMPQ\tAX, $0xfffffffffffff001
* 1 running  syscall.Syscall
  12 waiting  runtime.gopark
"""
DELVE = """Type 'help' for list of commands.
* Goroutine 1 - User: /src/main.go:163 main.main (0x496580) (thread 26990)
\t0  0x00000000004026ce in runtime/internal/syscall.Syscall6
\t    at /src/asm_linux_amd64.s:36
\t1  0x0000000000496580 in main.main
\t    at /src/main.go:163
  Goroutine 12 - User: /src/main.go:35 main.sends (0x435376) [chan send]
\t0  0x0000000000435376 in runtime.gopark
\t    at /src/proc.go:364
[2 goroutines]
"""


@pytest.fixture
def tools(tmp_path: Path) -> dict[str, Tool]:
    script = tmp_path / "src/runtime/runtime-gdb.py"
    script.parent.mkdir(parents=True)
    script.touch()
    prints_goroot = fake_tools.program(tmp_path / "go", output=str(tmp_path))
    others = rivals(GDB, Go(prints_goroot, "1.27.3"), Delve("dlv", "1.27.1"), tmp_path)
    return {tool.name: tool for tool in (*ours(GDB), *others)}


@pytest.mark.parametrize(
    ("name", "output", "frames"),
    [
        ("go-gmp g --json", JSON, 2),
        ("go-stacks --all --json", JSON, 2),
        ("runtime-gdb.py: info goroutines", INFO, 0),
        ("Delve: goroutines", DELVE, 3),
        ("Delve: goroutines -t", DELVE, 3),
    ],
)
def test_goroutines_and_frames_are_counted(
    tools: dict[str, Tool], tmp_path: Path, name: str, output: str, frames: int
) -> None:
    done = run(tools[name], [sys.executable, "-c", f"print({output!r})"], tmp_path / "out")
    assert (done.listed, done.frames, done.failed) == (2, frames, "")
    assert 0 < done.seconds < LIMIT
    assert done.peak > 1 << 20
    assert not list(tmp_path.glob("out*"))


def test_a_tool_that_fails_says_why(tools: dict[str, Tool], tmp_path: Path) -> None:
    script = "import sys; print('1 of', flush=True); sys.exit('no such process')"
    command = [sys.executable, "-c", script]
    done = run(tools["Delve: goroutines"], command, tmp_path / "out")
    assert done.failed == "no such process"


def row(job: str, rival: bool, *seconds: float, listed: int = 100_006) -> Row:
    tool = Tool(f"{job} {rival}", job, rival, (), (), (), b"", b"", aim=10 if rival else None)
    runs = [Run(s, s, 200 << 20, listed, 7, "") for s in seconds]
    return Row(100_000, "live", tool, runs)


def test_ratios_are_of_medians_at_the_same_job() -> None:
    rows = [row(LIST, False, 1, 9, 2), row(STACKS, False, 4), row(LIST, True, 10, 30, 70)]
    assert "| 15.0 (aim: 10) |" in tables.comparison(rows, 100_000)


def test_a_list_that_is_too_short_is_marked() -> None:
    rows = [row(LIST, False, 1), row(LIST, True, 1, listed=100_000)]
    assert [r.short for r in rows] == [False, True]
    assert "100,000 **too few**" in tables.comparison(rows, 100_000)


def test_growth_is_for_each_goroutine() -> None:
    small, large = row(LIST, False, 1), row(LIST, False, 7)
    small.size, large.size = 10_000, 40_000
    large.runs = [Run(7, 7, (200 << 20) + 30_000_000, 40_001, 0, "")]
    lines = tables.growth([large, small]).splitlines()
    cells = [cell.strip() for cell in next(x for x in lines if "40,000" in x).split("|")]
    assert cells[3:8] == ["40,000", "7.00", "175.0", "200.0", "1.75"]
    assert cells[9] == "1,000"


def test_a_section_replaces_the_one_with_its_heading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "RESULTS.md"
    monkeypatch.setattr(results, "PATH", path)
    for heading, about in [("Go 1", "old"), ("Go 2", "kept"), ("Go 1", "new")]:
        results.write(heading, results.section(heading, about, ["### Growth"]))
    text = path.read_text()
    assert text.startswith("# ")
    assert text.endswith("\n## Go 1\n\nnew\n\n### Growth\n\n## Go 2\n\nkept\n\n### Growth\n")


PAGE = """goroutine 1  running
  lo 0xc000028000 │▒░░░░░█│ 0xc000028800 hi

  #  function         at
  ─  ───────────────  ────────────────────
  0  syscall.Syscall  syscall_linux.go:69
  1  main.main        main.go:163

goroutine 12  waiting, chan send

   0  runtime.gopark  proc.go:364
"""
ROWS = """Gs  2 waiting

  G    status   where
  ───  ───────  ─────────────────────
  g1   running  main.main main.go:163
  g12  waiting  main.sends main.go:35
"""


@pytest.mark.parametrize(
    ("name", "output", "frames"),
    [
        ("go-gmp g --json", JSON, 0),
        ("go-gmp g --system --limit 0", ROWS, 0),
        ("go-stacks --all --json", JSON, 2),
        ("go-stacks --all --limit 0", PAGE, 3),
        ("Delve: goroutines -t", DELVE, 3),
    ],
)
def test_goroutines_in_text_are_counted(
    tmp_path: Path, name: str, output: str, frames: int
) -> None:
    jobs = {
        job.tool.name: job for job in texts.of_goroutines(GDB, Delve("dlv", "1.27.1"), tmp_path)
    }
    done = run(jobs[name].tool, [sys.executable, "-c", f"print({output!r})"], tmp_path / "out")
    assert (done.listed, done.frames, done.failed) == (2, frames, "")


def test_texts_are_compared_by_processor_time(tmp_path: Path) -> None:
    attached, system, backtraces = map(texts.Measured, texts.of_threads(GDB, None, tmp_path))
    attached.runs = [Run(9, 0.5, 50 << 20, 1, 0, "")]
    system.runs = [Run(3, cpu, 70 << 20, 7, 30, "") for cpu in (1, 1.25, 4)]
    backtraces.runs = [Run(3, 2.5, 70 << 20, 7, 30, "")]
    table = texts.table("2,000 threads", [attached, system, backtraces])
    assert "| 0.75 s more than GDB: attach only (aim: 2) |" in table
    assert " 2.0 × go-stacks --system --limit 0 |" in table
    backtraces.runs, backtraces.failed = [], "no such process"
    table = texts.table("2,000 threads", [attached, system, backtraces])
    assert "GDB: thread apply all bt: left out: no such process" in table
