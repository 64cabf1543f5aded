"""go-symbols: GDB itself knows the names of a stripped program, and unwinds its stacks."""

from __future__ import annotations

import io
import json
import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gogdb.errors import GogdbError
from gogdb.inferior.arch.amd64 import AMD64
from gogdb.inferior.elf import ElfFile
from gogdb.launch import paths
from gogdb.launch.tools import Gdb, Go
from gogdb.runtime.function_name import linker_name, spellings
from gogdb.runtime.stripped.linked_functions import linked_functions
from gogdb.runtime.stripped.symbol_file import counts, line_file, symbol_file
from gogdb.runtime.stripped.symbol_list import list_symbols
from gogdb.runtime.stripped.table import RecoveredTable
from tests.support import gdb_log
from tests.support.builds import DEBUG, Builds, Built, Compile
from tests.support.gdb_command import execute, quiet
from tests.support.gdbserver import listening
from tests.support.output import error_line
from tests.support.parked import attach_to
from tests.support.places import PROGRAMS
from tests.support.process import NotAllowedError, core_of, waiting_program
from tests.support.schema import schema
from tests.support.session import Open, Session

STRIPPED = "-ldflags=-s -w"
KINDS = {"static": (), "PIE": ("-buildmode=pie",)}
ADDED = re.compile(r"GDB knows \d{4,} functions and \d\d variables of the runtime now")
SETTINGS = ("demangle-style", "pagination", "confirm", "width", "language", "print symbol")


@pytest.fixture
def stripped(compiled: Compile) -> Path:
    return compiled("parked", STRIPPED)


