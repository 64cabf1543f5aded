"""The time of a boot walk: `go-boot --json` and a bare GDB script, as whole processes in pairs.

The script sets a silent temporary breakpoint at every address where the walk stops, runs from one
to the next, and prints nothing.
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

from sidebyside.machine import cpu

from gogdb.launch import fixture, paths
from gogdb.launch.tools import find_gdb, find_go

AIM = 3.0


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as usual: Python compiles modules once
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--gdb", metavar="PATH", help="the debugger (also GOGDB_GDB)")
    parser.add_argument(
        "--go", metavar="PATH", help="what to build fixture boot with (also GOGDB_GO)"
    )
    parser.add_argument(
        "--program", metavar="PATH", type=Path, help="walk this one instead; not PIE"
    )
    parser.add_argument("-n", dest="pairs", metavar="PAIRS", type=int, default=15)
    options = parser.parse_args()
    gdb = find_gdb(options.gdb)
    program = options.program or fixture.build("boot", find_go(options.go))
    # Neither loads init files, or scripts that the program brings along.
    common = [str(gdb.path), "-nx", "-q", "-batch", "-iex", "set debuginfod enabled off"]
    common += ["-iex", "set auto-load python-scripts off"]
    loaded = [*common, "-x", str(paths.gdbinit())]
    with tempfile.TemporaryDirectory() as scratch:
        report, script = Path(scratch, "walk.json"), Path(scratch, "stops.gdb")
        run([*loaded, "-ex", f"go-boot --json --out {report}", "--args", str(program)])
        answer = json.loads(report.read_text())
        stops = [int(s["rip"], 16) for stage in answer["stages"] for s in stage.get("stops", ())]
        script.write_text(bare_script(stops))
        walk = [*loaded, "-ex", f"go-boot --json --out {os.devnull}", "--args", str(program)]
        bare = [*common, "-x", str(script), "--args", str(program)]
        check(bare, script)
        # In turn, so that both suffer when the machine is slow for a while.
        rows = [(run(bare), run(walk)) for _ in range(options.pairs)]
    ratio = statistics.median(b / a for a, b in rows)
    print(f"{cpu()}, {os.cpu_count()} CPUs, Linux {platform.release()}")
    print(f"{gdb}, {answer['go_version']}, {len(stops)} stops, {options.pairs} pairs, medians:")
    print(f"  bare script {statistics.median(a for a, _ in rows) * 1000:6.0f} ms")
    print(f"  go-boot     {statistics.median(b for _, b in rows) * 1000:6.0f} ms")
    print(f"  ratio       {ratio:6.2f}    (aim: at most {AIM:g})")


def bare_script(stops: Sequence[int]) -> str:
    """Return GDB commands that run to each of `stops` once."""
    addresses = list(dict.fromkeys(stops))
    lines = ["set pagination off", "set print thread-events off"]
    for address in addresses:
        lines += [f"tbreak *{address:#x}", "commands", "silent", "end"]
    return "\n".join([*lines, "run", *["continue"] * (len(addresses) - 1)]) + "\n"


def check(bare: list[str], script: Path) -> None:
    """Exit if the script does not come to every stop."""
    ended = script.with_name("check.gdb")
    ended.write_text(f"source {script}\ninfo breakpoints\ninfo program\n")
    command = [str(ended) if argument == str(script) else argument for argument in bare]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if "No breakpoints" not in done.stdout or "It stopped" not in done.stdout:
        sys.exit(f"the bare script did not come to every stop:\n{done.stdout}{done.stderr}")


def run(command: list[str]) -> float:
    """Run `command` and return how long it took, in seconds."""
    start = time.perf_counter()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    elapsed = time.perf_counter() - start
    if b"gogdb" in done.stderr:
        sys.exit(done.stderr.decode().strip())  # it did not load
    return elapsed


if __name__ == "__main__":
    main()
