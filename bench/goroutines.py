"""go-gmp and go-stacks beside Go's runtime-gdb.py and Delve, on the same goroutines.

A program stands with so many goroutines; every tool is run from the shell as a whole
process, in turn: attached to that one process, and on one core of it. At a million gogdb
runs alone. `--write` puts what was measured into RESULTS.md.
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
from sidebyside.program import Parked, build
from sidebyside.tables import Row
from sidebyside.tools import find_delve, ours, rivals

from gogdb.errors import GogdbError
from gogdb.launch.tools import find_gdb, find_go

SIZES = (1_000, 10_000, 100_000, 1_000_000)
QUICK = SIZES[:2]
RIVALS_UP_TO = 100_000  # goroutines; beyond it they take minutes
SLOW_FROM, SLOW_PAIRS = 100_000, 3  # and from here on the others run no more than so often
SHORT = 3.0  # s; what takes less is run twice: see RESULTS.md
NEEDS = 6_000  # B a goroutine: its own, and what a debugger may take for it


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as GDB is used: it compiles once
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--gdb", metavar="PATH", help="the debugger (also GOGDB_GDB)")
    parser.add_argument("--go", metavar="PATH", help="what to build with (also GOGDB_GO)")
    parser.add_argument("--dlv", metavar="PATH", help="Delve (also DLV)")
    parser.add_argument("--alone", action="store_true", help="gogdb without the others")
    parser.add_argument("--pairs", metavar="N", type=int, default=5, help="how often each")
    parser.add_argument("--write", action="store_true", help="into bench/RESULTS.md")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--quick", action="store_true", help="up to 10,000 goroutines only")
    which.add_argument("--size", metavar="N", type=int, action="append", help="so many only")
    options = parser.parse_args()
    try:
        measure(options)
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
        tell("no Delve here: apt install delve, or DLV=PATH")
    about = f"{machine.described()}. `{command()}`"  # of now: the checkout may move on
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="gogdb-bench-") as place:
        scratch = Path(place)
        program = build(go, scratch)
        mine = list(ours(gdb))
        others = [] if options.alone else list(rivals(gdb, go, delve, scratch))
        for size in sizes:
            if size * NEEDS > machine.available():
                tell(f"{size:,} goroutines left out: they need {size * NEEDS / 2**30:.0f} GiB")
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
    """A B C A B C: what slows the machine for a while slows all."""
    out = core.with_name("out")
    for number in range(pairs):
        for row in rows:
            slow = row.tool.rival and row.size >= SLOW_FROM and number >= SLOW_PAIRS
            if slow or row.failed:
                continue
            words = row.tool.command(row.place, parked.pid, parked.program, core, out)
            if row.runs and row.seconds < SHORT:
                run(row.tool, words, out)
            done = run(row.tool, words, out)
            parked.check()
            row.failed = done.failed
            if not done.failed:
                row.runs.append(done)
            what = done.failed or f"{done.seconds:.2f} s, {done.listed:,} listed"
            tell(f"{row.size:,} {row.place} {number + 1}/{pairs} {row.tool.name}: {what}")


def parts(rows: Sequence[Row]) -> Iterator[str]:
    for size in dict.fromkeys(row.size for row in rows):
        yield tables.compared([row for row in rows if row.size == size], size)
    yield tables.grown(rows)


def command() -> str:
    """With the options that say what was measured; the heading tells the tools."""
    kept, skip = ["bench/goroutines.py"], False
    for word in sys.argv[1:]:
        tool = word.partition("=")[0] in ("--gdb", "--go", "--dlv")
        if not skip and not tool:
            kept.append(word)
        skip = tool and "=" not in word
    return shlex.join(kept)


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
