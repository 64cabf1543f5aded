"""GDB's own commands in goroutines, for `make matrix`: `bt`, stitched stacks, go-gcore, printers.

A cell is one program, got at in one way (tests/support/goroutine_frames.py). `bt` in every
goroutine of the program `states` is what go-stacks has; `bt` of every thread ends with its
goroutine; and a GDB without gogdb shows every goroutine in the core that go-gcore has written as
the program's own traceback does, or as go-stacks if the program goes on. Or the arguments and
variables of the goroutines of the program `locals`, and what the printers show of the program
`values`, are what these programs print themselves.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gogdb.launch import paths
from gogdb.launch.tools import Go
from tests.support import gdb_log, goroutine_frames, traceback_oracle
from tests.support.builds import DEBUG
from tests.support.gdb_command import execute, quiet
from tests.support.goroutine_frames import WAYS
from tests.support.goroutine_locals import PRINT, printed_values, shown_values
from tests.support.known_values import NAMES, differences, texts_of
from tests.support.places import PROGRAMS
from tests.support.process import NotAllowedError, waiting_program
from tests.support.traceback import parse

__all__ = ["BUILDS", "InGoroutines", "build", "cells", "check"]

LOCALS = "locals -N -l"
STATES = ("-N -l", "optimised", "pie", "cgo", "cgo optimised")  # of traceback_oracle.BUILDS
VALUES = {
    "values -N -l": ("-gcflags", "-N -l"),
    "values optimised": (),
    "values pie": ("-buildmode=pie",),
}
WAYS_TO_VALUES = ("run", "gdbserver", "gcore")
BUILDS = (*STATES, *VALUES, LOCALS)


@dataclass(frozen=True)
class InGoroutines:
    """One program, and how GDB gets at it."""

    go: str
    build: str
    gdb: str
    way: str

    def __str__(self) -> str:
        return f"Go {self.go}, {self.build}, GDB {self.gdb}, in goroutines: {self.way}"


def cells(
    gos: Sequence[str], gdbs: Sequence[str], releases: Sequence[str], *, every: bool = False
) -> Iterator[InGoroutines]:
    """Yield a cell for each build of each Go, whose ways and GDBs take turns; or `every` one.

    `releases` are all supported ones: a Go has the same cells whichever others are asked for.
    """
    for go in gos:
        for number, build in enumerate(BUILDS):
            ways = WAYS_TO_VALUES if build in VALUES else WAYS
            turn = releases.index(go) + number
            if every:
                yield from (InGoroutines(go, build, gdb, way) for gdb in gdbs for way in ways)
            else:
                gdb = gdbs[(turn + turn // len(gdbs)) % len(gdbs)]
                yield InGoroutines(go, build, gdb, ways[turn % len(ways)])


def build(name: str, go: Go, place: Path) -> Path:
    """Build one of `BUILDS` in a directory. Raises `CalledProcessError` with Go's output."""
    if name in STATES:
        return traceback_oracle.build(name, go, place)
    directory = PROGRAMS / name.split()[0]
    program = place / directory.name
    flags = VALUES.get(name, DEBUG)
    subprocess.run(
        [go.path, "build", "-buildvcs=false", *flags, "-o", program, "."],
        cwd=directory,
        env=go.environment(),
        capture_output=True,
        check=True,
    )
    return program


def check(cell: InGoroutines, program: Path, gdb: Path) -> str:
    """Return the first problems of a cell, "" if none."""
    server = gdb.parent / "gdbserver"
    gdbserver = server if server.exists() else Path(shutil.which("gdbserver") or "gdbserver")
    look = _locals if cell.build == LOCALS else _values if cell.build in VALUES else _frames
    with tempfile.TemporaryDirectory() as place:
        try:
            problems = look(cell, program, gdb, gdbserver, Path(place))
        except (AssertionError, NotAllowedError, OSError, subprocess.SubprocessError) as error:
            problems = [str(error)[-2000:]]
    return "; ".join(problems[:5])


def _frames(cell: InGoroutines, program: Path, gdb: Path, gdbserver: Path, work: Path) -> list[str]:
    # over gdbserver GDB reads a gigabyte of reserved memory, which takes minutes
    core = None if cell.way == "gdbserver" else work / "goroutines"
    arguments = goroutine_frames.arguments(cell.build)
    waiting = waiting_program(program, work, "crash", arguments, core=True)
    with waiting as (process, traceback):
        with goroutine_frames.target(cell.way, gdb, process, work, gdbserver) as target:
            answers = goroutine_frames.ask(gdb, program, target, work, core=core)
        printed = parse(traceback.read_text()) if cell.way == "core" else {}
    if len(answers.stacks) < (20 if "cgo" in cell.build else 70) or len(answers.threads) < 2:
        return [f"only {len(answers.stacks)} stacks and {len(answers.threads)} threads"]
    in_core = goroutine_frames.thread_bt(gdb, program, core, answers, printed) if core else []
    return [
        *goroutine_frames.goroutine_bt(answers),
        *(f"stitched: {why}" for why in goroutine_frames.stitched_bt(answers)),
        *(f"go-gcore: {why}" for why in in_core),
    ]


def _locals(cell: InGoroutines, program: Path, gdb: Path, gdbserver: Path, work: Path) -> list[str]:
    out = work / "applied.json"
    with waiting_program(program, work, "crash", core=True) as (process, traceback):
        with goroutine_frames.target(cell.way, gdb, process, work, gdbserver) as target:
            load = f"source {paths.gdbinit()}"
            show = f"go-apply --where /locals/main.go --json --out {out} {PRINT}"
            done = gdb_log.run([*quiet(gdb), str(program), *target, *execute([load, show])])
        expected = printed_values(traceback.read_text())
    assert out.exists(), done.stdout + done.stderr
    shown = shown_values(json.loads(out.read_text())["goroutines"])
    return [] if shown == expected and len(shown) == 5 else [f"{shown} is not {expected}"]


def _values(cell: InGoroutines, program: Path, gdb: Path, gdbserver: Path, work: Path) -> list[str]:
    core, out = work / "gcore", work / "values.json"
    begin = ["set width 0", "set language go", "tbreak main.stop"]
    if cell.way == "gdbserver":
        server = shlex.join([str(gdbserver), "-", str(program)])
        begin += [f"target remote | {server}", "continue"]
    else:
        begin += ["run"]
    show = [
        f"source {paths.gdbinit()}",
        "set gogdb printers on",
        "python import json",
        f"python names = {NAMES}",
        "python shown = {n: gdb.execute(f'p main.{n}', to_string=True) for n in names}",
        f"python json.dump(shown, open({str(out)!r}, 'w'))",
    ]
    more = [f"generate-core-file {core}"] if cell.way == "gcore" else show
    done = gdb_log.run([*quiet(gdb), *execute([*begin, *more, "kill"]), str(program)])
    output = done.stdout + done.stderr
    if cell.way == "gcore":
        done = gdb_log.run(
            [*quiet(gdb), str(program), "-c", str(core), *execute(["set width 0", *show])]
        )
    assert out.exists(), output + done.stdout + done.stderr
    shown = {
        name: text.partition(" = ")[2].removesuffix("\n")
        for name, text in json.loads(out.read_text()).items()
    }
    return differences(shown, texts_of(output))
