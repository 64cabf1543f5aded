"""Recorded programs with a few bytes changed: valid JSON, bounded work, and nothing lost unsaid."""

from __future__ import annotations

import json
import random
from functools import cache
from typing import Any

import pytest

from gogdb.errors import Unreadable
from gogdb.render.ansi import render
from gogdb.runtime.address_info import AddressClassifier
from gogdb.runtime.clock import read_clock
from gogdb.runtime.filters import Filter
from gogdb.runtime.gobuf import examine
from gogdb.runtime.m_activity import read_activities
from gogdb.runtime.program import Program
from gogdb.runtime.query import Query
from gogdb.runtime.scheduler import Runtime
from gogdb.view.g_table import GRows
from gogdb.view.gmp import document
from gogdb.view.json import gobuf as gobuf_json
from tests.support.changed_program import recorded
from tests.support.json_of import json_of_gmp, json_of_stacks

COUNT = 150  # mutations of each kind and Go
MAX_READS = 20_000  # of memory, by all commands on one changed program
VERSIONS = ("1.19.8", "1.27.3")
PARTS = ("ps", "ms", "gs")
TABLES = ("pclntable", "ftab", "funcnametab", "cutab", "filetab", "pctab")
VARIABLES = (  # not allglen: the recordings lack runtime.allgs, which repeats it
    "runtime.allgptr",
    "runtime.allm",
    "runtime.allp",
    "runtime.gomaxprocs",
    "runtime.gStatusStrings",
    "runtime.waitReasonStrings",
    "runtime.firstmoduledata",
)

Place = tuple[str, int, int]  # what, address, size in bytes


@cache
def whole(version: str) -> tuple[Program, Runtime]:
    program = Program(recorded(version))
    return program, program.read(unwinds=True).detached()


def word_at(version: str, address: int) -> int | None:
    """Return a word of the recorded memory, None where none was recorded."""
    try:
        return whole(version)[0].reader.word(address)
    except Unreadable:
        return None


def structs(version: str) -> list[Place]:
    """Return the runtime's variables and structs, whose words are nearly all read."""
    program, runtime = whole(version)
    layout = program.reader.layout
    places = [
        *((g.label, g.address, layout("runtime.g").size) for g in runtime.gs),
        *((g.label, g.address, layout("runtime.g").size) for g in runtime.system_gs),
        *((f"m{m.id}", m.address, layout("runtime.m").size) for m in runtime.ms),
        *((f"p{p.id}", p.address, 400) for p in runtime.ps),
        ("sched", runtime.sched.address, 512),
    ]
    for name in VARIABLES:
        symbol = program.reader.symbols.variable(name)
        assert symbol is not None
        places.append((name, symbol.address, max(symbol.size, 8)))
    allgptr = program.reader.word(program.reader.address("runtime.allgptr"))
    return [*places, ("allgs", allgptr, 8 * len(runtime.gs))]


def tables(version: str) -> list[Place]:
    """Return the tables of functions."""
    program, _ = whole(version)
    module = program.reader.address("runtime.firstmoduledata")
    offset = program.reader.layout("runtime.moduledata").offset
    spans = [(name, program.reader.words(module + offset(name), 2)) for name in TABLES]
    return [(name, start, 8 * size if name == "ftab" else size) for name, (start, size) in spans]


def other_word(choose: random.Random, old: int, pointers: list[int]) -> int:
    return choose.choice(
        (
            *(0, 1, 8, 0xFF, 1 << 16, 1_000_000, 1 << 63, (1 << 64) - 1),
            *(old + 8, old - 8, old ^ 1 << choose.randrange(64)),
            choose.choice(pointers),
            choose.randrange(1 << 64),
        )
    ) % (1 << 64)


def read_all(program: Program) -> Any:
    """Return go-gmp's JSON; go-stacks, go-gobuf and the page of go-gmp are made as well."""
    runtime = program.read(unwinds=True)
    answer = json_of_gmp(program, runtime)
    check_bounds(json_of_stacks(program, runtime))
    classifier = AddressClassifier(program, runtime)
    for g in runtime.system_gs[:1]:
        json.dumps(gobuf_json.gobuf(examine(program, runtime, g, classifier)))
    query = Query(program, runtime, Filter(), 64)
    listed = GRows(runtime, read_clock(program, runtime))
    list(query.rarest(listed.extend, 20))
    listed.arrange(query.census, 20)
    doc = document(
        runtime,
        ("sched", "p", "m", "g"),
        listed,
        query.census.totals,
        activities=read_activities(program, runtime),
    )
    assert [*render(doc, width=80, color=False, ascii=False)]
    return answer


def check_bounds(answer: Any) -> None:
    """Check that a goroutine whose stack ends above its beginning is said to be doubtful."""
    stacks = [row["stack"] for row in answer["goroutines"] if row["name"].isdigit()]
    if any(int(stack["lo"], 16) > int(stack["hi"], 16) > 0 for stack in stacks):
        assert any("the bounds of a stack" in problem["why"] for problem in answer["problems"])


def addresses(answer: Any) -> dict[str, set[str]]:
    return {part: {row["address"] for row in answer[part]} for part in PARTS}


def check(version: str, what: str, address: int, data: bytes) -> Any:
    """Read a program with other bytes at an address; what is missing must be said to be."""
    target = recorded(version, address, data)
    answer = read_all(Program(target))
    assert target.reads < MAX_READS, what
    for part, listed in addresses(answer).items():
        said = any(problem["part"] == part for problem in answer["problems"])
        said = said or any(row["unreadable"] for row in answer[part])
        assert said or listed >= addresses(unchanged(version))[part], what
    goids = [row["goid"] for row in answer["gs"] if row["goid"]]
    if len(set(goids)) < len(goids):
        assert any("the same goid" in problem["why"] for problem in answer["problems"]), what
    return answer


@cache
def unchanged(version: str) -> Any:
    answer = read_all(whole(version)[0])
    assert answer["problems"] == []
    return answer


@pytest.mark.parametrize("version", VERSIONS)
def test_other_words_in_structs(version: str) -> None:
    choose, places = random.Random(1), structs(version)
    pointers = [address for _, address, _ in places]
    for _ in range(COUNT):
        name, start, size = choose.choice(places)
        address = start + choose.randrange(0, size - size % 8, 8)
        old = word_at(version, address)
        if old is not None:
            word = other_word(choose, old, pointers)
            what = f"{name}+{address - start}: {word:#x}"
            check(version, what, address, word.to_bytes(8, "little"))


@pytest.mark.parametrize("version", VERSIONS)
def test_other_bytes_in_tables(version: str) -> None:
    choose, places = random.Random(2), tables(version)
    for _ in range(COUNT // 3):
        name, start, size = choose.choice(places)
        at = choose.randrange(0, size, 4)
        count = choose.choice((1, 4, 64, size))
        data = bytes([choose.randrange(256)]) * min(count, size - at)
        check(version, f"{name}+{at}: {len(data)} times {data[:1]!r}", start + at, data)
