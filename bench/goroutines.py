"""The time of go-gmp and go-stacks, of Go's runtime-gdb.py and of Delve on the same goroutines.

A program parks a number of goroutines. Every tool runs in turn as a whole process from the shell,
attached to the program, and on a core file of it. At a million goroutines gogdb runs alone.
`--write` puts the results into RESULTS.md.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from sidebyside import machine, results, tables
from sidebyside.measure import run
from sidebyside.options import common_parser
from sidebyside.program import Parked, build
from sidebyside.tables import Row
from sidebyside.tools import find_delve, ours, rivals

from gogdb.errors import GogdbError
from gogdb.launch.tools import find_gdb, find_go

SIZES = (1_000, 10_000, 100_000, 1_000_000)
QUICK = SIZES[:2]
RIVALS_UP_TO = 100_000  # goroutines; with more, the other tools take minutes
SLOW_FROM, SLOW_ROUNDS = 100_000, 3  # from this size on, the other tools run less often
SHORT = 3.0  # s; faster tools run twice in each round: see RESULTS.md
NEEDS = 6_000  # bytes for each goroutine, with what a debugger may need for it


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as usual: Python compiles modules once
    parser = common_parser(__doc__, alone="gogdb")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--quick", action="store_true", help="at most 10,000 goroutines")
    which.add_argument(
        "--size", metavar="N", type=int, action="append", help="this number of goroutines only"
    )
    try:
        measure(parser.parse_args())
    except GogdbError as error:
        sys.exit(f"bench/goroutines.py: {error}")


def measure(options: argparse.Namespace) -> None:
    gdb, go = find_gdb(options.gdb), find_go(options.go)
    delve = None if options.alone else find_delve(options.dlv)
    sizes = options.size or (QUICK if options.quick else SIZES)
    heading = f"Go {go.version}, GDB {gdb.version}"
    if delve:
        heading += f", Delve {delve.version}"
    elif not options.alone:
        log("no Delve here: apt install delve, or DLV=PATH")
    about = f"{machine.described()}. `{command()}`"  # before the checkout can change
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="gogdb-bench-") as directory:
        scratch = Path(directory)
        program = build(go, scratch)
        mine = list(ours(gdb))
        others = [] if options.alone else list(rivals(gdb, go, delve, scratch))
        for size in sizes:
            if size * NEEDS > machine.available():
                log(f"{size:,} goroutines left out: they need {size * NEEDS / 2**30:.0f} GiB")
                continue
            tools = mine + (others if size <= RIVALS_UP_TO else [])
            with Parked(program, size) as parked:
                core = parked.core(gdb, scratch / "core")
                for where in ("live", "core"):
                    failed = [r.tool.name for r in rows if r.failed and r.place == where]
                    new = [Row(size, where, tool) for tool in tools if tool.name not in failed]
                    rounds(new, options.pairs, parked, core)
                    rows += new
                core.unlink()
    section = results.section(heading, about, parts(rows))
    print(section)
    if options.write:
        results.write(heading, section)
    sys.exit(any(row.failed or row.short for row in rows if not row.tool.rival))


def rounds(rows: Sequence[Row], pairs: int, parked: Parked, core: Path) -> None:
    """Run all tools in turn, so that all suffer when the machine is slow for a while."""
    out = core.with_name("out")
    for number in range(pairs):
        for row in rows:
            slow = row.tool.rival and row.size >= SLOW_FROM and number >= SLOW_ROUNDS
            if slow or row.failed:
                continue
            command = row.tool.command(row.place, parked.pid, parked.program, core, out)
            if row.runs and row.seconds < SHORT:
                run(row.tool, command, out)
            done = run(row.tool, command, out)
            parked.check()
            row.failed = done.failed
            if not done.failed:
                row.runs.append(done)
            result = done.failed or f"{done.seconds:.2f} s, {done.listed:,} listed"
            log(f"{row.size:,} {row.place} {number + 1}/{pairs} {row.tool.name}: {result}")


def parts(rows: Sequence[Row]) -> Iterator[str]:
    """Yield a table for each size, and one of the growth from size to size."""
    for size in dict.fromkeys(row.size for row in rows):
        yield tables.comparison([row for row in rows if row.size == size], size)
    yield tables.growth(rows)


def command() -> str:
    """Return this command without the options that choose tools; the heading names those."""
    kept, skip = ["bench/goroutines.py"], False
    for argument in sys.argv[1:]:
        tool = argument.partition("=")[0] in ("--gdb", "--go", "--dlv")
        if not skip and not tool:
            kept.append(argument)
        skip = tool and "=" not in argument
    return shlex.join(kept)


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
