"""The page of go-gmp for a program with long run queues and many parked goroutines."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.builds import DEBUG, Compile
from tests.support.places import PROGRAMS
from tests.support.session import Open, Session

PARKED, WANTING, ROOM = 42, 300, 256  # as in programs/queued; a P's run queue has 256 places
MILLISECOND = 1_000_000  # ns
_UNITS = {"ms": 1, "s": 1000, "min": 60_000}  # ms


@pytest.fixture
def program(compiled: Compile) -> Path:
    return compiled("queued", *DEBUG)


@pytest.fixture
def queued(open_gdb: Open, program: Path) -> Session:
    session = open_gdb(program, width=150)
    text = (PROGRAMS / "queued" / "main.go").read_text(encoding="utf-8").split("\n")
    (line,) = (n for n, output in enumerate(text, 1) if "the queues are full" in output)
    session.run(f"break main.go:{line}")
    session.run("run")
    return session


def row(page: str, name: str) -> str:
    """Return the cells of the table row that begins with `name`."""
    found = re.search(rf"^  {name}  .*$", page, re.M)
    assert found, f"no row {name} in:\n{page}"
    return found[0]


def waited(page: str, goid: int) -> int | None:
    """Return how long a goroutine has waited by its row, in ms; None for a dash."""
    columns = re.split(r" {2,}", row(page, "G"))
    cells = re.split(r" {2,}", row(page, f"g{goid}"))
    output = cells[columns.index("waited")]
    if output == "-":
        return None
    amounts = [pair.split(" ") for pair in re.findall(r"[\d.]+ \w+", output)]
    return round(sum(float(amount) * _UNITS[unit] for amount, unit in amounts))


def waitsince(session: Session, address: str) -> int:
    """Return a field of a g, read by GDB itself."""
    g = f"gdb.Value({address}).cast(gdb.lookup_type('runtime.g').pointer())"
    return int(session.value(f"int({g}['waitsince'])"))


def goroutines(session: Session) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = json.loads(session.run("go-gmp g --json"))["gs"]
    return answer


def test_waiting_time(queued: Session) -> None:
    """The times lie between g.waitsince and two readings of the clock, around the page."""
    gs = goroutines(queued)
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    page = queued.run("go-gmp g --status waiting")
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    known, unknown = 0, 0
    for g in (g for g in gs if g["start"] in ("main.receives", "main.locked")):
        since = waitsince(queued, g["address"])
        output = waited(page, g["goid"])
        if since == 0:
            unknown += 1
            assert output is None
            continue
        known += 1
        assert output is not None
        low, high = (before - since) // MILLISECOND, (after - since) // MILLISECOND
        assert low - 100 <= output <= high  # seconds have one decimal, rounded down
    assert known == PARKED - 1
    assert unknown == 1  # it was parked after the last collection
    assert "waited: approximate" in page
    reads = next(g for g in gs if g["start"] == "main.reads")
    assert reads["status"] == "syscall"
    assert waited(queued.run("go-gmp g --status syscall"), reads["goid"]) is not None
    # a goroutine that has become runnable keeps an old waitsince
    assert "waited" not in queued.run("go-gmp g --status runnable")


def test_waiting_time_in_a_core(
    queued: Session, open_gdb: Open, program: Path, tmp_path: Path
) -> None:
    """In a core the latest time that the runtime noted stands for now."""
    gs = goroutines(queued)
    g = next(g for g in gs if g["start"] == "main.locked")
    since = waitsince(queued, g["address"])
    queued.run(f"generate-core-file {tmp_path}/core")
    now = time.clock_gettime_ns(time.CLOCK_MONOTONIC)
    core = open_gdb(program, width=150)
    core.run(f"core-file {tmp_path}/core")
    core.run("thread apply all print $rip")  # GDB may warn once
    page = core.run("go-gmp g --status waiting")
    output = waited(page, g["goid"])
    assert output is not None
    assert 0 <= output <= (now - since) // MILLISECOND
    assert "the latest time that the runtime recorded" in re.sub(r"\s+", " ", page)


def test_totals_count_every_goroutine(queued: Session) -> None:
    """The totals count every goroutine, not only those that are listed."""
    gs = goroutines(queued)
    page = queued.run("go-gmp g --limit 3")
    for status, reason in {(g["status"], g["waitreason"] or "") for g in gs}:
        mine = [g for g in gs if (g["status"], g["waitreason"] or "") == (status, reason)]
        squeezed = re.sub(r" +", " ", page)
        assert f"\n {len(mine)} {status} {reason}".rstrip() + "\n" in squeezed
    assert sum(g["start"] == "main.wants" for g in gs) == WANTING
    runnable = sum(g["status"] == "runnable" for g in gs)
    assert page.startswith(f"Gs  {runnable} runnable, ")
    assert page.index("chan receive") < page.index("\n  g")


def test_queues_hold_every_runnable_goroutine(queued: Session) -> None:
    """Every runnable goroutine is in one queue, and the page says which is next."""
    answer = json.loads(queued.run("go-gmp --json"))
    (p,) = answer["ps"]
    queues = [p["runnext"], *p["runq"], *answer["sched"]["runq"]]
    assert sorted(queues) == sorted(g["goid"] for g in answer["gs"] if g["status"] == "runnable")
    assert len(p["runq"]) <= ROOM
    page = queued.run("go-gmp")
    first = " ".join(f"g{goid}" for goid in p["runq"][:6])
    line = row(page, "p0")
    assert f"  g{p['runnext']}  " in line
    assert f"  {first} … {len(p['runq']) - 6} more  " in line
    m = f"m{p['m']}"
    drawn = re.search(rf"^  {m} +\(thread \d+\) +── p0 +── (.*)$", page, re.M)
    assert drawn
    assert drawn[1] == f"g1 running, runq {len(p['runq'])}, next g{p['runnext']}"
    summary = row(page, "global run queue")
    assert re.search(rf"runqsize +{len(answer['sched']['runq'])}  g\d+ ", summary)


def test_activities_of_idle_ms(queued: Session) -> None:
    """GDB's backtraces agree with the activities of the Ms that have no goroutine."""
    answer = json.loads(queued.run("go-gmp --json"))
    page = queued.run("go-gmp")
    locked = next(g for g in answer["gs"] if g["start"] == "main.locked")
    its_m = next(m for m in answer["ms"] if m["lockedg"] == locked["goid"])
    assert f"m{its_m['id']}" in row(page, f"g{locked['goid']}")
    waits = f"waits for g{locked['goid']}, locked to it"
    assert waits in row(page, f"m{its_m['id']}")
    picture = page[page.index("M ─ P ─ G") :]
    assert f"no g: {waits}" in picture
    assert picture.count("no g: sysmon") == 1
    (sysmon,) = (m for m in answer["ms"] if "  sysmon " in row(page, f"m{m['id']}"))
    by_lwp = "{t.ptid[1]: t.num for t in gdb.selected_inferior().threads()}"
    number = queued.value(f"{by_lwp}[{sysmon['procid']}]")
    assert "runtime.sysmon" in queued.run(f"thread apply {number} backtrace")
    assert re.search(rf"^  {len(answer['sched']['midle'])} idle Ms?: ", picture, re.M)


@pytest.mark.parametrize("width", [80, 120])
def test_64_ps(open_gdb: Open, compiled: Compile, width: int) -> None:
    """The page fits a screen whatever GOMAXPROCS is."""
    session = open_gdb(compiled("queued", *DEBUG), width=width)
    session.quietly("set exec-wrapper env -i GOMAXPROCS=64")
    session.run("break main.main")
    session.run("run")
    page = session.run("go-gmp")
    assert max(map(len, page.split("\n"))) <= width
    assert re.search(r"gomaxprocs +64 ", page)
    idle = re.search(r"^  → (\d+) idle Ps with empty queues: ", page, re.M)
    assert idle
    assert int(idle[1]) >= 55
    assert len(page.split("\n")) < 70
