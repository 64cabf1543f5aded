"""`--out` and `go-boot report`: which files they write, and that no other is harmed."""

from __future__ import annotations

import json
import os
import resource
import shutil
from pathlib import Path

import pytest

from tests.support.builds import Compile
from tests.support.output import error_line
from tests.support.session import Open, Session

COMMANDS = ("go-gmp", "go-gmp --json", "go-stacks --all --json", "go-boot list", "go-gmp --help")


@pytest.fixture(scope="module")
def started(share_gdb: Open, boot: Path) -> Session:
    session = share_gdb(boot)
    session.run("go-boot until main-main")
    return session


@pytest.mark.parametrize("command", COMMANDS)
def test_pipe(started: Session, tmp_path: Path, command: str) -> None:
    """Without a reader it is an error, which GDB does not wait for; with one it is written."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    message = f"cannot write {pipe}: no process reads from it"
    assert error_line(started.run(f"{command} --out {pipe}")) == message
    fd = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert started.run(f"{command} --out {pipe}") == ""
        assert len(os.read(fd, 1 << 16)) > 100
    finally:
        os.close(fd)


def test_full_disk(started: Session, tmp_path: Path) -> None:
    """The old file is kept whole, without any new content."""
    out = tmp_path / "out.json"
    out.write_text("old")
    limit, full = f"{resource.RLIMIT_FSIZE}, (100, -1)", f"{resource.RLIMIT_FSIZE}, (-1, -1)"
    started.quietly(f"python import resource; resource.setrlimit({limit})")
    try:
        for command in (*COMMANDS, "go-boot report"):
            option = "" if command.endswith("report") else "--out"
            message = error_line(started.run(f"{command} {option} {out}"))
            assert message == f"cannot write {out}: File too large"
    finally:
        started.quietly(f"python resource.setrlimit({full})")
    assert started.run("go-gmp --out /dev/full").startswith("cannot write /dev/full: No space")
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_files_that_gdb_reads(open_gdb: Open, boot: Path, tmp_path: Path) -> None:
    """The core file, the program, also by another name, and GDB's log are not replaced."""
    program, core, log = tmp_path / "pro gram", tmp_path / "core", tmp_path / "log"
    shutil.copy(boot, program)
    session = open_gdb(program)
    session.run("go-boot until main-main")
    session.run(f"generate-core-file {core}")
    (tmp_path / "link").symlink_to(core)
    (tmp_path / "hard").hardlink_to(program)
    session.quietly(f"set logging file {log}")
    session.run("set logging enabled on")

    def check(*names: str) -> None:
        for name in names:
            for command in ("go-gmp", "go-stacks --all --json"):
                output = session.run(f"{command} --out '{tmp_path}/{name}'")
                message = f"cannot write {tmp_path}/{name}: GDB uses it; name another file"
                assert error_line(output) == message

    before = [(file.stat().st_ino, file.stat().st_size) for file in (program, core)]
    check("pro gram", "hard", "log")
    session.run("set logging enabled off")
    session.quietly("set confirm off")
    session.run("kill")
    session.run(f"core-file {core}")
    check("core", "link", "pro gram", "hard")
    assert [(file.stat().st_ino, file.stat().st_size) for file in (program, core)] == before
    assert session.run(f"go-gmp --out {log}") == ""  # it is closed now


def test_standard_output(started: Session) -> None:
    """It is the terminal here."""
    answer = started.run("go-gmp sched --json --out /dev/stdout")
    assert json.loads(answer)["sched"]["gomaxprocs"] > 0
    assert json.loads(started.run("go-gmp sched --json --out /dev/tty")) == json.loads(answer)


def test_directory(started: Session, tmp_path: Path) -> None:
    for name, why in (
        (tmp_path, "Is a directory"),
        (tmp_path / "none/out", "No such file or directory"),
        ("/dev/zero", "it is not a file, a pipe, a terminal or /dev/null"),
    ):
        message = error_line(started.run(f"go-gmp --out {name}"))
        assert message == f"cannot write {name}: {why}"
    message = error_line(started.run("go-gmp --out ''"))
    assert message == "'' is not a file name: give another one"
    message = error_line(started.run(f"go-boot report {tmp_path}/none/walk.html"))
    assert message == f"cannot write {tmp_path}/none/walk.html: No such file or directory"


def test_an_error_before_the_first_page(started: Session, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text("old")
    error_line(started.run(f"go-boot quiz schedinit zzz --out {out}"))
    assert out.read_text() == "old"


@pytest.mark.parametrize("option", ["", "--json"])
def test_pages_before_an_error(
    open_gdb: Open, compiled: Compile, tmp_path: Path, option: str
) -> None:
    """The program ends before the walk does: the file has the stages until then."""
    session, out = open_gdb(compiled("quits")), tmp_path / "out"
    out.write_text("old")
    assert "exited with code 3 before stage" in session.run(f"go-boot {option} --out {out}")
    assert "runtime-main" in out.read_text()
    if option:
        assert len(json.loads(out.read_text())["stages"]) > 20
