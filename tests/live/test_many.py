"""Many goroutines: groups, the system's own stacks, limits, and Ctrl-C."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.builds import DEBUG, Compile
from tests.support.session import Open, Session

# Unwinding the third stack blocks until Ctrl-C.
BLOCK = """python
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

# Counts by g address how often it is unwound, and how often for its thread's registers.
COUNT = """python
from collections import Counter
from gogdb.runtime import goroutines, unwind_start
unwound, located = Counter(), Counter()
_unwind, _on_stack = goroutines.unwind, unwind_start._on_stack
def unwind(program, runtime, g, *limit):
    unwound[g.address] += 1
    return _unwind(program, runtime, g, *limit)
def on_stack(program, g, contexts):
    located[g.address] += 1
    return _on_stack(program, g, contexts)
goroutines.unwind, unwind_start._on_stack = unwind, on_stack
end"""


@pytest.fixture
def stopped(open_gdb: Open, compiled: Compile) -> Session:
    """Stop in a program with goroutines that are parked, run and have not begun."""
    session = open_gdb(compiled("frames", *DEBUG))
    session.run("break main.look")
    session.run("run")
    return session


def stacks(session: Session, options: str, key: str = "goroutines") -> Any:
    answer = json.loads(session.run(f"go-stacks {options} --json"))
    assert list(answer) == ["go_version", key, "problems", "notes", "interrupted"]
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
    own = [group for group in groups if not group["system"]]
    assert 0 < len(own) < len(groups)
    assert groups[: len(own)] == own
    by_calls = {calls(group): group for group in groups}
    for g in gs:
        assert g["goid"] in by_calls[calls(g)]["goids"]
    page = stopped.run("go-stacks --group --limit 1")
    first = groups[0]
    many = "1 goroutine" if first["count"] == 1 else f"{first['count']} goroutines"
    assert many in page
    assert first["frames"][0]["function"] in page
    assert f"{len(own) - 1} more: --limit {len(own)} shows them all" in page


def test_system_stacks_come_first(stopped: Session) -> None:
    ms = json.loads(stopped.run("go-gmp m --json"))["ms"]
    gs = stacks(stopped, "--system")
    system = [g for g in gs if not g["goid"]]
    assert gs[: len(system)] == system
    names = {f"m{m['id']}.{kind}" for m in ms for kind in ("g0", "gsignal")}
    assert {g["name"] for g in system} == names - {"m0.g0"} | {"g0"}
    assert gs[len(system) :] == stacks(stopped, "--all")


def enter(session: Session, script: str) -> None:
    *lines, end = script.split("\n")
    for line in lines:
        session.send(line)
    session.run(end)


@pytest.mark.parametrize(
    "command",
    ["go-stacks --all", "go-stacks --all --memory", "go-stacks --group", "go-gmp", "go-gmp g"],
)
def test_interrupted_json(stopped: Session, tmp_path: Path, command: str) -> None:
    """Ctrl-C ends a long command with what it has, and the file is whole."""
    enter(stopped, BLOCK)
    stopped.send(f"{command} --json --out {tmp_path}/answer.json")
    stopped.wait_for("NOW")
    stopped.interrupt()
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert re.fullmatch(r"interrupted after \d+ of \d+ goroutines", answer["interrupted"])
    assert stacks(stopped, "--all")


def test_interrupted_page(stopped: Session) -> None:
    enter(stopped, BLOCK)
    stopped.send("go-stacks --all")
    stopped.wait_for("NOW")
    assert re.search(r"interrupted after \d+ of \d+ goroutines", stopped.interrupt())


@pytest.mark.parametrize("options", ["--all", "--all --memory", "--where main. --memory", "1"])
def test_each_goroutine_is_unwound_once(stopped: Session, options: str) -> None:
    enter(stopped, COUNT)
    for json_option in ("", "--json"):
        stopped.quietly("python unwound.clear(), located.clear()")
        stopped.quietly(f"go-stacks {options} {json_option} --out /dev/null")
        counts = stopped.run("python print(max(unwound.values()), max(located.values()))")
        assert counts.strip() == "1 1"
