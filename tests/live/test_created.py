"""Goroutines by creator and by label, compared with the program's own traceback."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest

from gogdb.launch.tools import Go
from gogdb.runtime.goversion import GoVersion
from tests.support.builds import Builds, Compile
from tests.support.parked import Park, attach
from tests.support.process import reads_input, traceback_of, wait_until
from tests.support.schema import schema
from tests.support.session import Open, Session

HANDLERS, WORKERS, LINKS = 3, 2, 9  # as in programs/created
MAIN, SERVES, LINK = "main.main", "main.serves", "main.link"


def answer(session: Session, command: str) -> Any:
    """Return a JSON answer, which must conform to the schema."""
    found = json.loads(session.run(f"{command} --json"))
    assert list(schema(command).iter_errors(found)) == []
    return found


def creators(program: subprocess.Popen[str]) -> dict[int, int]:
    """Return who has created each goroutine, as Go's traceback says; it ends the program."""
    created = r"^goroutine (\d+) [^\n]*\n(?:[^\n]+\n)*?created by .* in goroutine (\d+)\n"
    found = re.findall(created, traceback_of(program), re.M)
    return {int(goid): int(creator) for goid, creator in found}


def drawn(tree: str) -> list[tuple[int, str, list[int]]]:
    """Return the rows of a tree: the level, the place or the status, the first goids."""
    rows = re.findall(
        r"^ +\d+  (?:… (\d+) )?([│├└ ]*)((?:g\d+ ?)+)(?:…)?  +(ended|.*?  +main\.[\w.]+)",
        tree,
        re.M,
    )
    return [
        (int(level or len(lines) // 2), place.split()[-1], [int(g[1:]) for g in names.split()])
        for level, lines, names, place in rows
    ]


def test_tree(park: Park, open_gdb: Open, compiled: Compile, go_release: GoVersion) -> None:
    """It is the traceback's, and what the traceback does not say is that a creator has ended."""
    if go_release < GoVersion(1, 21):
        pytest.skip("g.parentGoid came with Go 1.21")
    program = park(compiled("created"))
    session = open_gdb(width=120)
    attach(session, program)
    gs = answer(session, "go-gmp g")["gs"]
    rows = drawn(session.run("go-gmp g --tree"))
    with_label = drawn(session.run("go-gmp g --tree --label conn=1"))
    assert answer(session, "go-gmp g --tree")["gs"] == gs
    session.run("detach")
    truth = creators(program)
    assert {g["goid"]: g["parent_goid"] for g in gs if g["parent_goid"]} == truth
    above: dict[int, list[int]] = {-1: [0]}
    for level, _, goids in rows:
        above[level] = goids
        assert {truth.get(goid, 0) for goid in goids} <= {0, *above[level - 1]}
    places = [(level, place) for level, place, _ in rows]
    links = [(level, LINK) for level in range(1, LINKS + 1)]
    served = ["ended", "main.handles.func1", "main.works"]
    assert [row for row in places if row in links] == links
    assert [place for _, place in places if place in served] == served
    assert len({level for level, place in places if place in served}) == 3
    assert [place for _, place, _ in with_label][-3:] == served


def test_labels_and_groups(park: Park, open_gdb: Open, compiled: Compile) -> None:
    session = open_gdb(width=160)
    program = park(compiled("created"))
    wait_until(lambda: reads_input(program.pid))
    attach(session, program)
    every = answer(session, "go-gmp g")["gs"]
    for label, wanted in (
        ("kind", [{"conn": str(n), "kind": "händler"} for n in range(HANDLERS)]),
        ("conn=1", [{"conn": "1", "kind": "händler"}]),
        ("conn=", []),
        ("con", []),
    ):
        expected = [g for g in every if g["labels"] in wanted]
        assert len(expected) == len(wanted) * (1 + WORKERS)
        assert answer(session, f"go-gmp g --label {label}")["gs"] == expected
        goids = [g["goid"] for g in answer(session, f"go-stacks --label {label}")["goroutines"]]
        assert goids == [g["goid"] for g in expected]
    assert "none matches: allgs has" in session.run("go-gmp g --label con")
    page = session.run("go-stacks --label conn=1")
    assert page.count(r'labels: {conn: 1, kind: "h\u00e4ndler"}') == 1 + WORKERS
    assert "{conn: 1," in session.run("go-gmp g --label conn=1")  # the rest may be wrapped
    count = HANDLERS * WORKERS

    def groups(by: str) -> list[tuple[Any, int]]:
        found = answer(session, f"go-gmp g --group-by {by}")["groups"]
        return [
            (group[next(iter(group))], group["count"]) for group in found if not group["system"]
        ]

    places = [(f"{at['function']} {at['called']}", count) for at, count in groups("where")]
    assert sorted(places) == [
        ("main.handles.func1 None", HANDLERS),
        ("main.link None", LINKS),
        ("main.main os.(*File).Read", 1),
        ("main.works sync.(*Mutex).Lock", count),
    ]
    assert sorted(n for _, n in groups("start")) == [1, 1, HANDLERS, count, LINKS - 1]
    assert dict(groups("creator"))["main.serves"] == HANDLERS
    assert dict(groups("reason"))["chan receive"] == HANDLERS + LINKS
    values = [(None, 1 + LINKS), *((str(n), 1 + WORKERS) for n in range(HANDLERS))]
    assert sorted(groups("label=conn"), key=str) == sorted(values, key=str)
    assert ({"conn": "0", "kind": "händler"}, 1 + WORKERS) in groups("label")
    page = session.run("go-gmp g --group-by where")
    assert re.search(
        rf"^ +{count}  main\.works main\.go:\d+ → sync\.\(\*Mutex\)\.Lock  ", page, re.M
    )
    assert "--system shows them" in page
    for begun, ends in (
        ("go-gmp g --label k", ["ind", "ind=händler"]),
        ("go-apply --label conn=", [str(n) for n in range(HANDLERS)]),
        ("go-gmp --group-by label", ["", "=conn", "=kind"]),
    ):
        completed = session.run(f"complete {begun}").splitlines()
        assert completed == [f"{begun}{end}" for end in ends]


def test_what_a_program_or_the_options_cannot_show(
    open_gdb: Open, either_go: Go, builds: Builds
) -> None:
    session = open_gdb(builds.program("created", either_go, ()))
    session.run("break main.serves")
    session.run("run")
    tree = session.run("go-gmp g --tree")
    if "1.19" in either_go.version:
        assert tree == (
            f"go{either_go.version} does not record which goroutine has created another: go1.21 "
            "and newer do: `go-gmp g --group-by creator` counts goroutines by the function that "
            "created them\n"
        )
        return
    assert re.search(r"^ +1  g1 ", tree, re.M)
    for command, error in (
        ("go-gmp p --tree", "go-gmp p has no --tree: it is for goroutines: `go-gmp g --tree`"),
        ("go-gmp --tree --group-by where", "--tree and --group-by exclude each other"),
        ("go-gmp --group-by place", "'place' is none of where, creator, start, label, reason"),
    ):
        assert error in session.run(command)
