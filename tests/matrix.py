"""Walks and tracebacks on every supported Go, GDB and kind of build: `make matrix`.

A cell is a whole `go-boot --json` in its own GDB: every stage is reached, or skipped for a known
reason, every claim holds, and no breakpoint is left; with eight Ps also an HTML and a Markdown
report. Or it is a comparison of go-stacks with Go's traceback (tests/support/traceback_oracle.py),
or a walk or a goroutine's round in all formats and both languages (tests/formats.py). The atlas of
all releases is made from these walks. Programs that others have built are compared with their
tracebacks, too (tests/real_programs.py), Go's own tests of its script for GDB run with gogdb
(tests/go_gdb_tests.py), and GDB's own commands run in goroutines (tests/goroutine_cells.py).
Options choose a part of the table, for instance `--only formats`, or `--go 1.27.3 --gdb system`.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from gogdb.errors import GogdbError
from gogdb.launch import fixture, paths
from gogdb.launch.tools import Go, find_go
from tests import go_gdb_tests, goroutine_cells, real_programs, toolchains
from tests.formats import Form, check_atlas, check_formats, forms, is_complete
from tests.goroutine_cells import InGoroutines
from tests.support import traceback_oracle
from tests.support.gdb_command import execute, quiet
from tests.support.process import NotAllowedError
from tests.support.special_builds import SPECIAL_BUILDS, build_special

# name → (fixture, flags of go build, stages that such a build skips)
BUILDS = {
    "-N -l": ("boot", ("-gcflags", "-N -l"), ()),
    "all=-N -l": ("boot", ("-gcflags", "all=-N -l"), ()),
    "optimised": ("boot", (), ()),
    "pie": ("boot", ("-gcflags", "-N -l", "-buildmode=pie"), ()),
    "-w": ("boot", ("-gcflags", "-N -l", "-ldflags=-w"), ()),
    "-s -w": ("boot", ("-gcflags", "-N -l", "-ldflags=-s -w"), ()),
    "cgo": ("cgo", ("-gcflags", "-N -l"), ("settls", "tls-check")),
    "cgo pie": ("cgo", ("-gcflags", "-N -l", "-buildmode=pie"), ("settls", "tls-check")),
    "net": ("net", ("-gcflags", "-N -l"), ("settls", "tls-check")),
}
SKIPPED = {name: skipped for name, (_, _, skipped) in BUILDS.items()} | {
    name: build.skipped for name, build in SPECIAL_BUILDS.items()
}
PARTS_OF_A_GO = ("walks", "truth", "formats")
OTHER_PARTS = ("real", "go-tests", "goroutines")
STAGES = 28
SAMPLED = ("16.3.0.post6", "17.2.0.post5")  # these GDBs walk only the first build of each Go
TIMEOUT = 120  # s, for one walk that takes about one


@dataclass(frozen=True)
class Cell:
    """One walk."""

    go: str
    build: str
    gdb: str
    procs: int
    remote: bool

    def __str__(self) -> str:
        way = "gdbserver" if self.remote else "native"
        return f"Go {self.go}, {self.build}, GDB {self.gdb}, GOMAXPROCS={self.procs}, {way}"


def cells(gos: Sequence[str], gdbs: Sequence[str]) -> Iterator[Cell]:
    """Yield GOMAXPROCS 1, 2 and 8 natively, and 2 over gdbserver, for every Go, build and GDB.

    Of `SPECIAL_BUILDS` only 2, natively.
    """
    for go in gos:
        for build in BUILDS:
            for gdb in gdbs:
                if gdb in SAMPLED:
                    if build == "-N -l":
                        yield Cell(go, build, gdb, 2, False)
                    continue
                for procs in (1, 2, 8):
                    yield Cell(go, build, gdb, procs, False)
                yield Cell(go, build, gdb, 2, True)
        for build in SPECIAL_BUILDS:
            for gdb in gdbs:
                if gdb not in SAMPLED:
                    yield Cell(go, build, gdb, 2, False)


def walk(cell: Cell, program: Path, gdb: Path) -> str:
    """Return the first problem of a walk, "" if none."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "walk.json"
        # with many Ps also in the other formats: once for each Go, build and GDB
        names = ("walk.html", "walk.md") if cell.procs == 8 else ()
        pages = [Path(scratch) / name for name in names]
        server = gdb.parent / "gdbserver"
        serve = f"{server if server.exists() else 'gdbserver'} - {program}"
        commands = [
            f"target remote | {serve} 2>/dev/null" if cell.remote else "echo",
            f"go-boot --json --out {report}",
            *(f"go-boot report {page}" for page in pages),
            "maint info breakpoints",
            "kill",
        ]
        command = [*quiet(gdb), "-x", str(paths.gdbinit()), *execute(commands), str(program)]
        env = os.environ | {"GOMAXPROCS": str(cell.procs)}
        try:
            done = subprocess.run(
                command,
                env=env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"no end after {TIMEOUT} s"
        output = (done.stdout + done.stderr).strip()
        try:
            answer = json.loads(report.read_text())
        except (OSError, ValueError):
            return f"no report: {output[-300:]}"
        if wrong := [page.name for page in pages if not is_complete(page)]:
            return f"incomplete: {wrong}: {output[-300:]}"
    failed = [
        f"{stage['id']}: {claim['text']}"
        for stage in answer["stages"]
        for claim in stage.get("claims", ())
        if not claim["holds"]
    ]
    if failed:
        return "; ".join(failed)
    summary = answer["summary"]
    if not summary["complete"] or summary["stages"] != STAGES:
        return f"ended after stage {summary['stages']}: {summary['ended'] or output[-300:]}"
    if summary["skipped"] != list(SKIPPED[cell.build]):
        return f"stages not seen: {summary['skipped']}"
    # GDB's own have other types: "shlib events", "longjmp master"
    left = re.findall(r"^-?\d+\s+breakpoint\s.*", output, re.M)
    if left:
        return f"breakpoints were left: {left}"
    return ""


def build_all(go: Go, scratch: Path) -> Mapping[str, Path]:
    """Build the programs to walk, by the name of the build; those without a compiler are left out.

    Raises `GogdbError` when a program cannot be built.
    """
    programs = {build: fixture.build(name, go, flags=f) for build, (name, f, _) in BUILDS.items()}
    for build in SPECIAL_BUILDS:
        place = Path(tempfile.mkdtemp(dir=scratch))
        try:
            programs[build] = build_special(build, go, place)
        except GogdbError as error:
            print(f"{build}: skipped: {error}")
        except subprocess.CalledProcessError as error:
            raise GogdbError(
                f"cannot build {build}", error.stderr.decode("utf-8", "replace")
            ) from None
    return programs


@dataclass(frozen=True)
class Comparison:
    """One comparison of go-stacks with a traceback."""

    go: str
    build: str
    way: str

    def __str__(self) -> str:
        return f"Go {self.go}, {self.build}, truth: {self.way}"


def compare_all(
    go: Go, version: str, gdb: Path, pool: Executor
) -> dict[Comparison, traceback_oracle.Verdict]:
    """Compare go-stacks with the tracebacks of one Go's programs; one GDB is enough.

    Raises `GogdbError` when a program cannot be built.
    """
    with tempfile.TemporaryDirectory() as scratch:

        def build(name: str) -> Path:
            return traceback_oracle.build(name, go, Path(tempfile.mkdtemp(dir=scratch)))

        def compare(row: Comparison) -> traceback_oracle.Verdict:
            work = Path(tempfile.mkdtemp(dir=scratch))
            try:
                return traceback_oracle.compare(gdb, programs[row.build], work, row.way)
            except (AssertionError, NotAllowedError, OSError, subprocess.TimeoutExpired) as error:
                return traceback_oracle.Verdict(wrong=[str(error)])

        minor = int(version.split(".")[1])
        wanted = {name: how for name, how in traceback_oracle.BUILDS.items() if how.since <= minor}
        try:
            programs = dict(zip(wanted, pool.map(build, wanted), strict=True))
        except subprocess.CalledProcessError as error:
            raise GogdbError("cannot build", error.stderr.decode(errors="replace")) from None
        rows = [
            Comparison(version, build, way) for build, how in wanted.items() for way in how.ways
        ]
        return dict(zip(rows, pool.map(compare, rows), strict=True))


@dataclass(frozen=True)
class Real:
    """One program that others have built, compared with its tracebacks."""

    name: str

    def __str__(self) -> str:
        return f"{self.name}, truth"


@dataclass(frozen=True)
class GoTests:
    """Go's own tests of its script for GDB, with gogdb loaded in one way."""

    go: str
    gdb: str
    way: str

    def __str__(self) -> str:
        return f"Go {self.go}, its tests of GDB {self.gdb} with gogdb loaded {self.way}"


Row = Cell | Comparison | Form | Real | GoTests | InGoroutines


def compare_real_programs(gdb: Path) -> Mapping[Row, str]:
    """Return the first differences of each of `real_programs.PROGRAMS`, "" if none.

    One GDB is enough. Those that cannot be had here are left out.
    """
    results: dict[Row, str] = {}
    stacks = frames = 0
    for name, program in real_programs.PROGRAMS.items():
        try:
            verdict = real_programs.compare_real(program, gdb)
        except GogdbError as error:
            print(f"{name}: skipped: {error}")
            continue
        except (AssertionError, NotAllowedError, OSError, subprocess.SubprocessError) as error:
            verdict = traceback_oracle.Verdict(wrong=[str(error)])
        stacks, frames = stacks + verdict.compared, frames + verdict.frames
        results[Real(name)] = "; ".join(verdict.wrong)
    good = sum(not why for why in results.values())
    print(f"programs of others: {good}/{len(results)} ({stacks} stacks, {frames} frames)")
    return results


def run_go_tests(version: str, gdbs: Mapping[str, Path]) -> Mapping[Row, str]:
    """Return what fails with gogdb in each of the GDBs; of one Go, because its runtime is compiled.

    Raises `GogdbError` when its tests cannot be compiled.
    """
    go = find_go(str(toolchains.go(version)))
    results: dict[Row, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        try:
            program = go_gdb_tests.compile_tests(go, place)
        except subprocess.CalledProcessError as error:
            reason = error.stderr.decode(errors="replace")
            raise GogdbError(f"cannot compile the tests of Go {version}", reason) from None
        for name, gdb in gdbs.items():
            problems = go_gdb_tests.failures(go, gdb, program, place)
            results |= {GoTests(version, name, way): why for way, why in problems.items()}
    good = sum(not why for why in results.values())
    print(f"Go's own tests of GDB: {good}/{len(results)}")
    return results


def run_in_goroutines(
    gos: Sequence[str], gdbs: Mapping[str, Path], pool: Executor, *, every: bool
) -> Mapping[Row, str]:
    """Return the first problems of each cell of tests/goroutine_cells.py, "" if none.

    Raises `GogdbError` when a program cannot be built.
    """
    results: dict[Row, str] = {}
    for version in gos:
        go = find_go(str(toolchains.go(version)))
        rows = list(goroutine_cells.cells([version], list(gdbs), toolchains.GO, every=every))
        with tempfile.TemporaryDirectory() as scratch:
            try:
                programs = {
                    name: goroutine_cells.build(name, go, Path(tempfile.mkdtemp(dir=scratch)))
                    for name in goroutine_cells.BUILDS
                }
            except subprocess.CalledProcessError as error:
                raise GogdbError("cannot build", error.stderr.decode(errors="replace")) from None
            problems = pool.map(
                goroutine_cells.check,
                rows,
                [programs[row.build] for row in rows],
                [gdbs[row.gdb] for row in rows],
            )
            found: dict[Row, str] = dict(zip(rows, problems, strict=True))
        results |= found
        good = sum(not why for why in found.values())
        print(f"Go {version:8} in goroutines: {good}/{len(found)}", flush=True)
    return results


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tests.matrix", description=__doc__)
    parser.add_argument("--go", action="append", choices=toolchains.GO)
    parser.add_argument("--gdb", action="append", choices=toolchains.GDB)
    parser.add_argument("--only", choices=(*PARTS_OF_A_GO, *OTHER_PARTS))
    parser.add_argument(
        "--every", action="store_true", help="in goroutines: every build, way and GDB"
    )
    options = parser.parse_args(argv)

    def wanted(part: str) -> bool:
        return options.only in (None, part)

    gos, gdbs = options.go or toolchains.GO, options.gdb or toolchains.GDB
    started = time.monotonic()
    paths = {gdb: toolchains.gdb(gdb) for gdb in gdbs}
    results: dict[Row, str] = {}
    with (
        tempfile.TemporaryDirectory() as scratch,
        tempfile.TemporaryDirectory() as recorded,
        ThreadPoolExecutor(os.cpu_count() or 1) as pool,
    ):
        for go in gos if options.only not in OTHER_PARTS else ():
            try:
                compiler = find_go(str(toolchains.go(go)))
                programs = build_all(compiler, Path(scratch))
                parks = fixture.build("park", compiler)
                verdicts = (
                    compare_all(compiler, go, paths[gdbs[0]], pool) if wanted("truth") else {}
                )
            except GogdbError as error:
                print(f"Go {go}: {error}", file=sys.stderr)
                return 1
            rows = [cell for cell in cells([go], gdbs) if cell.build in programs]
            rows = rows if wanted("walks") else []
            problems = pool.map(
                walk,
                rows,
                [programs[cell.build] for cell in rows],
                [paths[cell.gdb] for cell in rows],
            )
            results |= dict(zip(rows, problems, strict=True))
            cells_of_formats = list(forms([go], gdbs, toolchains.GO)) if wanted("formats") else []
            problems = pool.map(
                check_formats,
                cells_of_formats,
                [
                    parks if form.what == "follow" else programs["-N -l"]
                    for form in cells_of_formats
                ],
                [paths[form.gdb] for form in cells_of_formats],
                [Path(recorded)] * len(cells_of_formats),
            )
            results |= dict(zip(cells_of_formats, problems, strict=True))
            results |= {row: "; ".join(verdict.wrong) for row, verdict in verdicts.items()}
            _show(go, results, list(verdicts.values()))
        if wanted("formats"):
            results[Form("of all releases", gdbs[0], "atlas")] = check_atlas(Path(recorded), gos)
        if wanted("goroutines"):
            try:
                results |= run_in_goroutines(gos, paths, pool, every=options.every)
            except GogdbError as error:
                print(error, file=sys.stderr)
                return 1
    if wanted("real"):
        results |= compare_real_programs(paths[gdbs[0]])
    if wanted("go-tests"):
        try:
            chosen = {gdb: path for gdb, path in paths.items() if gdb not in SAMPLED} or paths
            results |= run_go_tests(gos[-1], chosen)
        except GogdbError as error:
            print(f"Go {gos[-1]}: {error}", file=sys.stderr)
            return 1
    bad = {cell: why for cell, why in results.items() if why}
    for cell, why in bad.items():
        print(f"FAILED {cell}: {why}")
    print(f"in {time.monotonic() - started:.0f} s")
    print(f"{len(results) - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


def _show(
    go: str,
    results: Mapping[Row, str],
    verdicts: Sequence[traceback_oracle.Verdict],
) -> None:
    """Print a line for one Go: the walks that passed, by build, the comparisons, the formats."""
    mine = {
        cell: not why
        for cell, why in results.items()
        if not isinstance(cell, Real | GoTests | InGoroutines) and cell.go == go
    }
    parts = []
    for build in SKIPPED:
        walks = [ok for cell, ok in mine.items() if isinstance(cell, Cell) and cell.build == build]
        if walks:
            parts.append(f"{build}: {sum(walks)}/{len(walks)}")
    if compared := [ok for cell, ok in mine.items() if isinstance(cell, Comparison)]:
        stacks = sum(verdict.goroutines for verdict in verdicts)
        lost = stacks - sum(verdict.by_chain for verdict in verdicts)
        parts.append(f"truth: {sum(compared)}/{len(compared)}")
        parts.append(f"(of {stacks} stacks, {lost} would be wrong by rbp)")
    if formats := [ok for cell, ok in mine.items() if isinstance(cell, Form)]:
        parts.append(f"formats: {sum(formats)}/{len(formats)}")
    print(f"Go {go:8} {'  '.join(parts)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
