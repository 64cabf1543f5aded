"""The time that loading gogdb takes: `gdb -batch` with and without gdbinit.py, in pairs.

Usage: bench/load.py [PAIRS]; GOGDB_GDB chooses the GDB.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

from gogdb.launch import paths
from gogdb.launch.tools import find_gdb

AIM_MS = 60


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as usual: Python compiles modules once
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    gdb = find_gdb()
    bare = [str(gdb.path), "-nx", "-q", "-batch"]
    loaded = [*bare, "-x", str(paths.gdbinit())]
    for command in (bare, loaded):
        milliseconds(command)  # fill the file cache, write the .pyc files
    # In turn, so that both suffer when the machine is slow for a while.
    rows = [(milliseconds(bare), milliseconds(loaded)) for _ in range(pairs)]
    difference = statistics.median(after - before for before, after in rows)
    print(f"{gdb}, {pairs} pairs, medians:")
    print(f"  bare       {statistics.median(row[0] for row in rows):6.1f} ms")
    print(f"  with gogdb {statistics.median(row[1] for row in rows):6.1f} ms")
    print(f"  difference {difference:6.1f} ms (aim: at most {AIM_MS})")


def milliseconds(command: list[str]) -> float:
    """Run `command` and return how long it took, in ms."""
    start = time.perf_counter()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    elapsed = time.perf_counter() - start
    if done.stderr:
        sys.exit(done.stderr.decode().strip())  # it did not load
    return elapsed * 1000


if __name__ == "__main__":
    main()
