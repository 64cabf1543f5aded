"""What gogdb expects of a Go release, and programs that say to be of a newer one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gogdb.inferior.elf import ElfFile
from gogdb.inferior.symbols import ElfSymbols
from gogdb.runtime import goversion
from gogdb.runtime.symbols import RUNTIME_SYMBOLS, Kind, RuntimeSymbols
from tests.support.builds import Compile
from tests.support.session import Open, Session

NEWER = "go1.88"
# Functions of programs with cgo alone, of those with the race detector, and with coroutines
NOT_IN_ALL = {"runtime.cgocallback", "runtime.racecallbackthunk", "runtime.corostart"}


def newer(program: Path, directory: Path) -> Path:
    """Return a copy of a program that says that Go 1.88 built it."""
    version = ElfFile.open(str(program)).go_version()
    patched = NEWER + version.removeprefix("go1.")[2:]
    assert len(patched) == len(version)
    copy = directory / program.name
    copy.write_bytes(program.read_bytes().replace(version.encode(), patched.encode()))
    copy.chmod(0o755)
    assert ElfFile.open(str(copy)).go_version() == patched
    return copy


def at_main(session: Session) -> Session:
    session.run("break main.main")
    session.run("run")
    return session


def test_the_program_has_every_runtime_symbol(compiled: Compile) -> None:
    """After a new Go release this names the variables and functions that it renamed."""
    program = compiled("workers")
    elf = ElfFile.open(str(program))
    release = goversion.parse(elf.go_version())
    assert release is not None
    expected = [s for s in RUNTIME_SYMBOLS if s.older_name or (s.since or 0) <= release.minor]
    missing = RuntimeSymbols(ElfSymbols(elf, slide=0)).missing()
    assert [symbol.name for symbol in missing if symbol in expected] == []
    # Inlined functions have no symbol, but a name in the pclntab
    names = set(program.read_bytes().split(b"\0"))
    frames = {s.name for s in expected if s.kind is Kind.FRAME and s.name not in NOT_IN_ALL}
    assert {name for name in frames if name.encode() not in names} == set()


@pytest.mark.parametrize("flags", [(), ("-ldflags=-w",)], ids=["debug information", "without"])
def test_a_newer_go_is_warned_about_once(
    open_gdb: Open, compiled: Compile, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    session = open_gdb(newer(compiled("workers", *flags), tmp_path))
    first = session.run("go-gmp sched")
    assert re.fullmatch(
        rf"warning: {NEWER} is newer than go1\.\d+, the newest Go that gogdb is tested with\n"
        r"the program is not running: .*\n",
        first,
    )
    at_main(session)
    for command in ("go-gmp", "go-stacks 1", "go-gobuf 1"):
        assert "warning" not in session.run(command)


def test_a_newer_go_without_debug_information_is_read_by_a_guessed_layout(
    open_gdb: Open, compiled: Compile, tmp_path: Path
) -> None:
    program = compiled("workers", "-ldflags=-w")
    session = at_main(open_gdb(newer(program, tmp_path)))
    file = tmp_path / "answer.json"
    assert session.run(f"go-gmp --json --out {file}").startswith("warning: ")
    answer = json.loads(file.read_text())
    sched = answer["sched"]
    assert (sched["maxmcount"], sched["gomaxprocs"], sched["runq"]) == (10000, 2, [])
    assert sched["mnext"] - sched["nmfreed"] == len(answer["ms"])
    assert (sched["nmidle"], sched["npidle"]) == (len(sched["midle"]), len(sched["pidle"]))
    assert sched["goidgen"] >= max(g["goid"] for g in answer["gs"])
    assert f"the layout of runtime.schedt in {NEWER}" in session.run("go-gmp sched")


def test_a_newer_go_can_be_walked(open_gdb: Open, compiled: Compile, tmp_path: Path) -> None:
    session = open_gdb(newer(compiled("workers", "-ldflags=-w"), tmp_path))
    session.run("go-boot until main-main")
    marks = re.findall(r"^ +([✓✗►–]?) +\d+ +[\w-]+ ", session.run("go-boot list"), re.M)
    assert marks == ["✓"] * 26 + ["►", ""]