@pytest.fixture
def process(stripped: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A stripped program whose goroutines wait, and which may leave a core."""
    work = tmp_path / "process"
    work.mkdir()
    with waiting_program(stripped, work, "crash", [], core=True) as (process, _):
        yield process


@pytest.mark.parametrize("name", ["optimised", "pie", "cgo"])
def test_functions_are_those_of_the_symbol_table(built: Built, name: str) -> None:
    whole, bare = (ElfFile.open(str(built(name))) for _ in range(2))
    table = RecoveredTable(bare, AMD64)
    strings, symbols = list_symbols(table, linked_functions(table.functions.modules[0]))
    compared = 0
    for function in (symbol for symbol in symbols if symbol.is_function):
        end = strings.index(b"\0", function.name)
        ours = strings[function.name : end].decode()
        theirs = whole.at(function.address)
        assert theirs is not None, ours
        # Assembly without a wrapper: the tables do not have its ABI
        names = spellings(theirs.name) | spellings(theirs.name.removesuffix(".abi0"))
        assert linker_name(ours) in names
        assert function.address == theirs.address, ours
        if not ours.startswith("go:"):  # a mark of the linker, which has no code
            assert function.size == theirs.size, ours
        compared += 1
    assert compared > 1000


@pytest.mark.parametrize("seed", range(4))
def test_damaged_functions_cost_only_themselves(stripped: Path, seed: int) -> None:
    choice, data = random.Random(seed), bytearray(stripped.read_bytes())
    section = ElfFile(io.BytesIO(data)).section(".gopclntab")
    assert section is not None
    for _ in range(10 ** (seed + 1)):
        data[section.offset + choice.randrange(128, section.size)] = choice.randrange(256)
    table = RecoveredTable(ElfFile(io.BytesIO(data)), AMD64)
    for contents in symbol_file(table, AMD64)[0], line_file(table, AMD64):
        assert ElfFile(io.BytesIO(contents)).section(".gogdb")
    assert counts(table).functions > 0


def test_tables_without_functions(stripped: Path) -> None:
    table = RecoveredTable(ElfFile.open(str(stripped)), AMD64)
    table.functions.modules = ()
    with pytest.raises(GogdbError, match="are damaged: they have no functions"):
        counts(table)


def run(gdb: Gdb, program: Path, commands: list[str]) -> str:
    """Run GDB with gogdb on a program, and return what it prints."""
    options = [*quiet(gdb.path), "-x", paths.gdbinit(), *execute(commands), program]
    done = gdb_log.run(options)
    return done.stdout + done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_names_before_and_after_the_start(gdb: Gdb, compiled: Compile, kind: str) -> None:
    program = compiled("parked", STRIPPED, *KINDS[kind])
    output = run(
        gdb,
        program,
        [
            "go-symbols",
            "info address main.main",
            "break main.deep",
            "run",
            "bt 4",
            "info symbol $pc",
            "x/i $pc",
            "print &'runtime.allgs'",
            "kill",
        ],
    )
    assert ADDED.search(" ".join(output.split()))
    assert 'Symbol "main.main" is at ' in output
    assert "Breakpoint 1, " in output
    assert re.search(r"#0  0x\w+ in main\.deep \(\)\n#1  0x\w+ in main\.main", output)
    assert "main.deep in section .text of" in output
    assert re.search(r"=> 0x\w+ <main\.deep>:", output)
    assert re.search(r"\$\d+ = .* 0x\w+ <runtime\.allgs>", output)


def pcs(backtrace: str) -> list[str]:
    """Return the pcs of the frames in a backtrace without lines."""
    return [f"{int(pc, 16):#x}" for pc in re.findall(r"^#\d+ +(0x[0-9a-f]+) in ", backtrace, re.M)]


@pytest.mark.parametrize(
    "place", ["main.deep", "runtime.mallocgc", "runtime.schedule", "runtime.futex"]
)
def test_gdb_unwinds_as_the_program_does(open_gdb: Open, stripped: Path, place: str) -> None:
    session = open_gdb(stripped)
    session.run("go-symbols")
    session.run(f"break {place}")
    session.run("run")
    for step in ("stepi", "stepi 4", "stepi 7"):
        session.run(step)
        stack = json.loads(session.run("go-stacks --json"))["goroutines"][0]
        ours = [frame["pc"] for frame in stack["frames"] if not frame["inlined"]]
        assert ours
        if stack["frames"][0]["function"] == "runtime.morestack":  # the goroutine is preempted
            ours = ours[:1]  # GDB's stack ends where the function may have left it
        backtrace = session.run("bt")
        assert pcs(backtrace)[: len(ours)] == ours
        assert "?? ()" not in backtrace


def test_gdb_unwinds_through_a_signal(open_gdb: Open, stripped: Path) -> None:
    session = open_gdb(stripped)
    session.run("go-symbols")
    session.run("break main.deep")
    session.run("run")
    session.run("delete 1")
    if "sigreturn__sigaction" not in session.run("info functions sigreturn"):
        pytest.skip("GDB does not know the frame of a signal by the name that it has in Go 1.19")
    session.run("break runtime.sighandler")
    session.run("set scheduler-locking on")  # sysmon sends other threads a SIGURG as well
    session.run("signal SIGURG")
    functions = re.findall(r"^#\d+ +.*?([\w.]+ \(\)|<.*>)$", session.run("bt"), re.M)
    at = functions.index("<signal handler called>")
    assert functions[at - 1] == "runtime.sigtramp ()"
    assert functions[at + 1] == "main.deep ()"


def answers(session: Session) -> list[Any]:
    """Return what gogdb reads of a program that stands."""
    commands = ("go-gmp --json", "go-stacks --all --system --memory --json", "go-gobuf g0 1 --json")
    return [{**json.loads(session.run(command)), "clock": None} for command in commands]


def test_gogdb_reads_the_same_and_changes_nothing(
    process: subprocess.Popen[bytes], open_gdb: Open, stripped: Path
) -> None:
    beside = sorted(os.listdir(stripped.parent))
    session = open_gdb(stripped)
    attach_to(session, process.pid)
    settings = [session.run(f"show {name}") for name in SETTINGS]
    before = answers(session)
    assert ADDED.search(" ".join(session.run("go-symbols").split()))
    assert answers(session) == before
    assert "It knows the lines" in session.run("go-symbols --lines")
    assert answers(session) == before
    assert "?? ()" not in session.run("frame")  # in whichever function it has stopped
    assert "on already" in session.run("go-symbols")
    assert error_line(session.run("go-symbols off --lines")).endswith(": leave out --lines")
    assert "GDB has the symbols no longer" in session.run("go-symbols off")
    assert answers(session) == before
    assert "?? ()" in session.run("frame")
    assert "there is nothing to undo" in session.run("go-symbols off")
    assert [session.run(f"show {name}") for name in SETTINGS] == settings
    assert sorted(os.listdir(stripped.parent)) == beside


@pytest.mark.parametrize("kind", KINDS)
def test_off_keeps_breakpoints_displays_and_the_frame(
    open_gdb: Open, compiled: Compile, kind: str
) -> None:
    session = open_gdb(compiled("parked", STRIPPED, *KINDS[kind]))
    session.run("set breakpoint pending on")
    session.run("break main.receives")
    session.run("go-symbols")
    session.run("break main.deep if $rsp != 0")
    session.run("disable 1")
    session.run("display/x $rsp")
    session.run("run")
    session.run("up")
    frame = session.value("gdb.selected_frame().pc()")
    answer = json.loads(session.run("go-symbols off --json"))
    assert schema("go-symbols").is_valid(answer)
    assert (answer["state"], answer["breakpoints"]) == ("removed", [2])
    assert answer["pending"] == ([2] if kind == "PIE" else [])
    assert session.value("gdb.selected_frame().pc()") == frame
    listed = session.run("info breakpoints")
    assert re.search(r"^1 +breakpoint +keep n ", listed, re.M)
    assert re.search(r"^2 +breakpoint +keep y ", listed, re.M)
    assert "$rsp != 0" in listed
    assert "/x $rsp" in session.run("info display")
    session.run("go-symbols")
    assert re.search(
        r"^2 +breakpoint +keep y .*<main\.deep\+?\d*>", session.run("info breakpoints"), re.M
    )
    assert "main.deep" in session.run("continue")


def test_off_does_not_read_another_program(gdb: Gdb, compiled: Compile, tmp_path: Path) -> None:
    program = tmp_path / "program"
    first, other = (compiled("parked", f"{STRIPPED} -B {id}") for id in ("0x1234", "0x5678"))
    shutil.copy(first, program)
    commands = [
        "go-symbols",
        f"shell cp {other} {program}.new && mv {program}.new {program}",
        "go-symbols off",
        "info address main.main",
    ]
    output = run(gdb, program, commands)
    assert "is not the file any more that GDB has read" in " ".join(output.split())
    assert 'Symbol "main.main" is at ' in output


def test_core_file(
    gdb: Gdb, open_gdb: Open, process: subprocess.Popen[bytes], stripped: Path, tmp_path: Path
) -> None:
    try:
        core = core_of(gdb.path, process, tmp_path / "process")
    except NotAllowedError as error:
        pytest.skip(str(error))
    session = open_gdb(stripped)
    session.run(f"core-file {core}")
    session.run("go-symbols")
    assert "runtime." in session.run("bt 1")
    assert "runtime.sched" in session.run("info symbol &'runtime.sched'")
    session.run("go-symbols off")
    assert "??" in session.run("bt 1")


def test_gdbserver(open_gdb: Open, gdbserver: Path, stripped: Path) -> None:
    with listening(gdbserver, "--once", "localhost:0", stripped) as (_, port):
        session = open_gdb(stripped)
        session.run(f"target remote localhost:{port}")
        session.run("go-symbols")
        session.run("break main.deep")
        assert "main.deep" in session.run("continue")
        assert "main.main" in session.run("bt")
        session.run("go-symbols off")
        assert "main.main" not in session.run("bt")
        session.run("kill", "y")


@pytest.mark.parametrize("kind", KINDS)
def test_lines(gdb: Gdb, compiled: Compile, kind: str) -> None:
    text = (PROGRAMS / "parked" / "main.go").read_text().splitlines()
    called, calls = (
        next(number for number, line in enumerate(text, 1) if part in line)
        for part in ("return deep(n-1)", "deep(10)")
    )
    program = compiled("parked", *DEBUG, STRIPPED, *KINDS[kind])
    output = run(
        gdb,
        program,
        [
            "go-symbols --lines",
            "info line main.receives",
            f"break main.go:{called}",
            "run",
            "bt",
            "list",
            "up",
            "info line runtime.gopark",
            "kill",
        ],
    )
    receives = text.index("func receives() { <-never }") + 1
    assert re.search(
        rf'Line {receives} of ".*main\.go" starts at address .* <main\.receives>', output
    )
    assert re.search(rf"Breakpoint 1 at 0x\w+: file .*main\.go, line {called}\.", output)
    assert re.search(rf"#0 +main\.deep \(\) at .*main\.go:{called}\n", output)
    assert re.search(rf"#1 +0x\w+ in main\.main\.func\d+ \(\) at .*main\.go:{calls}\n", output)
    assert f"{called}\t\treturn deep(n-1) + 1\n" in output
    assert re.search(r'Line \d+ of ".*runtime/proc\.go" starts at .* <runtime\.gopark>', output)


def test_cgo(gdb: Gdb, built: Built, tmp_path: Path) -> None:
    if not (strip := shutil.which("strip")):
        pytest.skip("no strip: apt install binutils")
    program = tmp_path / "program"
    subprocess.run([strip, "-s", "-o", program, built("cgo")], check=True)
    output = run(gdb, program, ["go-symbols", "break main.main", "run", "bt", "kill"])
    assert re.search(r"#0  0x\w+ in main\.main \(\)\n", output)


def test_program_with_a_symbol_table(gdb: Gdb, go: Go, builds: Builds) -> None:
    program = builds.fixture("boot", go)
    output = run(gdb, program, ["go-symbols", "go-symbols off", "go-symbols --json"])
    lines = " ".join(output.split())
    assert "has a symbol table, which GDB has read: there is nothing to add" in lines
    assert "there is nothing to undo" in lines
    assert '"state": "not needed"' in lines


def test_program_that_is_run_again(open_gdb: Open, compiled: Compile) -> None:
    """A PIE is moved to another place; breakpoints by name move with it."""
    session = open_gdb(compiled("parked", STRIPPED, *KINDS["PIE"]))
    session.run("set disable-randomization off")
    session.run("go-symbols")
    session.run("break main.deep")
    for _ in range(2):
        assert "main.deep" in session.run("run")
        assert re.search(r"#1  0x\w+ in main\.main", session.run("bt"))
        session.run("kill", "y")
