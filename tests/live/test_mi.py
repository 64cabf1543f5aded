"""The MI commands return what --json has, and errors in one line."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gogdb.launch import paths
from gogdb.launch.tools import Gdb
from tests.support import gdb_log, mi
from tests.support.attaching import check_attached
from tests.support.builds import Compile
from tests.support.parked import Park
from tests.support.process import TIMEOUT

# An MI command, and the command whose --json it is to return
COMMANDS = (
    ("-go-goroutines", "go-gmp g"),
    ("-go-goroutines --label conn=1 --limit 2", "go-gmp g --label conn=1 --limit 2"),
    ("-go-gmp", "go-gmp"),
    ("-go-gmp m", "go-gmp m"),
    ("-go-gmp g --group-by label", "go-gmp g --group-by label"),
    ("-go-stacks", "go-stacks --all"),
    ("-go-stacks --all --frames 2", "go-stacks --all --frames 2"),
    ("-go-stacks g0 1", "go-stacks g0 1"),
    (
        '-go-stacks --group --where "main.handles.func1"',
        "go-stacks --group --where main.handles.func1",
    ),
    ("-go-gobuf g0 1", "go-gobuf g0 1"),
)
ERRORS = (
    ("-go-stacks 12345", "no goroutine 12345: `go-gmp g` lists them"),
    ("-go-gmp q", "go-gmp: no part 'q': there are sched, p, m, g"),
    ("-go-gmp --out file", "-go-gmp: no option --out: it is for a person at GDB"),
    ("-go-goroutines --lable x", "go-gmp: no option --lable: did you mean --label?"),
)


def run(gdb: Gdb, pid: int, commands: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    """Return the results of commands to a GDB with its MI on pipes."""
    quiet = ("-nx", "-q", "-i=mi3", "-iex", "set debuginfod enabled off")
    process = (str(gdb.path), *quiet, "-x", str(paths.gdbinit()), "-p", str(pid))
    text = "\n".join([*commands, "-gdb-exit", ""])
    done = subprocess.run(
        process,
        input=text,
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=TIMEOUT,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    gdb_log.new().write(done.stdout + done.stderr)
    check_attached(done.stdout)
    assert "Traceback" not in done.stdout
    return mi.records(done.stdout)


def expected(value: Any, key: str = "") -> Any:
    """Return a JSON value as docs/json.md says that MI has it."""
    if key == "labels" and isinstance(value, dict):
        return [{"key": key, "value": label} for key, label in value.items()]
    if isinstance(value, dict):
        return {k: expected(v, k) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [expected(each) for each in value]
    return value if isinstance(value, str) else json.dumps(value)


def test_values_and_errors(gdb: Gdb, park: Park, compiled: Compile, tmp_path: Path) -> None:
    program = park(compiled("created"))
    files = [tmp_path / str(number) for number in range(len(COMMANDS))]
    asked = []
    for (ours, command), file in zip(COMMANDS, files, strict=True):
        console = f"{command} --json --out {shlex.quote(str(file))}"
        asked += [f'-interpreter-exec console "{console}"', ours]
    results = run(gdb, program.pid, [*asked, *(command for command, _ in ERRORS)])
    *answers, _ = results[-2 * len(COMMANDS) - len(ERRORS) - 1 :]
    for (ours, _), file, (kind, found) in zip(COMMANDS, files, answers[1::2], strict=False):
        wanted = expected(json.loads(file.read_text(encoding="utf-8")))
        for clock in (found.get("clock"), wanted.get("clock")):
            if clock:
                clock.pop("now")
        assert (ours, kind) == (ours, "done")
        assert found == wanted, ours
    assert [(kind, found) for kind, found in answers[2 * len(COMMANDS) :]] == [
        ("error", {"msg": message}) for _, message in ERRORS
    ]
    labels = answers[3][1]["gs"][0]["labels"]
    assert labels == [{"key": "conn", "value": "1"}, {"key": "kind", "value": "händler"}]


def test_text_that_the_charset_lacks(gdb: Gdb, park: Park, compiled: Compile) -> None:
    """Labels and names of the program hold anything; GDB's charset may be ASCII."""
    program = park(compiled("created"))
    commands = ("-gdb-set host-charset ASCII", "-go-goroutines --label conn=1 --limit 1")
    *_, (kind, found), _ = run(gdb, program.pid, commands)
    assert kind == "done"
    assert found["gs"][0]["labels"][1] == {"key": "kind", "value": r"h\xe4ndler"}


def test_a_client_that_selects_another_thread(gdb: Gdb, park: Park, compiled: Compile) -> None:
    """GDB has no prompt under MI, before which the goroutine could be left."""
    program = park(compiled("created"))
    setting = ("-list-features", "-gdb-show backtrace past-main")  # GDB first does what is put off
    commands = (
        "-thread-select 2",
        "-stack-list-frames",
        "-thread-select 1",
        '-interpreter-exec console "go-goroutine 1"',
        *setting,
        "-stack-list-frames --thread 2",
        *setting,
        "-thread-select 2",
        *setting,
        "-stack-list-frames",
        '-interpreter-exec console "go-goroutine"',
    )
    results = run(gdb, program.pid, commands)[-len(commands) - 1 : -1]
    assert [kind for kind, _ in results] == ["done"] * len(commands)
    values = [found for _, found in results]
    assert [each["value"] for each in values if "value" in each] == ["on", "on", "off"]
    of_thread, asked, after = (each["stack"] for each in values if "stack" in each)
    assert len(asked) > 1
    assert of_thread == after
