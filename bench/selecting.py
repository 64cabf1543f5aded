"""The time of selecting goroutines one after another, live and in a core, beside Go's own script.

GDB attaches once, and times each command itself: `go-goroutine G`, `go-goroutine G bt 1`, and
`goroutine G bt 1` of runtime-gdb.py, which is not tried in a core, where it cannot set registers.
`go-apply all bt 1` and `go-gcore` are timed as a whole. Delve's `goroutine G` is the difference
between a session that selects all of them and one that selects none.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from sidebyside.machine import cpu
from sidebyside.program import Parked, build
from sidebyside.tools import Delve, find_delve, gdb_command, go_script

from gogdb.errors import GogdbError
from gogdb.launch import paths
from gogdb.launch.tools import Gdb, find_gdb, find_go

AIM_MS = 10  # for each `go-goroutine G`
FEW = 100  # are selected by the others, which take long

# In GDB; `spread` is what stands for a goid in commands, COUNT of them from all goroutines
_SCRIPT = """\
import json, time
def timed(command):
    start = time.perf_counter()
    gdb.execute(command, to_string=True)
    return time.perf_counter() - start
listed = json.loads(gdb.execute("go-gmp g --json", to_string=True))["gs"]
goids = [g["goid"] for g in listed if g["goid"] and g["status"] != "dead"]
spread = goids[:: max(1, len(goids) // COUNT)]
times = {name: [timed(name.replace("G", str(goid), 1)) for goid in spread] for name in EACH}
whole = {name: timed(name) for name in WHOLE}
print("TIMES", json.dumps([times, whole, len(goids), spread]))
"""


class Times(NamedTuple):
    """Seconds of each command: of those for each goroutine of `selected`, and of the others."""

    each: dict[str, list[float]]
    whole: dict[str, float]
    count: int
    selected: list[int]


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as usual: Python compiles modules once
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--gdb", metavar="PATH", help="the debugger (also GOGDB_GDB)")
    parser.add_argument("--go", metavar="PATH", help="what to build with (also GOGDB_GO)")
    parser.add_argument("--dlv", metavar="PATH", help="Delve (also DLV)")
    parser.add_argument("--size", metavar="N", type=int, default=10_000, help="goroutines")
    parser.add_argument("--count", metavar="N", type=int, default=1_000, help="selected of them")
    options = parser.parse_args()
    try:
        measure(options)
    except GogdbError as error:
        sys.exit(f"bench/selecting.py: {error}")


def measure(options: argparse.Namespace) -> None:
    gdb, go, delve = find_gdb(options.gdb), find_go(options.go), find_delve(options.dlv)
    print(f"{cpu()}, {os.cpu_count()} CPUs, Linux {platform.release()}")
    print(f"{gdb}, Go {go.version}, {options.size:,} goroutines and those of the runtime")
    with tempfile.TemporaryDirectory(prefix="gogdb-bench-") as directory:
        scratch = Path(directory)
        program = build(go, scratch)
        script = go_script(go)
        with Parked(program, options.size) as parked:
            core = parked.core(gdb, scratch / "core")
            live = ["-p", str(parked.pid)]
            goids: Sequence[int] = ()
            for on, target in (("live", live), ("core", [str(program), str(core)])):
                goids = gogdb_times(gdb, on, target, options.count, scratch)
            if script:
                script_times(gdb, script, live, min(options.count, FEW), scratch)
            parked.check()
            if delve:
                delve_time(delve, parked.pid, goids[:FEW], scratch)


def gogdb_times(
    gdb: Gdb, on: str, target: Sequence[str], count: int, scratch: Path
) -> Sequence[int]:
    """Print the times of gogdb's commands, and return the goids that were selected."""
    each = ["go-goroutine G", "go-goroutine G bt 1"]
    written = scratch / f"{on}.core"
    whole = ["go-apply all -q --limit 0 bt 1", f"go-gcore {written}", f"go-gcore {written} --all"]
    found = run(gdb, target, count, each, whole, scratch)
    for name in each:
        first, *others = found.each[name]
        aim = f" (aim: at most {AIM_MS})" if name == each[0] else ""
        row(on, name, f"{summary(others)}{aim}, the first {first * 1000:.0f}")
    for name, seconds in found.whole.items():
        text = f"{seconds:.2f} s, {seconds * 1000 / found.count:.2f} ms for each goroutine"
        row(on, name.replace(str(written), "FILE"), text)
    return found.selected


def script_times(gdb: Gdb, script: Path, target: Sequence[str], count: int, scratch: Path) -> None:
    name = "goroutine G bt 1"
    found = run(gdb, target, count, [name], [], scratch, f"source {script}")
    row("live", f"runtime-gdb.py: {name}", summary(found.each[name][1:]))


def delve_time(delve: Delve, pid: int, goids: Sequence[int], scratch: Path) -> None:
    seconds = []
    for selected in ([], goids):
        init = scratch / "selecting.dlv"
        init.write_text("".join(f"goroutine {goid}\n" for goid in selected) + "exit\n")
        words = [delve.path, "attach", str(pid), "--allow-non-terminal-interactive"]
        start = time.perf_counter()
        done = subprocess.run(
            [*words, "--init", str(init)], input="n\n", capture_output=True, text=True, check=True
        )
        seconds.append(time.perf_counter() - start)
        if done.stdout.count("Switched from") != len(selected):
            raise GogdbError(f"Delve has not selected {len(selected)} goroutines", done.stderr)
    each = (seconds[1] - seconds[0]) * 1000 / len(goids)
    row("live", f"Delve {delve.version}: goroutine G", f"{each:.2f} ms")


def run(
    gdb: Gdb,
    target: Sequence[str],
    count: int,
    each: Sequence[str],
    whole: Sequence[str],
    scratch: Path,
    *before: str,
) -> Times:
    """Return what GDB has measured. Raises `GogdbError`."""
    script = scratch / "selecting.py"
    values = f"COUNT, EACH, WHOLE = {count}, {list(each)!r}, {list(whole)!r}\n"
    script.write_text(f"import gdb\n{values}{_SCRIPT}")
    words = [*gdb_command(gdb), "-x", str(paths.gdbinit()), *target]
    words += [word for command in (*before, f"source {script}") for word in ("-ex", command)]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    found = next((line for line in lines if line.startswith("TIMES ")), None)
    if found is None:
        raise GogdbError(f"GDB has measured nothing: {done.stderr.strip()[-300:]}")
    return Times(*json.loads(found.removeprefix("TIMES ")))


def summary(seconds: Sequence[float]) -> str:
    """Return the median and the range of times."""
    ms = sorted(second * 1000 for second in seconds)
    return f"{statistics.median(ms):.2f} ms, {ms[0]:.2f}–{ms[-1]:.2f}"


def row(on: str, name: str, text: str) -> None:
    print(f"  {on}  {name:40} {text}", flush=True)


if __name__ == "__main__":
    main()
