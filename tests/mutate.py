"""Cores with a few bytes changed, seeded: `python -m tests.mutate --count 300`.

Each core is read by every command that reads goroutines. A command may say one line of error; it
must not raise a Python exception, take long, write JSON that the schema does not allow, or leave
out goroutines, Ms or Ps, list a goid twice, or show a stack upside down without a problem that says
so.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gogdb.launch import paths
from gogdb.launch.tools import find_go
from tests.support.builds import DEBUG, Builds
from tests.support.gdb_command import quiet
from tests.support.process import core_of, waiting_program
from tests.support.schema import schema

SLOW = 5.0  # s, for one command
TIMEOUT = 3600  # s


def main() -> int:
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory() as place:
        program, core = _core(options, Path(place))
        faults = Counter[str]()
        for gdb in options.gdb:
            out = Path(place) / "out"
            status = _run(gdb, program, core, options, out)
            answers = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
            found = [*_faults(answers)]
            if status:
                found.append(f"GDB ended with status {status} after {answers[-1]['what']}")
            slowest = max(run["seconds"] for each in answers for run in each["runs"])
            reported = sum(_reports(each) for each in answers)
            print(
                f"{gdb}: {len(answers) - 1} mutations, {reported} with a problem or error, "
                f"slowest command {slowest:.2f} s, {len(found)} faults"
            )
            for fault in found:
                print(f"  {fault}")
            faults.update(found)
    return 1 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gdb", action="append", type=Path, help="a debugger; may be repeated")
    parser.add_argument("--program", type=Path, help="a Go program, with --core")
    parser.add_argument("--core", type=Path, help="its core file; a copy is changed")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    return parser


def _core(options: argparse.Namespace, place: Path) -> tuple[Path, Path]:
    """Return a program and a copy of its core, which holds its read-only memory too."""
    if not options.gdb:
        options.gdb = [Path(shutil.which("gdb") or "gdb")]
    core = place / "core"
    if options.core:
        shutil.copy(options.core, core)
        return options.program, core
    program = Builds(place / "builds").program("parked", find_go(None), DEBUG)
    work = place / "work"
    work.mkdir()
    with waiting_program(program, work, "crash", [], core=True) as (process, _):
        Path(f"/proc/{process.pid}/coredump_filter").write_text("0x3f")
        shutil.move(core_of(options.gdb[0], process, work), core)
    return program, core


def _run(gdb: Path, program: Path, core: Path, options: argparse.Namespace, out: Path) -> int:
    environment = os.environ | {
        "MUTATE_CORE": str(core),
        "MUTATE_SEED": str(options.seed),
        "MUTATE_COUNT": str(options.count),
        "MUTATE_OUT": str(out),
    }
    script = Path(__file__).parent / "support/mutated_core.py"
    command = [*quiet(gdb), "-x", str(paths.gdbinit()), "-x", str(script), str(program)]
    return subprocess.run(
        command, env=environment, timeout=TIMEOUT, stdout=subprocess.DEVNULL, check=False
    ).returncode


def _reports(answers: dict[str, Any]) -> bool:
    return any(run["error"] or '"why"' in run["answer"] for run in answers["runs"])


def _faults(answers: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what is wrong with the answers to each change; the first answers are to none."""
    whole = _parts(answers[0]["runs"][0]["answer"])
    for each in answers:
        for run in each["runs"]:
            for fault in _faults_of(run, whole):
                yield f"{each['what']}: {run['command']}: {fault}"


def _faults_of(run: dict[str, Any], whole: dict[str, set[object]]) -> Iterator[str]:
    if run["seconds"] > SLOW:
        yield f"took {run['seconds']:.1f} s"
    for text in (run["error"], run["answer"]):
        if "Python" in text or "Traceback" in text:
            yield text
    if "\n" in run["error"].strip():
        yield f"the error has more than one line: {run['error']}"
    if "--json" in run["command"] and not run["error"]:
        yield from _faults_of_json(run, whole)


def _faults_of_json(run: dict[str, Any], whole: dict[str, set[object]]) -> Iterator[str]:
    try:
        answer = json.loads(run["answer"])
    except ValueError as error:
        yield f"{error}: {run['answer'][-200:]}"
        return
    wrong = next(schema(run["command"]).iter_errors(answer), None)
    if wrong:
        yield f"{wrong.json_path}: {wrong.message}"
    if run["command"] == "go-gmp --json":
        for part, names in _parts(run["answer"]).items():
            rows = answer[part]
            said = any(row["unreadable"] for row in rows)
            said = said or any(problem["part"] == part for problem in answer["problems"])
            if names < whole[part] and not said:
                yield f"{part} lacks {sorted(map(str, whole[part] - names))}, and nothing says so"
        goids = Counter(row["goid"] for row in answer["gs"] if row["goid"])
        repeated = [goid for goid, count in goids.items() if count > 1]
        if repeated and not _says(answer, "the same goid"):
            yield f"goids {repeated} are listed twice, and nothing says so"
    if run["command"] == "go-stacks --all --json":
        for row in answer["goroutines"]:
            swapped = int(row["stack"]["lo"], 16) > int(row["stack"]["hi"], 16) > 0
            if swapped and not row["unreadable"] and not _says(answer, "the bounds of a stack"):
                yield f"the stack of {row['name']} is upside down, and nothing says so"


def _says(answer: dict[str, Any], what: str) -> bool:
    return any(what in problem["why"] for problem in answer["problems"])


def _parts(text: str) -> dict[str, set[object]]:
    """Return the addresses of the Ps, Ms and Gs in an answer of go-gmp."""
    answer = json.loads(text)
    return {part: {row["address"] for row in answer[part]} for part in ("ps", "ms", "gs")}


if __name__ == "__main__":
    sys.exit(main())
