"""Cores that lack memory: what they lack is said to be unreadable, and never shown as none or 0."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.builds import Compile
from tests.support.process import NotAllowedError, core_of, waiting_program
from tests.support.schema import schema
from tests.support.session import Open, Session

CoreOf = Callable[[str], Path]


@pytest.fixture
def program(compiled: Compile) -> Path:
    return compiled("parked")


@pytest.fixture
def make_core(program: Path, tmp_path: Path) -> CoreOf:
    """Return a function that makes a core with a coredump_filter, see core(5)."""

    def make_core(filter: str) -> Path:
        with waiting_program(program, tmp_path, "crash", [], core=True) as (process, _):
            Path(f"/proc/{process.pid}/coredump_filter").write_text(filter)
            try:
                return core_of(Path(), process, tmp_path)
            except (NotAllowedError, FileNotFoundError) as error:
                pytest.skip(f"the kernel writes no core here: {error}")

    return make_core


def answer(session: Session, command: str, out: Path) -> dict[str, Any]:
    assert session.run(f"{command} --json --out {out}") == ""
    answer: dict[str, Any] = json.loads(out.read_text())
    assert [*schema(command).iter_errors(answer)] == []
    return answer


def check_parts(answer: dict[str, Any]) -> None:
    """Check that a problem says why each empty list is empty."""
    parts = {problem["part"] for problem in answer["problems"]}
    assert "core" in parts
    for part in ("ps", "ms", "gs"):
        whole = answer[part] and not any(row["unreadable"] for row in answer[part])
        assert whole or part in parts or answer[part], part


def test_a_core_without_data_pages(
    open_gdb: Open, program: Path, make_core: CoreOf, tmp_path: Path
) -> None:
    session = open_gdb(program)
    session.run(f"core-file {make_core('0x10')}")
    scheduler = answer(session, "go-gmp", tmp_path / "out")
    check_parts(scheduler)
    assert (scheduler["gs"], scheduler["ms"], scheduler["ps"]) == ([], [], [])
    assert {scheduler["sched"][name] for name in ("gomaxprocs", "ncpu", "allglen")} == {None}
    assert scheduler["clock"] == {"now": None, "exact": False}
    page = session.run("go-gmp")
    for text in ("allgs cannot be read", "allm cannot be read", "allp cannot be read"):
        assert text in page
    assert "is empty" not in page
    assert "on allgs" not in page
    assert "coredump_filter" in page
    assert session.run("go-stacks 1").startswith("no goroutine 1 can be found: ")
    assert session.run("go-stacks").startswith("the goroutine of the selected thread cannot be ")


def test_a_core_that_is_cut_short(
    open_gdb: Open, program: Path, make_core: CoreOf, tmp_path: Path
) -> None:
    whole = make_core("0x33")
    cut = tmp_path / "cut"
    shutil.copy(whole, cut)
    with cut.open("r+b") as file:
        file.truncate(500 << 10)
    session = open_gdb(program)
    session.run(f"core-file {cut}")
    scheduler = answer(session, "go-gmp", tmp_path / "out")
    check_parts(scheduler)
    assert f"has {500 << 10} of {whole.stat().st_size} bytes" in scheduler["problems"][0]["why"]
    for command in ("go-stacks --all", "go-stacks --group"):
        assert answer(session, command, tmp_path / "out")["problems"] == scheduler["problems"]
    session.run(f"core-file {whole}")
    assert answer(session, "go-gmp", tmp_path / "out")["problems"] == []


def test_a_compressed_core(open_gdb: Open, program: Path, tmp_path: Path) -> None:
    core = tmp_path / "core.zst"
    core.write_bytes(b"\x28\xb5\x2f\xfd" + bytes(64))
    session = open_gdb(program)
    session.run(f"core-file {core}")
    assert "unpacked if it is compressed" in session.run("go-gmp")
