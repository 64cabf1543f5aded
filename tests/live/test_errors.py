"""User errors: one line that says what to do, never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gogdb.inferior.elf import ElfFile
from tests.support.boot_pages import stages
from tests.support.output import error_line
from tests.support.session import Open, Session

COMMANDS = ("go-boot", "go-boot step", "go-boot list", "go-gmp", "go-gobuf", "go-stacks --all")
E_MACHINE = 18  # offset in the ELF header
EM_AARCH64 = 183


@pytest.fixture(scope="module")
def empty(share_gdb: Open) -> Session:
    """A GDB without a program."""
    return share_gdb()


@pytest.fixture(scope="module")
def idle(share_gdb: Open, boot: Path) -> Session:
    """A GDB with a program that does not run."""
    return share_gdb(boot)


@pytest.fixture(scope="module")
def at_main(share_gdb: Open, boot: Path) -> Session:
    """A GDB with a program that stands at main.main."""
    session = share_gdb(boot)
    session.run("go-boot until main-main")
    return session


@pytest.mark.parametrize("command", COMMANDS)
def test_no_program(empty: Session, command: str) -> None:
    assert error_line(empty.run(command)).startswith("no program: name one with `file PROGRAM`")


@pytest.mark.parametrize("command", ["go-gmp", "go-gobuf", "go-gobuf g0", "go-stacks --all"])
def test_not_running(booting: Session, command: str) -> None:
    assert error_line(booting.run(command)).startswith("the program is not running: `run`")
    booting.finish("run")
    assert error_line(booting.run(command)).startswith("the program is not running: `run`")


def test_c_program(open_gdb: Open, tmp_path: Path) -> None:
    program = tmp_path / "true"
    shutil.copy(shutil.which("true") or "/bin/true", program)
    session = open_gdb(program)
    for command in COMMANDS:
        output = error_line(session.run(command))
        assert output.startswith(f"{program} is not a Go program: "), command


def test_running_c_program(open_gdb: Open, tmp_path: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no gcc: apt install gcc libc6-dev")
    source, program = tmp_path / "c.c", tmp_path / "c"
    source.write_text("int main(void) { return 0; }\n")
    subprocess.run([compiler, "-g", "-o", program, source], check=True)
    session = open_gdb(program)
    session.run("start")
    for command in COMMANDS:
        assert "is not a Go program" in error_line(session.run(command))


def test_program_for_another_processor(open_gdb: Open, boot: Path, tmp_path: Path) -> None:
    program = tmp_path / "arm"
    image = bytearray(boot.read_bytes())
    image[E_MACHINE : E_MACHINE + 2] = EM_AARCH64.to_bytes(2, "little")
    program.write_bytes(image)
    session = open_gdb()
    session.run(f"file {program}")  # which GDB itself may refuse
    output = error_line(session.run("go-boot"))
    assert "amd64" in output or output.startswith("no program: ")


def test_program_without_tables_of_functions(
    open_gdb: Open, build: Callable[..., Path], tmp_path: Path
) -> None:
    program = Path(shutil.copy(build("boot", ("-ldflags=-s -w",)), tmp_path))
    table = ElfFile.open(str(program)).section(".gopclntab")
    assert table is not None
    image = bytearray(program.read_bytes())
    image[table.offset : table.offset + 8] = bytes(8)
    program.write_bytes(image)
    session = open_gdb(program)
    for command in ("go-boot", "go-boot list"):
        output = error_line(session.run(command))
        assert output.startswith(
            f"{program} has no symbol table, and no Go runtime was found in it"
        )


def test_deleted_program(open_gdb: Open, boot: Path, tmp_path: Path) -> None:
    program = Path(shutil.copy(boot, tmp_path))
    session = open_gdb(program)
    session.run("go-boot until gogo")
    program.unlink()
    assert stages(session.run("go-boot step")) == ["gogo-sp"]  # the process still has its file
    session.run("kill", "y")
    assert error_line(session.run("go-boot step")) == (
        f"cannot open {program}: No such file or directory"
    )


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("go-boot until gogos", "no stage 'gogos' among 1 to 28: did you mean gogo"),
        ("go-boot unti 3", "go-boot: no verb 'unti': did you mean until?"),
        ("go-boot nonsense", "go-boot: no verb 'nonsense': there are step, predict, until, try,"),
        ("go-gmp x", "go-gmp: no part 'x': there are sched, p, m, g"),
        ("go-boot until shedinit", "no stage 'shedinit' among 1 to 28: did you mean schedinit"),
        ("go-boot until 29", "no stage '29' among 1 to 28: `go-boot list` shows them all"),
        ("go-boot until m", "m is short for "),
        ("go-boot until", "go-boot: wrong number of arguments: the usage is `go-boot until STAGE`"),
        (
            "go-boot diff entry",
            "go-boot: wrong number of arguments: the usage is `go-boot diff A B`",
        ),
        ("go-boot step on", "go-boot: wrong number of arguments: the usage is `go-boot step`"),
        ("go-boot run", "go-boot: "),
        ("go-boot --jsno", "go-boot: "),
        ("go-boot show 'entry", "go-boot: No closing quotation: close the quotes"),
        ("go-boot --out", "go-boot: "),
        ("go-boot show entry", "stage 1, entry, has not been reached: "),
        ("go-boot diff entry add", "stage 1, entry, has not been reached: "),
        ("go-boot stop", "no walk is under way: "),
        ("go-boot report /tmp/x.json", "nothing is recorded yet: "),
        ("go-boot report walk.doc", "cannot write a report as walk.doc: "),
        ("go-boot list --out /nowhere/at/all", "cannot write /nowhere/at/all: No such file"),
        ("go-gmp x", "go-gmp: "),
        ("go-gmp --limit many", "go-gmp: "),
        ("go-stacks --frames", "go-stacks: "),
        ("go-boot help --json", "the help is not available as JSON: leave out --json"),
    ],
)
def test_wrong_arguments(idle: Session, command: str, output: str) -> None:
    assert error_line(idle.run(command)).startswith(output)
    assert idle.run("info breakpoints").startswith("No breakpoints")


@pytest.mark.parametrize(
    "command",
    [
        "go-gobuf 4711",
        "go-gobuf m9.g0",
        "go-gobuf 0x1234",
        "go-gobuf nobody",
        "go-stacks 4711",
        "go-gmp --status sleepy",
        "go-stacks --all --status sleepy",
        "go-gmp --out /nowhere/at/all",
        "go-stacks --all --out /nowhere/at/all",
    ],
)
def test_wrong_arguments_while_running(at_main: Session, command: str) -> None:
    error_line(at_main.run(command))


def test_unwritable_output_file(booting: Session) -> None:
    """The file is opened first, so that no walk is lost."""
    assert error_line(booting.run("go-boot --out /nowhere/at/all")).startswith(
        "cannot write /nowhere"
    )
    assert "28 of 28 stages seen" in booting.run("go-boot")


def test_core_cannot_be_walked(open_gdb: Open, boot: Path, tmp_path: Path) -> None:
    session = open_gdb(boot)
    session.run("go-boot until main-main")
    session.run(f"generate-core-file {tmp_path}/core")
    other = open_gdb(boot)
    other.run(f"core-file {tmp_path}/core")
    for command in ("go-boot step", "go-boot until malg", "go-boot"):
        output = error_line(other.run(command))
        assert output == "a core file cannot be run: `go-gmp` and `go-stacks` read it"
    assert "main.main" in other.run("go-stacks 1")


def test_program_that_cannot_run(open_gdb: Open, boot: Path, tmp_path: Path) -> None:
    program = Path(shutil.copy(boot, tmp_path))
    session = open_gdb(program)
    session.quietly("set exec-wrapper /nowhere/at/all")
    session.quietly("set startup-with-shell off")
    session.quietly("set confirm off")
    output = session.run("go-boot")
    assert "Traceback" not in output
    assert (
        output.rstrip("\n").split("\n")[-1].startswith("the program did not reach its entry point")
    )
    assert session.run("info breakpoints").startswith("No breakpoints")
    assert os.access(program, os.X_OK)


@pytest.mark.parametrize(
    "command",
    [
        "go-stacks {}",
        "go-gobuf m{}.g0",
        "go-gmp --limit {}",
        'print $go_g("{}")',
        'print $go_m("{}")',
    ],
)
def test_numbers_of_thousands_of_digits(at_main: Session, command: str) -> None:
    """Python does not convert them; the message does not repeat them all."""
    assert len(error_line(at_main.run(command.format("1" * 5000)))) < 700


def test_walk_in_reverse(open_gdb: Open, boot: Path) -> None:
    session = open_gdb(boot)
    session.run("starti")
    session.run("record full")
    session.run("stepi 3")
    session.run("set exec-direction reverse")
    for command in ("go-boot step", "go-boot until schedinit"):
        assert error_line(session.run(command)) == (
            "go-boot runs the program forward: use `set exec-direction forward`"
        )
    session.run("set exec-direction forward")
    assert "/28 · " in session.run("go-boot step")


def test_string_in_another_language(at_main: Session) -> None:
    """GDB 13 crashes when Python asks for the text of such a type."""
    at_main.quietly("set language pascal")
    message = error_line(at_main.run('print $go_g("\\377")'))
    at_main.quietly("set language auto")
    assert message.endswith(" is not a name: give a number or a string")


@pytest.mark.parametrize(
    "error", ["gdb.error('Warning:\\nCannot insert breakpoint -2.')", "SystemError('Warning:')"]
)
@pytest.mark.parametrize("command", ["go-gmp m", "go-stacks --all", "p $go_curg()"])
def test_error_of_gdb_in_a_command(booting: Session, command: str, error: str) -> None:
    """GDB loses the process in the middle of a command, for instance when that executes another."""
    booting.run("go-boot until schedinit")
    booting.quietly("python from gogdb.runtime.program import Program")
    booting.quietly(f"python def lost(*arguments, **options): raise {error}")
    booting.quietly("python Program.read = Program.current_g = lost")
    output = error_line(booting.run(command))
    assert output.startswith("GDB could not go on: Warning:")
    assert output.endswith(": `info inferiors` shows what it has")


def test_gdb_that_starts_no_program_any_more(booting: Session) -> None:
    """GDB's `run` ends without an event: go-boot must not wait for the program."""
    booting.run("starti")
    booting.quietly("python from gogdb.gdbhost.debugger import GdbDebugger")
    booting.quietly("python run = GdbDebugger._execute")
    booting.quietly("python GdbDebugger._execute = lambda self, command: (None, '')")
    booting.run("break main.main")
    booting.run("continue")
    output = booting.run("go-boot", "y").rstrip("\n").split("\n")[-1]
    assert output.startswith("GDB says `No unwaited-for children left`")
    assert output.endswith(": start GDB anew")
    assert booting.run("info inferiors").count("<null>") == 1
    assert "breakpoint already hit 1 time" in booting.run("info breakpoints")
    booting.quietly("python GdbDebugger._execute = run")
    assert "1/28 · entry" in booting.run("go-boot step")


