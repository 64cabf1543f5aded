"""A program with harmful names, paths, arguments and environment: they are shown as text."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from wcwidth import wcswidth, wcwidth

from gogdb.launch import paths
from gogdb.launch.tools import Go
from gogdb.render.clean import escape
from tests.support import hostile_program
from tests.support.builds import Builds
from tests.support.reports import Page
from tests.support.schema import schema
from tests.support.session import Open, Session

Hostile = Callable[..., Session]

SGR = re.compile(r"\x1b\[[0-9;]*m")
RULE = re.compile(r" *─+(?: +─+)+")


@pytest.fixture(scope="module")
def program(go: Go, builds: Builds) -> Path:
    return builds.hostile(go)


@pytest.fixture
def hostile(open_gdb: Open, program: Path, tmp_path: Path) -> Hostile:
    """Start a GDB with the program."""

    def hostile(**how: Any) -> Session:
        session = open_gdb(**how)
        file = f"file {shlex.quote(str(program))}"
        session.quietly(
            f"python gdb.execute({file!a})"
        )  # a terminal would interpret some of the characters
        session.quietly(f"set exec-wrapper {hostile_program.wrapper(tmp_path)}")
        session.quietly("set confirm off")
        return session

    return hostile


def parked(session: Session) -> str:
    """Run to where two goroutines wait in functions with such names; return the goid of one."""
    session.run("tbreak main.main")
    session.run("run")
    source = (hostile_program.SOURCE / "main.go").read_text()
    line = 1 + source[: source.index("// marker: parked")].count("\n")
    session.run(f"tbreak {line}")
    session.run("continue")
    gs = json.loads(session.run("go-gmp g --where main.elsewhere --json"))["gs"]
    return str(max(g["goid"] for g in gs))


def shown(session: Session, command: str) -> str:
    """Return the output of a command without blanks, for it may be wrapped anywhere.

    Every character must be printable, no line wider than the terminal, and the columns of tables
    and the borders of boxes must stand in line.
    """
    text = SGR.sub("", session.run(command))
    assert [line for line in text.split("\n") if not line.isprintable()] == []
    lines = text.splitlines()
    assert [line for line in lines if wcswidth(line) > session.width] == []
    grid = [cells(line) for line in lines]
    for number, line in enumerate(lines):
        if RULE.fullmatch(line):
            aligned([line, *rows(lines[number + 1 :])])
        framed(grid, number)
    return re.sub(r"\s", "", text)


def cells(line: str) -> list[str]:
    """Return a string for each cell; the second one of a wide character is empty."""
    if line.isascii():
        return list(line)
    row: list[str] = []
    for char in line:
        size = wcwidth(char)
        row += [char, ""][:size]
        if not size:
            row[-1] += char
    return row


def rows(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if not line.startswith("  ") or line.startswith(("  hidden: ", "  未显示：", "  → ")):
            return
        yield line


def aligned(table: list[str]) -> None:
    """Check that every row is blank where the rule is: between two columns."""
    rule, *body = map(cells, table)
    between = [place for place, cell in enumerate(rule) if cell == " "]
    assert body
    for row in body:
        assert {row[place] for place in between if place < len(row)} <= {" "}, "".join(row)


def framed(grid: list[list[str]], top: int) -> None:
    """Check the right border of each box that begins on the line `top`: it goes straight down."""
    first = grid[top]
    for left in [place for place, cell in enumerate(first) if cell == "┌" and "┐" in first[place:]]:
        right = first.index("┐", left)
        for line in grid[top + 1 :]:
            assert "".join(line[right : right + 1]) in ("│", "┤", "┘"), "".join(line)
            if line[left] == "└":
                break


def seen(text: str) -> str:
    """Return a text as it must be shown, without blanks."""
    return re.sub(r"\s", "", escape(text))


LOOKS = pytest.mark.parametrize(("width", "color", "lang"), [(80, True, "en"), (200, False, "zh")])


@LOOKS
def test_the_walk(hostile: Hostile, program: Path, width: int, color: bool, lang: str) -> None:
    session = hostile(width=width, color=color)
    session.run(f"set gogdb lang {lang}")
    output = shown(session, "go-boot")
    assert seen(hostile_program.NAME) in output  # in the source of main.main
    assert seen(hostile_program.WORD.decode(errors="replace")) in output
    assert seen(str(program)) in output
    assert "✗" not in output
    for command in ("list", "show entry", "show args", "show add", "diff entry add", "quiz add 1"):
        shown(session, f"go-boot {command}")
    shown(session, "go-boot stop")
    shown(session, "go-boot step")
    for stage in ("args", "main-main"):
        shown(session, f"go-boot until {stage}")
    assert seen(hostile_program.NAME) in shown(session, "go-boot show")


@LOOKS
def test_pages_of_hostile_goroutines(hostile: Hostile, width: int, color: bool, lang: str) -> None:
    session = hostile(width=width, color=color)
    session.run(f"set gogdb lang {lang}")
    g = parked(session)
    name = seen(f"main.{hostile_program.NAME}")
    tag = seen(json.dumps(hostile_program.TAG))
    for command in (
        "go-stacks --all",
        "go-stacks --all --memory",
        "go-stacks --group",
        "go-stacks --all --expr",
    ):
        output = shown(session, command)
        if width > 80:  # else it is wrapped beside other columns
            assert name in output, command
            assert tag in output, command
    shown(session, "go-gmp --expr")
    assert f"g{g}" in shown(session, "go-gmp g --where hacked")
    shown(session, f"go-gobuf {g} 1")
    output = shown(session, f"go-boot follow {g} --full")
    assert seen("main.go") in output
    assert "✗" not in output


def test_json_of_hostile_strings(hostile: Hostile, program: Path, tmp_path: Path) -> None:
    """JSON holds the unchanged strings."""
    session = hostile()
    out = tmp_path / "out.json"

    def answer(command: str) -> Any:
        session.run(f"{command} --json --out {out}")
        text = out.read_text(encoding="utf-8")
        assert all(char.isprintable() or char == "\n" for char in text)
        answer = json.loads(text)
        assert list(schema(command).iter_errors(answer)) == []
        return answer

    walk = answer("go-boot")
    assert walk["binary"] == str(program)
    stage = next(stage for stage in walk["stages"] if stage["id"] == "main-main")
    assert stage["file"] == str(program.parent / "main.go")
    g = parked(session)
    (goroutine,) = answer(f"go-stacks {g}")["goroutines"]
    frames = [(frame["function"], frame["file"]) for frame in goroutine["frames"]]
    assert (f"main.{hostile_program.NAME}", str(program.parent / "main.go")) in frames
    assert ("main.elsewhere", f"/tmp/{hostile_program.NAME}/elsewhere.go") in frames
    for command in ("go-gmp", f"go-gobuf {g}", "go-stacks --group", "go-stacks --all --memory"):
        answer(command)
    assert answer(f"go-boot follow {g}")["summary"]["failed"] == 0


def test_reports_of_a_hostile_program(hostile: Hostile, tmp_path: Path) -> None:
    """tests/page opens such a report in a browser."""
    session = hostile()
    session.run("go-boot")
    for name in ("walk.html", "walk.md", "walk.json"):
        assert "written" in session.run(f"go-boot report {tmp_path}/{name}")
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert all(char.isprintable() or char == "\n" for char in text)
    page = Page((tmp_path / "walk.html").read_text(encoding="utf-8"))
    assert len(page.all("script")) == 2
    assert escape(hostile_program.NAME) in page.by_id("main-main").text


def test_errors_with_a_hostile_path(open_gdb: Open, tmp_path: Path) -> None:
    """Each error is one line, whatever the file is called."""
    other = shutil.copy(sys.executable, tmp_path / hostile_program.PLACE)
    session = open_gdb(width=0)
    file = f"file {shlex.quote(str(other))}"
    session.quietly(f"python gdb.execute({file!a})")
    wrong = f"{escape(str(other))} is not a Go program: gogdb reads Go programs only\n"
    for command in ("go-boot", "go-gmp", "go-gobuf", "go-stacks"):
        assert session.run(command) == wrong
    assert wrong in session.run("print $go_g(1)")


def test_path_that_is_not_utf8(open_gdb: Open, boot: Path, tmp_path: Path) -> None:
    """Neither the path nor the names of threads are valid UTF-8."""
    path = os.fsencode(tmp_path) + b"/\xffboot"
    shutil.copy(os.fsencode(boot), path)
    (tmp_path / "file.gdb").write_bytes(b"file " + path + b"\n")
    session = open_gdb()
    session.quietly(f"source {tmp_path}/file.gdb")
    assert "every claim held" in session.run("go-boot")
    assert session.run("go-gmp").startswith("━━ scheduler")
    out = tmp_path / "walk.json"
    session.run(f"go-boot report {out}")
    assert json.loads(out.read_text())["binary"] == os.fsdecode(path)
    for name in ("walk.html", "walk.md"):
        session.run(f"go-boot report {tmp_path}/{name}")
        assert "\\udcffboot" in (tmp_path / name).read_text(encoding="utf-8")


def test_sources_that_are_no_plain_files(open_gdb: Open, go: Go, tmp_path: Path) -> None:
    """What blocks, never ends or does not fit into memory is not read as a source file."""
    path = tmp_path / "source.go"
    source = shutil.copytree(paths.fixtures() / "boot", tmp_path / "boot")
    text = (source / "main.go").read_text(encoding="utf-8")
    (source / "main.go").write_text(text.replace("func main", f"//line {path}:7\nfunc main"))
    command = [str(go.path), "build", "-buildvcs=false", "-o", str(tmp_path / "program"), "."]
    subprocess.run(command, cwd=source, env=go.environment(), check=True)
    session = open_gdb(tmp_path / "program")

    os.mkfifo(path)
    card = session.run("go-boot until main-main --full")
    assert "source.go:7: the source cannot be read on this machine" in card
    session.run("python from gogdb.commands.session import session")
    read = (
        f"list(session().stopped().target.source({str(path)!r}, gdb.selected_frame().pc(), 7, 9))"
    )

    def endless() -> None:
        path.symlink_to("/proc/self/pagemap")

    def sparse() -> None:
        with path.open("wb") as file:
            file.truncate(200 << 30)

    for make in (endless, sparse):
        path.unlink()
        make()
        assert session.value(read) == "[]"
