"""The time of gogdb's text, beside its own JSON, Delve's text and GDB's own backtraces.

Programs with many goroutines, with many threads, and a large one, on which the first command of a
session is measured, also without its symbols. Every tool runs in turn as a whole process from the
shell, attached to the program. `--write` puts the results into RESULTS.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from sidebyside import machine, results, texts
from sidebyside.large import build_large
from sidebyside.measure import run
from sidebyside.options import common_parser
from sidebyside.program import Parked, build
from sidebyside.texts import Job, Measured
from sidebyside.tools import find_delve

from gogdb.errors import GogdbError
from gogdb.launch.tools import Gdb, Go, find_gdb, find_go


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as usual: Python compiles modules once
    parser = common_parser(__doc__, alone="gogdb and GDB")
    parser.add_argument("--goroutines", metavar="N", type=int, default=10_000)
    parser.add_argument("--threads", metavar="N", type=int, default=2_000)
    parser.add_argument("--no-large", action="store_true", help="leave out the large program")
    try:
        measure(parser.parse_args())
    except GogdbError as error:
        sys.exit(f"bench/text.py: {error}")


def measure(options: argparse.Namespace) -> None:
    start = time.monotonic()
    gdb, go = find_gdb(options.gdb), find_go(options.go)
    delve = None if options.alone else find_delve(options.dlv)
    heading = f"Text: Go {go.version}, GDB {gdb.version}"
    heading += f", Delve {delve.version}" if delve else ""
    about = f"{machine.described()}. `bench/text.py`"  # before the checkout can change
    parts: list[str] = []
    failed = False
    with tempfile.TemporaryDirectory(prefix="gogdb-bench-") as directory:
        scratch = Path(directory)
        for title, program, count, jobs in cases(options, gdb, go, scratch):
            measured = rounds(
                list(jobs(gdb, delve, scratch)), options.pairs, program, count, scratch / "out"
            )
            failed |= any(each.failed for each in measured if not each.job.tool.rival)
            parts.append(texts.table(title, measured))
    minutes = (time.monotonic() - start) / 60
    section = results.section(heading, f"{about}, {minutes:.0f} minutes", parts)
    print(section)
    print(f"bench/text.py took {minutes:.1f} minutes")
    if options.write:
        results.write(heading, section)
    sys.exit(failed)


def cases(
    options: argparse.Namespace, gdb: Gdb, go: Go, scratch: Path
) -> Iterator[tuple[str, Path, int, texts.Jobs]]:
    """Yield a title, a program with its argument, and what is measured on it."""
    goroutines, threads = options.goroutines, options.threads
    yield f"{goroutines:,} goroutines", build(go, scratch), goroutines, texts.of_goroutines
    yield f"{threads:,} threads", build(go, scratch, "threads"), threads, texts.of_threads
    if not options.no_large:
        log("building a large program")
        program, stripped = build_large(go, scratch)
        size, symbols = texts.size_of(program)
        title = f"First command on {symbols:,} symbols, {size / 1e6:.0f} MB"
        yield title, program, 0, texts.of_a_first_command
        size, _ = texts.size_of(stripped)
        title = f"First command on the same program stripped, {size / 1e6:.0f} MB"
        yield title, stripped, 0, texts.of_a_first_stripped_command


def rounds(
    jobs: Sequence[Job], pairs: int, program: Path, count: int, out: Path
) -> Sequence[Measured]:
    """Run all tools in turn, so that all suffer when the machine is slow for a while."""
    measured = [Measured(job) for job in jobs]
    with Parked(program, count) as parked:
        for number in range(pairs + 1):  # the first round fills the file cache
            for each in measured:
                if each.failed:
                    continue
                tool = each.job.tool
                done = run(tool, tool.command("live", parked.pid, program, out, out), out)
                parked.check()
                each.failed = done.failed
                if number and not done.failed:
                    each.runs.append(done)
                result = done.failed or f"{done.seconds:.2f} s, {done.cpu:.2f} s of CPU"
                log(f"{program.name} {number}/{pairs} {tool.name}: {result}")
    return measured


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
