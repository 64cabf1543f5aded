"""How long a program stands still while GDB is attached, with `-batch`, and gogdb lists goroutines.

The program itself measures it: one of its goroutines ticks every 100 µs and keeps the longest time
between two ticks. GDB loads gogdb before it attaches, as docs/production.md says. "CPU" is GDB's
processor time from attaching to detaching: on a machine that does nothing else the program stands
still for about as long, on a busy one for longer.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sidebyside.machine import cpu

from gogdb.launch import bundle, paths
from gogdb.launch.tools import find_gdb, find_go

_SOURCE = Path(__file__).parent / "ticks"
_BUILDS = {"with symbols": (), "stripped": ("-ldflags=-s -w",)}
_LISTS = {
    "attach and detach": (),
    "go-gmp g": ("go-gmp g --json --out /dev/null",),
    "go-stacks --all": ("go-stacks --all --limit 0 --json --out /dev/null",),
}
_BEFORE = "python import time; since = time.process_time()"
_AFTER = "python print('CPU', time.process_time() - since)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--gdb", metavar="PATH", help="the debugger (also GOGDB_GDB)")
    parser.add_argument("--go", metavar="PATH", help="what to build the program with")
    parser.add_argument("--size", metavar="N", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument("-n", dest="rounds", metavar="ROUNDS", type=int, default=10)
    options = parser.parse_args()
    gdb, go = find_gdb(options.gdb), find_go(options.go)
    print(f"{cpu()}, {os.cpu_count()} CPUs, Linux {platform.release()}")
    print(f"{gdb}, Go {go.version}, {options.rounds} rounds")
    print(f"{'goroutines':>10}  {'program':13} {'loaded from':12} {'command':18}", end="")
    print("   still, ms: median, least  CPU, ms: median")
    with tempfile.TemporaryDirectory() as scratch:
        archive = Path(scratch) / bundle.default_name()
        bundle.bundle(bundle.parts(), str(archive))
        zipped = f"python import sys; sys.path.insert(0, {str(archive)!r}); import gogdb.load"
        loads = {"a directory": ("-ix", str(paths.gdbinit())), "the archive": ("-iex", zipped)}
        for build, flags in _BUILDS.items():
            program = Path(scratch) / "ticks"
            command = [str(go.path), "build", "-buildvcs=false", *flags, "-o", str(program), "."]
            subprocess.run(command, cwd=_SOURCE, env=go.environment(), check=True)
            for size in options.size:
                for place, load in loads.items():
                    for name, commands in _LISTS.items():
                        words = [str(gdb.path), *_attached(load, commands)]
                        rows = measure(program, size, words, options.rounds)
                        print(f"{size:10,}  {build:13} {place:12} {name:18}", summary(rows))


def _attached(load: Sequence[str], commands: Sequence[str]) -> list[str]:
    """Return the options that load gogdb, attach to PID, run the commands, and detach."""
    quiet = ["-nx", "-q", "-batch", "-iex", "set debuginfod enabled off"]
    each = [_BEFORE, "attach PID", *commands, "detach", _AFTER]
    return [*quiet, *load, *(word for command in each for word in ("-ex", command))]


def measure(
    program: Path, size: int, command: Sequence[str], rounds: int
) -> list[tuple[float, float]]:
    """Return for each round how long the program stood still, and GDB's CPU time, in ms.

    The first round, which reads files that the others find in memory, is left out.
    """
    with subprocess.Popen(
        [program, str(size)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        words = [word.replace("PID", str(process.pid)) for word in command]

        def longest() -> float:
            print(file=process.stdin, flush=True)
            return int(process.stdout.readline()) / 1000

        rows = []
        for _ in range(rounds + 1):
            longest()
            rows.append((processor_time(words), longest())[::-1])
        process.stdin.close()
    return rows[1:]


def processor_time(command: Sequence[str]) -> float:
    """Run GDB, and return the CPU time that it prints, in ms."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    line = next((line for line in done.stdout.splitlines() if line.startswith("CPU ")), None)
    if line is None or "ptrace" in done.stderr:
        sys.exit(f"GDB has not attached: {done.stderr.strip()}")
    return float(line.split()[1]) * 1000


def summary(rows: Sequence[tuple[float, float]]) -> str:
    still, cpu_time = zip(*rows, strict=True)
    least, median = min(still), statistics.median(still)
    return f"{median:18,.0f}  {least:5,.0f}  {statistics.median(cpu_time):16,.0f}"


if __name__ == "__main__":
    main()
