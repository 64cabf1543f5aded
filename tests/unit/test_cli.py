"""The command `gogdb`, up to the point where it becomes GDB."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from gogdb import __version__
from gogdb.cli import main
from gogdb.launch import debugger, next_steps, paths
from gogdb.launch.tools import Gdb
from tests.support import fake_tools


class StartedError(Exception):
    """Raised instead of becoming GDB."""


@pytest.fixture
def program(tmp_path: Path) -> str:
    return str(fake_tools.program(tmp_path / "program", ""))


@pytest.fixture
def gdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    def start(command: list[str]) -> None:
        raise StartedError(command)

    monkeypatch.setattr(debugger, "start", start)
    path = str(fake_tools.gdb(tmp_path / "gdb"))
    monkeypatch.setenv("GOGDB_GDB", path)
    monkeypatch.setenv("GOGDB_GO", str(fake_tools.go(tmp_path / "go")))
    return path


def command(*words: str) -> list[str]:
    """Return the command line that `gogdb` would become."""
    with pytest.raises(StartedError) as started:
        main(words)
    (line,) = started.value.args
    return list(line)


def usage(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return the one line of a wrong usage, which has exit status 2."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    output = capsys.readouterr().err
    assert output.count("\n") == 1
    return output.strip()


def failure(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return the one line of a failure, which has exit status 1."""
    assert main(words) == 1
    output = capsys.readouterr().err
    assert output.count("\n") == 1
    return output.strip()


def test_a_program_with_arguments(gdb: str, program: str) -> None:
    script = str(paths.gdbinit())
    before = ["-ix", str(paths.before_program())]
    quiet = [gdb, "-q", "-iex", "set debuginfod enabled off", *before, "-x", script]
    note = ["-ex", "python import gogdb.commands; gogdb.commands.note_program()"]
    arguments = ["--core", "-x", "demo"]
    assert command(program, *arguments) == [*quiet, *note, "--args", program, *arguments]


def test_options_before_and_after_the_program(gdb: str, program: str, tmp_path: Path) -> None:
    other = str(fake_tools.gdb(tmp_path / "other"))
    assert command("--gdb", other, program, "a")[0] == other
    assert command(f"--gdb={other}", "--", program)[0] == other
    assert command(program, "--gdb", other)[0] == gdb


def test_core_and_pid_options(gdb: str, program: str, tmp_path: Path) -> None:
    core = str(tmp_path / "core")
    Path(core).write_bytes(b"\x7fELF\2\1\1".ljust(16, b"\0") + b"\4\0")
    assert command("--core", core, program)[-3:] == ["--core", core, program]
    assert command("--core", core)[-2:] == ["--core", core]  # it names its program
    assert command("-p", "42")[-2:] == ["-p", "42"]


@pytest.mark.usefixtures("gdb")
@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"", "{core} is empty: check `ulimit -c` and the free space there"),
        (b"\x28\xb5\x2f\xfd", "{core} is compressed: unpack it: zstd -d {core}"),
        (b"\x04\x22\x4d\x18", "{core} is compressed: unpack it: lz4 -d {core}"),
        (b"\x1f\x8b\x08", "{core} is compressed: unpack it: gzip -dk {core}"),
        (
            b"\x7fELF".ljust(16, b"\0") + b"\2\0",
            "{core} is not a core file: gogdb --core CORE [PRO",
        ),
    ],
)
def test_a_core_that_gdb_cannot_open(
    capsys: pytest.CaptureFixture[str], program: str, tmp_path: Path, start: bytes, message: str
) -> None:
    core = tmp_path / "core"
    core.write_bytes(start)
    expected = message.format(core=core)
    assert failure(capsys, "--core", str(core), program).startswith(f"gogdb: {expected}")


@pytest.mark.usefixtures("gdb")
def test_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert usage(capsys) == "gogdb: which program? (see gogdb --help)"
    assert usage(capsys, "--x") == "gogdb: unrecognized arguments: --x (see gogdb --help)"
    assert usage(capsys, "-p", "x").startswith("gogdb: argument -p/--pid: invalid int value")
    assert usage(capsys, "demo", "--lang", "xx").endswith("(see gogdb demo --help)")
    assert usage(capsys, "demo", "--stap") == (
        "gogdb: unrecognized arguments: --stap, did you mean --step? (see gogdb demo --help)"
    )
    assert usage(capsys, "report", "./program", "-o", "x.md", "-n", "3") == (
        "gogdb: unrecognized arguments: -n 3; the program's own arguments follow -- "
        "(see gogdb report --help)"
    )


@pytest.mark.usefixtures("gdb")
def test_failures_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert failure(capsys, "/nowhere") == (
        "gogdb: no file /nowhere: give the path of an existing file"
    )
    assert failure(capsys, "docter") == (
        "gogdb: no file docter: give the path of an existing file, did you mean doctor?"
    )
    assert failure(capsys, "fixture", "boat").startswith("gogdb: no fixture boat: there are boot")
    assert failure(capsys, "fixture", "boot", "--flags=-gcflags '").startswith(
        "gogdb: cannot read --flags -gcflags ': No closing quotation"
    )
    assert failure(capsys, "demo", "--predict").startswith("gogdb: --predict asks before each")
    assert failure(capsys, "demo", "--gdb", "/nowhere").startswith(
        "gogdb: /nowhere is not an executable file"
    )


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--version", "--help"):
        with pytest.raises(SystemExit) as ended:
            main([option])
        assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(
        f"gogdb {__version__}\nusage: gogdb [options] PROGRAM"
    )


