"""Many goroutines: groups, system stacks, limits, and Ctrl-C."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.builds import DEBUG, Compile
from tests.support.session import Open, Session

# Unwinding the third stack blocks until Ctrl-C
BLOCKED = """python
import time
from gogdb.runtime import goroutines
_unwind, _unwound = goroutines.unwind, []
def unwind(*arguments):
    _unwound.append(arguments)
    if len(_unwound) == 3:
        print("NOW", flush=True)
        time.sleep(60)
    return _unwind(*arguments)
goroutines.unwind = unwind
end"""


@pytest.fixture
def stopped(open_gdb: Open, compiled: Compile) -> Session:
    """A program with goroutines that are parked, run and have not begun."""
    session = open_gdb(compiled("frames", *DEBUG))
    session.run("break main.look")
    session.run("run")
    return session


def stacks(session: Session, options: str, key: str = "goroutines") -> Any:
    answer = json.loads(session.run(f"go-stacks {options} --json"))
    assert list(answer) == ["go_version", key, "notes", "interrupted"]
    assert answer["interrupted"] is None
    return answer[key]


def calls(g: dict[str, Any]) -> str:
    return json.dumps(
        [[frame[key] for key in ("function", "file", "line")] for frame in g["frames"]]
    )


def test_groups_are_the_stacks_counted(stopped: Session) -> None:
    gs = stacks(stopped, "--all")
    groups = stacks(stopped, "--group", "groups")
    assert {calls(group): group["count"] for group in groups} == Counter(map(calls, gs))
    assert [group["count"] for group in groups] == sorted(
        (group["count"] for group in groups), reverse=True
    )
    by_calls = {calls(group): group for group in groups}
    for g in gs:
        assert g["goid"] in by_calls[calls(g)]["goids"]
    page = stopped.run("go-stacks --group --limit 1")
    first = groups[0]
    many = "1 goroutine" if first["count"] == 1 else f"{first['count']} goroutines"
    assert many in page
    assert first["frames"][0]["function"] in page
    assert f"{len(groups) - 1} more: --limit {len(groups)} shows them all" in page


def test_system_stacks_come_first(stopped: Session) -> None:
    ms = json.loads(stopped.run("go-gmp m --json"))["ms"]
    gs = stacks(stopped, "--system")
    system = [g for g in gs if not g["goid"]]
    assert gs[: len(system)] == system
    names = {f"m{m['id']}.{kind}" for m in ms for kind in ("g0", "gsignal")}
    assert {g["name"] for g in system} == names - {"m0.g0"} | {"g0"}
    assert gs[len(system) :] == stacks(stopped, "--all")


def test_interrupted_command_shows_what_it_has(stopped: Session, tmp_path: Path) -> None:
    """Ctrl-C ends a long command, which shows what it has and says so."""
    for line in BLOCKED.split("\n"):
        stopped.send(line)
    stopped.run("echo")
    stopped.send(f"go-stacks --all --json --out {tmp_path}/stacks.json")
    stopped.wait_for("NOW")
    stopped.interrupt()
    answer = json.loads((tmp_path / "stacks.json").read_text())
    assert re.fullmatch(r"interrupted after \d+ of \d+ goroutines", answer["interrupted"])
    assert stacks(stopped, "--all")
