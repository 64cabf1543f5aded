"""go-apply: which goroutines a command is run in, what becomes of its errors, and Ctrl-C."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.builds import DEBUG, Compile
from tests.support.output import error_line
from tests.support.parked import attach, parked_process
from tests.support.session import ONLY_THREAD, Open, Session

LINKS = 9  # as in programs/created: main.link has the argument `left`, from 8 to 0
STATE = ("status", "waitreason")  # of go-gmp's JSON
NO_LEFT = 'No symbol "left" in current context.'

# The command `blocks` waits in the third goroutine: in Python, or in a loop of GDB's own.
BLOCK = """python
import os, time
_calls = []
class Blocks(gdb.Command):
    def __init__(self):
        super().__init__("blocks", gdb.COMMAND_USER)
    def invoke(self, text, from_tty):
        _calls.append(text)
        if len(_calls) == 3:
            _calls.clear()
            os.write(1, b"NOW\\n")  # also where the output is captured
            gdb.execute(text) if text else time.sleep(60)
Blocks()
end"""
LOOP = """define loops
while 1
set $_turns = 1
end
end"""


@pytest.fixture(scope="module")
def shared(share_gdb: Open, compiled: Compile) -> Iterator[Session]:
    """A GDB attached to a process whose goroutines have created others."""
    program = compiled("created", *DEBUG)
    with parked_process(program) as process:
        session = share_gdb(program, width=0)
        attach(session, process)
        enter(session, BLOCK)
        enter(session, LOOP)
        yield session
        session.close()


@pytest.fixture
def attached(shared: Session) -> Session:
    """Nothing is selected but the thread."""
    shared.run("go-goroutine off")
    return shared


def gs(session: Session, options: str = "") -> list[Any]:
    return list(json.loads(session.run(f"go-gmp g --limit 0 --json {options}"))["gs"])


def goids(session: Session, options: str = "") -> list[int]:
    return [g["goid"] for g in gs(session, options)]


def headed(output: str) -> list[int]:
    """Return the goids of the headings."""
    return [int(goid) for goid in re.findall(r"^\ng(\d+): \w.*:$", output, re.M)]


def chain(session: Session) -> dict[int, int]:
    """Return the goid of each link by its `left`: each has been created by the one before."""
    links = {g["goid"]: g["parent_goid"] for g in gs(session, "--where main.link")}
    (goid,) = links.keys() - set(links.values())
    found = {}
    for left in range(LINKS):
        found[left], goid = goid, links[goid]
    return found


def test_all_and_headings(attached: Session) -> None:
    every = goids(attached)
    states = ((g["goid"], ", ".join(filter(None, map(g.get, STATE)))) for g in gs(attached))
    headings = {f"g{goid}: {state}" for goid, state in states}
    for which in ("all", "--limit 0 all"):
        output = attached.run(f"go-apply {which} echo here\\n")
        assert headed(output) == every, which
        assert output.count("\nhere\n") == len(every), which
        shown = re.findall(r"^(g\d+: [^\n]+?)(?:, thread \d+)?:$", output, re.M)
        assert set(shown) == headings, which
    assert attached.run("go-apply all -q echo here\\n") == len(every) * "here\n"
    assert attached.run("go-apply -q all echo here\\n") == len(every) * "here\n"


def test_names_and_ranges(attached: Session) -> None:
    every = sorted(goids(attached))
    first, *_, last = every
    for which, wanted in (
        (f"{first}", [first]),
        (f"{last} {first}", [last, first]),
        (f"{first}-{last}", every),
        (f"{first} 0-5000000000", [first, *every]),
        (f"{last}-{last + 100}", [last]),
        (f"{every[3]}-{every[5]} {first}", [*every[3:6], first]),
        (f"{every[5]}-{every[3]}", []),
    ):
        output = attached.run(f"go-apply {which} echo \\n")
        assert headed(output) == wanted, which
    assert attached.run(f"go-apply {last + 1}-{last + 9} bt").strip() == "→ no goroutine matches"
    system = attached.run("go-apply g0 m1.g0 bt 1")
    assert re.findall(r"^\n(.*?):", system, re.M) == ["g0", "m1.g0"]
    error = error_line(attached.run(f"go-apply {first} {last + 1} echo never"))
    assert error == f"no goroutine {last + 1}: `go-gmp g` lists them"


def test_filters(attached: Session) -> None:
    for options in (
        "--status waiting",
        "--reason 'chan receive'",
        "--where main.link",
        "--label conn=1",
        "--label kind --where main.works",
    ):
        wanted = goids(attached, options)
        assert 1 < len(wanted) <= len(goids(attached)), options
        assert headed(attached.run(f"go-apply {options} echo \\n")) == wanted
    output = attached.run("go-apply --where main.link -q print left")
    assert sorted(re.findall(r"= (\d)$", output, re.M)) == [str(left) for left in range(LINKS)]
    none = attached.run("go-apply --label no=such bt")
    assert none.strip() == "→ no goroutine matches"
    for command, error in (
        ("go-apply bt", "go-apply: in which goroutines?: name them, give a filter, or say all"),
        ("go-apply 1 --label conn bt", "go-apply: goroutines by name and by a filter: give one "),
        ("go-apply all", "go-apply: no command: for example `go-apply all bt 3`"),
    ):
        assert error_line(attached.run(command)).startswith(error)


def test_limit(attached: Session) -> None:
    every = goids(attached)
    more = f"→ {len(every) - 3} more: --limit {len(every)} shows them all"
    output = attached.run("go-apply all --limit 3 echo \\n")
    assert headed(output) == every[:3]
    assert output.strip().splitlines()[-1].strip() == more
    attached.quietly("set gogdb limit 2")
    assert headed(attached.run("go-apply all echo \\n")) == every[:2]
    assert headed(attached.run("go-apply all --limit 0 echo \\n")) == every
    attached.quietly("set gogdb limit 100")
    answer = json.loads(attached.run("go-apply all --limit 3 --json echo x"))
    assert [row["goid"] for row in answer["goroutines"]] == every[:3]


def test_errors(attached: Session) -> None:
    every, links = goids(attached), chain(attached)
    assert every[0] not in links.values()
    values = {goid: left for left, goid in links.items()}
    # at the first one GDB's error ends it
    output = attached.run("go-apply all print left")
    assert headed(output) == every[:1]
    assert output.endswith(f":\n{NO_LEFT}\n")
    # -c goes on, and says so; -s goes on, and does not
    output = attached.run("go-apply all -c print left")
    assert headed(output) == every
    assert output.count(f":\n{NO_LEFT}\n") == len(every) - LINKS
    parts = re.findall(r"^\ng(\d+): .*:\n\$\d+ = (\d+)$", output, re.M)
    assert {int(goid): int(left) for goid, left in parts} == values
    output = attached.run("go-apply all -s print left")
    assert sorted(headed(output)) == sorted(values)
    assert NO_LEFT not in output
    output = attached.run("go-apply all -q -s output left")
    assert sorted(output) == sorted(str(left) for left in range(LINKS))
    rows = json.loads(attached.run("go-apply all --json output left"))["goroutines"]
    assert {row["goid"]: int(row["output"]) for row in rows if row["output"]} == values
    assert {row["error"] for row in rows if not row["output"]} == {NO_LEFT}
    silent = json.loads(attached.run("go-apply all -s --json output left"))["goroutines"]
    assert silent == [row for row in rows if row["output"]]


def state(session: Session) -> list[str]:
    """Return what is selected, and what GDB uses for a goroutine."""
    shown = [session.run(command) for command in ("thread", "frame", "go-goroutine", "bt 4")]
    kept = "[u.name for u in gdb.frame_unwinders], sorted(gdb.frame_filters)"
    return [*shown, session.run("show backtrace past-main"), session.value(kept)]


def enter(session: Session, script: str) -> None:
    *lines, end = script.split("\n")
    for line in lines:
        session.send(line)
    session.run(end)


@pytest.mark.parametrize("command", ["blocks", "blocks loops"])
def test_interrupted(attached: Session, tmp_path: Path, command: str) -> None:
    """Ctrl-C in the third goroutine ends it in one line, and what was selected stays."""
    goid = chain(attached)[4]
    for selected in ("up", f"go-goroutine {goid}"):
        attached.run(selected)
        before = state(attached)
        for options in ("", "-q", "-c", "-s", "-q -s"):
            attached.send(f"go-apply all {options} {command}")
            attached.wait_for("NOW")
            lines = attached.interrupt().strip().splitlines()
            assert len(lines) == 1, (options, lines)
            ending = lines[0].strip()
            assert re.fullmatch(r"! interrupted after 2 of \d+ goroutines", ending), options
            assert state(attached) == before, options
        out = tmp_path / "answer.json"
        attached.send(f"go-apply all --json --out {out} {command}")
        attached.wait_for("NOW")
        assert "interrupted" not in attached.interrupt()
        answer = json.loads(out.read_text())
        assert len(answer["goroutines"]) == 2
        assert re.fullmatch(r"interrupted after 2 of \d+ goroutines", answer["interrupted"])
        assert state(attached) == before


def test_interrupted_in_a_script(attached: Session) -> None:
    enter(attached, "define applies\ngo-apply all -q blocks\necho went on\\n\nend")
    attached.send("applies")
    attached.wait_for("NOW")
    note, last = attached.interrupt().strip().splitlines()
    assert re.fullmatch(r" *! interrupted after 2 of \d+ goroutines", note)
    assert last == "Quit"


def test_a_command_that_lets_the_program_run(booting: Session) -> None:
    booting.run("break main.main")
    booting.run("run")
    booting.quietly(ONLY_THREAD)  # g1 may go on on another thread, past its next line
    output = booting.run("go-apply 1 1 next")
    assert output.endswith(
        "the command has let the program run, or has left the goroutine: it has been run in this "
        "goroutine only\n"
    )
    assert output.count("\ng1: ") == 1
    assert "main.main" in booting.run("bt 1")
    assert booting.run("show backtrace past-main").endswith("off.\n")


def test_a_goroutine_is_named_as_headings_call_it(attached: Session) -> None:
    first, *_, last = sorted(goids(attached))
    assert headed(attached.run(f"go-apply g{last} g{first} echo \\n")) == [last, first]
    assert attached.run(f"go-goroutine g{last} bt") == attached.run(f"go-goroutine {last} bt")
    assert attached.run(f"go-stacks g{last}") == attached.run(f"go-stacks {last}")
    assert attached.run(f'p $go_g("g{last}").goid').endswith(f"= {last}\n")
    error = error_line(attached.run(f"go-apply g{last + 1} bt"))
    assert error == f"no goroutine {last + 1}: `go-gmp g` lists them"
