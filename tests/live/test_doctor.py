"""`gogdb doctor PROGRAM`: what can be read of a program, of a process and of a core file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from gogdb.cli import main
from gogdb.inferior.elf import ElfFile
from gogdb.launch.tools import Gdb
from tests.support.builds import Built
from tests.support.process import NotAllowedError, core_of, running, waiting_program


class Report(NamedTuple):
    """What `gogdb doctor` has printed, by verdict, and its exit status."""

    status: int
    lines: dict[str, list[str]]

    def says(self, verdict: str, pattern: str) -> bool:
        return any(re.search(pattern, line) for line in self.lines.get(verdict, ()))


Doctor = Callable[..., Report]


@pytest.fixture
def doctor(gdb: Gdb, capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Run `gogdb doctor`."""

    def doctor(*words: object) -> Report:
        status = main(["doctor", "--gdb", str(gdb.path), *map(str, words)])
        lines: dict[str, list[str]] = {}
        for line in capsys.readouterr().out.splitlines():
            lines.setdefault(line[:8].strip(), []).append(line[8:])
        return Report(status, lines)

    return doctor


def test_program_with_everything(doctor: Doctor, built: Built) -> None:
    program = built("-N -l")
    report = doctor(program)
    assert (report.status, list(report.lines)) == (0, ["ok"]), report
    version = ElfFile.open(str(program)).go_version()
    assert report.says("ok", rf'^{program}: {version}, amd64, .*-gcflags="-N -l"$')
    for source in ("debug information: in the program", "symbol table: in the program"):
        assert report.says("ok", f"^{source}$")
    assert report.says("ok", r"^structs by debug information: g, m, p, moduledata, sudog, mspan$")
    assert report.says("ok", r"^\d,\d{3} functions, with files and lines: pclntab$")


@pytest.mark.parametrize("name", ["-s -w", "-s -w pie"])
def test_stripped_program(doctor: Doctor, built: Built, name: str) -> None:
    report = doctor(built(name))
    assert report.status == 0
    assert report.says("note", "^no debug information .*: GDB knows no types")
    assert report.says("note", "^no symbol table .*: variables are looked for in the code")
    assert report.says("ok", "^structs by type descriptors: g, m, p, moduledata, sudog, mspan$")
    assert report.says("ok", r"^runtime\.schedt: the layout of go1\.\d+, ")
    assert report.says("ok", r"^runtime\.allgs: by the code of allgadd, forEachG$")
    assert not report.says("note", r"no (layout of )?runtime\.")


def test_process_goes_on(doctor: Doctor, built: Built) -> None:
    program = built("-s -w")
    with running(program, "stand", "3") as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        report = doctor("-p", process.pid, program)
        assert report.status == 0, report
        assert report.says(
            "ok", r"^memory confirms allglen, allgptr, allgs, allm, allp, .*, sched$"
        )
        assert report.says("ok", r"^\d+ gs on allgs, 0 of them unreadable; \d+ Ms, \d+ Ps; \d+ thr")
        assert process.poll() is None
        state = Path(f"/proc/{process.pid}/status").read_text()
        assert "TracerPid:\t0\n" in state
        assert re.search(r"^State:\t[SR]", state, re.M)


def test_core_of_another_program(doctor: Doctor, gdb: Gdb, built: Built, tmp_path: Path) -> None:
    program = built("-s -w")
    with waiting_program(program, tmp_path, "crash", ["stand", "3"], core=True) as (process, _):
        try:
            core = core_of(gdb.path, process, tmp_path)
        except NotAllowedError as error:
            pytest.skip(f"this machine does not allow {error}")
    assert doctor("--core", core, program).says("ok", "^memory confirms ")
    report = doctor("--core", core, built("optimised"))
    assert (report.status, list(report.lines)) == (1, ["not ok"])
    assert report.says("not ok", "is not the program that left the core")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["-p", str(2**22 + 1)], "process 4194305: ptrace: No such process"),
        (["/bin/ls"], "/ls is not a Go program: gogdb reads Go programs only"),
        ([__file__], "is not an ELF file"),
    ],
)
def test_what_is_no_program(
    gdb: Gdb, capsys: pytest.CaptureFixture[str], words: list[str], reason: str
) -> None:
    assert main(["doctor", "--gdb", str(gdb.path), *words]) == 1
    report = capsys.readouterr()
    assert reason in report.out + report.err
    assert len((report.out + report.err).splitlines()) == 1
