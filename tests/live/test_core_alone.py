"""Cores that GDB is given without their program, which may have no symbol table."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from gogdb.inferior.build import build_id
from gogdb.inferior.elf import ElfFile
from gogdb.launch.tools import Go
from tests.support.builds import Builds
from tests.support.output import error_line
from tests.support.process import NotAllowedError, core_of, waiting_program
from tests.support.session import Open, Session

STRIPPED = ("-ldflags=-s -w",)
FILES = "0x37"  # a coredump_filter with the pages of files that the program does not write


@pytest.fixture(params=[STRIPPED, (*STRIPPED, "-buildmode=pie")], ids=["static", "pie"])
def program(builds: Builds, either_go: Go, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of the parked program, which a test may move."""
    return Path(shutil.copy(builds.program("parked", either_go, request.param), tmp_path / "prog"))


def core_left_by(program: Path, coredump_filter: str) -> Path:
    """Let a program leave a core in a directory of its own."""
    work = program.parent / "work"
    work.mkdir()
    with waiting_program(program, work, "crash", core=True) as (process, _):
        Path(f"/proc/{process.pid}/coredump_filter").write_text(coredump_filter)
        try:
            return core_of(Path(), process, work)
        except (NotAllowedError, FileNotFoundError) as error:
            pytest.skip(f"the kernel writes no core here: {error}")


def answer(session: Session, out: Path) -> list[Any]:
    """Return what commands say of a core."""
    answers = []
    for command in ("go-gmp", "go-stacks --all", "go-stacks --system", "go-gobuf g0"):
        assert session.run(f"{command} --json --out {out}") == ""
        answers.append(json.loads(out.read_text()))
    return [*answers, session.run("p $go_goid()")]


def test_program_that_is_where_it_was(open_gdb: Open, program: Path, tmp_path: Path) -> None:
    core = core_left_by(program, "0x33")
    named, alone = open_gdb(program), open_gdb()
    for session in (named, alone):
        session.run(f"core-file {core}")
    expected = answer(named, tmp_path / "out")
    assert any(g["where"]["function"] == "main.receives" for g in expected[0]["gs"])
    assert answer(alone, tmp_path / "out") == expected


def test_core_that_has_its_program(open_gdb: Open, program: Path, tmp_path: Path) -> None:
    core = core_left_by(program, FILES)
    named, alone = open_gdb(program), open_gdb()
    named.run(f"core-file {core}")
    expected = answer(named, tmp_path / "out")
    program.unlink()
    alone.run(f"core-file {core}")
    assert answer(alone, tmp_path / "out") == expected


def test_core_that_lacks_its_program(open_gdb: Open, program: Path, tmp_path: Path) -> None:
    core = core_left_by(program, "0x33")
    elf = ElfFile.open(str(program))
    gnu = build_id(elf)
    program.rename(tmp_path / "elsewhere")
    session = open_gdb()
    session.run(f"core-file {core}")
    left = f"{program} ({f'GNU build id {gnu}' if gnu else 'Go build id '}"
    for command in ("go-gmp", "go-stacks --all --json", "go-gobuf g0", "p $go_goid()"):
        line = error_line(session.run(command))
        assert line.startswith(left)
        assert line.endswith(
            ") left the core, which has its data, but not its code and read-only data: name the "
            "program with `file`; after `echo 0x37 > /proc/PID/coredump_filter` a core has all of "
            "it"
        )
    shutil.copy("/bin/true", program)
    assert "read-only data, and the file there now is another one: " in session.run("go-gmp")
    session.run(f"file {tmp_path}/elsewhere")
    assert '"main.receives"' in session.run("go-gmp g --json")


def test_core_without_pages_of_files(open_gdb: Open, program: Path) -> None:
    core = core_left_by(program, "0x03")
    program.unlink()
    session = open_gdb()
    session.run(f"core-file {core}")
    assert error_line(session.run("go-gmp")).startswith(
        f"{program} left the core, which lacks its headers: name the program with `file`; "
    )
