"""A server that is stuck: what its goroutines queue for, and where the cause is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.builds import Compile
from tests.support.parked import attach, parked_process
from tests.support.places import PROGRAMS
from tests.support.session import Open, Session

VICTIMS, OTHERS, WAITERS = 300, 40, 5  # as in programs/contended


@pytest.fixture
def stuck(open_gdb: Open, compiled: Compile) -> Iterator[Session]:
    program = compiled("contended")
    with parked_process(program) as running, open_gdb(program) as session:
        attach(session, running)
        yield session


def address(session: Session, expression: str) -> str:
    return session.value(f'hex(int(gdb.parse_and_eval("{expression}")))')


def line_of(marker: str) -> int:
    text = (PROGRAMS / "contended" / "main.go").read_text(encoding="utf-8").split("\n")
    return next(n for n, line in enumerate(text, 1) if line.endswith(f"// marker: {marker}"))


def user(row: dict[str, Any]) -> str:
    return str(row["user"]["function"]) if row["user"] else ""


def test_groups(stuck: Session) -> None:
    """Those in one queue are beside each other, after all others; GDB finds the same objects."""
    groups = json.loads(stuck.run("go-stacks --group --json"))["groups"]
    own = [group for group in groups if not group["system"]]
    assert groups[: len(own)] == own
    first = {user(group): group["count"] for group in own[:4]}
    assert first == {
        "main.main": 1,
        "main.leaks": WAITERS,
        "main.(*store).flush": 1,
        "main.sleeps": 1,
    }
    assert user(own[0]) == "main.main"
    assert [(user(group), group["count"]) for group in own[4:6]] == [
        ("main.(*store).get", VICTIMS),
        ("main.(*store).put", OTHERS),
    ]
    expected = {
        "main.(*store).get": ("sync.Mutex", "&'main.held'.mu", VICTIMS + OTHERS),
        "main.(*store).put": ("sync.Mutex", "&'main.held'.mu", VICTIMS + OTHERS),
        "main.receives": ("chan", "'main.jobs'", WAITERS),
        "main.waits": ("sync.WaitGroup", "&'main.group'", WAITERS),
        "main.reads": ("sync.RWMutex", "&'main.lock'", WAITERS),
    }
    assert {user(group) for group in own[4:]} == set(expected)
    for group in own:
        kind, what, total = expected.get(user(group), ("", "", 0))
        queue = {"kind": kind, "count": group["count"], "total": total}
        if kind:
            queue["address"] = address(stuck, what)
        assert group["queues"] == ([queue] if kind else [])


def test_first_screen(stuck: Session) -> None:
    """The page begins with the queue of the victims, then the few, then the victims."""
    page = stuck.run("go-stacks --group")
    screen = page.split("\n")[:24]
    assert screen[1].startswith(f"  → {VICTIMS + OTHERS} goroutines wait for sync.Mutex 0x")
    text = re.sub(r"\s+", " ", "\n".join(screen))  # cells may be wrapped
    flush = f"main.(*store).flush main.go:{line_of('holds')}"
    assert 0 < text.index(flush) < text.index("main.(*store).get ")
    assert "sync.(*Mutex).Lock" in text
    assert max(map(len, screen)) <= 80
    assert "runtime.bgsweep" not in page
    assert re.search(r"→ \d+ goroutines of the runtime itself: --system shows them\n", page)
    for options in ("--system", "--where runtime.bgsweep"):
        assert "runtime.bgsweep" in stuck.run(f"go-stacks --group {options}")


def test_the_few_are_listed_before_the_victims(stuck: Session) -> None:
    page = stuck.run("go-gmp g --limit 30")
    places = re.findall(r"main\.[\w().*]+ main\.go:\d+", page)
    assert places[0].startswith("main.main ")
    assert set(places[1:3]) == {
        f"main.(*store).flush main.go:{line_of('holds')}",
        f"main.sleeps main.go:{line_of('sleeps')}",
    }
    assert places[-1] == f"main.(*store).put main.go:{line_of('put')}"
    assert len(re.findall(r"^ +g\d+ ", page, re.M)) == 30
    every = json.loads(stuck.run("go-gmp g --json"))["gs"]
    own = [g for g in every if g["system"]]
    assert f"→ {len(own)} goroutines of the runtime itself: --system shows them\n" in page
    shown = f"{len(every) - len(own) - 30} more: --limit {len(every) - len(own)} shows them all"
    assert shown in page
    with_own = stuck.run("go-gmp g --system --limit 0")
    last = re.findall(r"^ +g(\d+) ", with_own, re.M)[-len(own) :]
    assert sorted(map(int, last)) == sorted(g["goid"] for g in own)
    assert {g["start"].partition(".")[0] for g in own} == {"runtime"}
    assert not any(map(user, own))


def test_where_takes_the_place_that_is_shown(stuck: Session) -> None:
    line = line_of("leaks")
    for where in (f"main.go:{line}", f"src/main.go:{line}"):
        found = json.loads(stuck.run(f"go-gmp g --json --where {where}"))["gs"]
        assert [user(g) for g in found] == ["main.leaks"] * WAITERS
        assert {g["user"]["line"] for g in found} == {line}
    assert json.loads(stuck.run(f"go-gmp g --json --where main.go:{line}0"))["gs"] == []