def test_walk_in_a_stop_method(open_gdb: Open, boot: Path, tmp_path: Path) -> None:
    """GDB 13 crashes when its program is resumed there."""
    script = tmp_path / "stop.py"
    script.write_text(
        "class Walks(gdb.Breakpoint):\n"
        "    def stop(self):\n"
        "        for command in ('go-boot step', 'go-boot', 'go-boot follow 1'):\n"
        "            try:\n"
        "                gdb.execute(command)\n"
        "            except gdb.error as error:\n"
        "                print(error)\n"
        "        return True\n"
        "Walks('main.main')\n"
    )
    session = open_gdb(boot)
    session.run(f"source {script}")
    output = session.run("run")
    assert output.count("the program is running: `interrupt` stops it") == 3
    gs = json.loads(session.run("go-gmp g --json"))["gs"]
    assert [g["status"] for g in gs if g["goid"] == 1] == ["running"]


def test_a_long_error_is_broken_between_words_where_a_person_types(open_gdb: Open) -> None:
    session = open_gdb(width=60)
    whole = error_line(session.run("go-gmp"))
    assert len(whole) > session.width
    session.run("set editing on")  # echoes what is typed
    lines = session.run("go-gmp").splitlines()
    at = next(number for number, line in enumerate(lines) if "no program" in line)
    assert " ".join(lines[at:]).endswith(whole)
    assert lines[-1] == "`gogdb PROGRAM`"  # a command stays whole
    assert all(len(line) <= session.width for line in lines[at:])