def test_demo_command(tmp_path: Path, gdb: str) -> None:
    tool = Gdb(Path(gdb), "13.1", "3.11.2")
    whole = debugger.demo(tool, tmp_path / "boot", "zh", step=False)
    assert "-batch" in whole
    assert whole.index("set gogdb lang zh") < whole.index("go-boot") < whole.index("--args")
    assert "quit_with_walk_status" in whole[-3]
    step = debugger.demo(tool, tmp_path / "boot", "en", step=True)
    assert "set gogdb predict on" not in step
    asked = debugger.demo(tool, tmp_path / "boot", "en", step=True, predict=True)
    assert asked.index("set gogdb predict on") < asked.index("go-boot step")
    assert "-batch" not in step
    assert "go-boot step" in step


@pytest.mark.usefixtures("gdb")
def test_record_command(program: str) -> None:
    words = command("record", program, "-o", "x.cast", "--width", "80", "--lang", "zh", "--", "-v")
    assert words[words.index("--args") :] == ["--args", program, "-v"]
    assert words.index("-batch") < words.index("set gogdb lang zh") < words.index("set width 80")
    assert "set height 30" in words
    assert words[words.index("--args") - 1].endswith("report_and_quit('x.cast', False, 2, 10.0)")
    own = ("--format", "v3", "--env", "--idle-time-limit", "3")
    third = command("record", program, "-o", "x.cast", *own)
    assert third[third.index("--args") - 1].endswith("report_and_quit('x.cast', True, 3, 3.0)")


@pytest.mark.usefixtures("gdb")
def test_wrong_uses_of_record(
    capsys: pytest.CaptureFixture[str], program: str, tmp_path: Path
) -> None:
    assert failure(capsys, "record", program, "-o", "x.txt") == (
        "gogdb: cannot write an asciicast as x.txt: name a file that ends in .cast"
    )
    walk = str(tmp_path / "walk.json")
    assert failure(capsys, "record", walk, "-o", "x.cast") == (
        f"gogdb: cannot read {walk}: No such file or directory"
    )
    for more in (["--env"], ["--", "-v"]):
        assert failure(capsys, "record", walk, "-o", "x.cast", *more) == (
            "gogdb: a recorded walk takes no arguments and no --env: give them to `gogdb report`"
        )
    for option, number in (("--width", "59"), ("--height", "101")):
        assert f"{number} is not between" in usage(capsys, "record", "-o", "x.cast", option, number)
    assert "invalid" in usage(capsys, "record", "-o", "x.cast", "--width", "x")
    assert "-o" in usage(capsys, "record")


def test_demo_ends_with_commands_to_paste(tmp_path: Path, gdb: str) -> None:
    tool, program = Gdb(Path(gdb), "13.1", "3.11.2"), tmp_path / "a program"
    (echo,) = (
        word
        for word in debugger.demo(tool, program, "zh", step=False, fixture="cgo")
        if word.startswith("echo ")
    )
    own = shlex.join(next_steps.launcher())
    _, _, step, report, usage, _ = echo.removeprefix("echo ").split(r"\n")
    assert step.startswith(f"  {own} demo --step cgo --lang zh  ")
    assert report.startswith(f"  {own} report '{program}' -o cgo.html --lang zh  ")
    assert usage.startswith(f"  {own} --help  ")


@pytest.mark.parametrize(
    ("script", "on_path", "words"),
    [
        ("venv/bin/gogdb", False, ["venv/bin/gogdb"]),
        ("{here}/venv/bin/gogdb", False, ["venv/bin/gogdb"]),
        ("{here}/venv/bin/gogdb", True, ["gogdb"]),
        ("/elsewhere/bin/gogdb", False, ["/elsewhere/bin/gogdb"]),
        ("{here}/gogdb/__main__.py", True, ["venv/bin/python", "-m", "gogdb"]),
    ],
)
def test_how_the_launcher_was_started(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, on_path: bool, words: list[str]
) -> None:
    bin = tmp_path / "venv" / "bin"
    bin.mkdir(parents=True)
    fake_tools.program(bin / "gogdb", "")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(bin) if on_path else "/nowhere")
    monkeypatch.setattr(sys, "argv", [script.format(here=tmp_path)])
    monkeypatch.setattr(sys, "executable", str(bin / "python"))
    assert next_steps.launcher() == words


@pytest.mark.parametrize("words", [("fixture",), ("doctor",)])
def test_a_pipe_without_a_reader(gdb: str, words: tuple[str, ...]) -> None:
    """`gogdb doctor | head -1` ends without a traceback, as a program does that SIGPIPE ends."""
    reader, writer = os.pipe()
    os.close(reader)
    program = "import sys; from gogdb.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", program, *words], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_output_that_the_shell_has_closed() -> None:
    """`gogdb fixture >&-` ends without a traceback."""
    program = "import sys; from gogdb.cli import main; sys.exit(main(['fixture']))"
    command = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-c", program]
    done = subprocess.run(command, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_fixture_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fixture"]) == 0
    assert "boot        The program of the guided boot\n" in capsys.readouterr().out


def test_a_long_failure_is_broken_between_words_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    words = ("--core", "/etc/passwd", program)
    whole = failure(capsys, *words)
    assert len(whole) > 40
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(words) == 1
    lines = capsys.readouterr().err.splitlines()
    assert " ".join(lines) == whole
    assert max(map(len, lines)) <= 40
