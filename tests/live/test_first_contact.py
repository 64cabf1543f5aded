"""What the launcher and GDB show before the first command in a process, a core file, a program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pexpect
import pytest

from gogdb.launch import paths
from gogdb.launch.tools import Gdb, Go
from tests.support import gdb_log
from tests.support.attaching import check_attached
from tests.support.gdb_command import quiet
from tests.support.parked import attach
from tests.support.process import running
from tests.support.session import Open
from tests.support.terminal import end

PROMPT = "(gdb) "
DECLINED = "auto-loading has been declined"
LOADED = "Loading Go Runtime support."
STOPPED = "process {pid} is stopped: try `go-stacks --group`; `detach` lets it go on"
CORE = "this is a core file, nothing runs: try `go-stacks --group`"
BEGIN = "try `go-boot step`, which walks through the boot; `run` just runs the program"
SETTING = "show auto-load python-scripts"
ON = "Auto-loading of Python scripts is on."

Launch = Callable[..., "Launched"]


class Launched:
    """A command that becomes GDB, on a terminal; `home` is the home directory."""

    def __init__(self, home: Path, command: str, *words: str) -> None:
        self.child: pexpect.spawn[str] = pexpect.spawn(
            command,
            list(words),
            env=os.environ | {"TERM": "dumb", "LC_ALL": "C.UTF-8", "HOME": str(home)},
            dimensions=(24, 200),
            encoding="utf-8",
            timeout=60,
            echo=False,
        )
        self.child.logfile_read = gdb_log.new()
        self.greeting = ""

    def begin(self) -> None:
        """Wait for the first prompt."""
        self.greeting = self._answer()

    def run(self, command: str) -> str:
        """Return what a command prints."""
        self.child.sendline(command)
        return self._answer()

    def _answer(self) -> str:
        self.child.expect_exact(PROMPT)
        return str(self.child.before).replace("\r\n", "\n")

    def close(self) -> None:
        """End GDB, which lets a process go on that it has attached to."""
        with suppress(pexpect.EOF, pexpect.TIMEOUT):
            self.child.sendline("set confirm off")
            self.child.sendline("quit")
            self.child.expect(pexpect.EOF)
        end(self.child)


@pytest.fixture
def launch(gdb: Gdb, tmp_path: Path) -> Iterator[Launch]:
    """Start `gogdb` with these words on its command line, or GDB itself."""
    started: list[Launched] = []

    def launch(*words: str, plain: bool = False) -> Launched:
        gdb_alone = (str(gdb.path), "-nx", "-q", "-iex", "set debuginfod enabled off")
        launcher = (sys.executable, "-m", "gogdb", "--gdb", str(gdb.path))
        command = gdb_alone if plain else launcher
        started.append(Launched(tmp_path, *command, *words))
        started[-1].begin()
        return started[-1]

    yield launch
    for each in started:
        each.close()


def test_launcher_attaches(parked: subprocess.Popen[str], launch: Launch, tmp_path: Path) -> None:
    launched = launch("-p", str(parked.pid))
    check_attached(launched.greeting)
    assert DECLINED not in launched.greeting
    assert launched.greeting.endswith(f"\n{STOPPED.format(pid=parked.pid)}\n")
    assert "is stopped" not in launched.run("info inferiors")
    assert ON in launched.run(SETTING)
    core = tmp_path / "core"
    launched.run(f"generate-core-file {core}")
    launched.run("detach")
    assert launched.run(f"attach {parked.pid}").endswith(f"{STOPPED.format(pid=parked.pid)}\n")
    opened = launch("--core", str(core), f"/proc/{parked.pid}/exe")
    assert DECLINED not in opened.greeting
    assert opened.greeting.endswith(f"\n{CORE}\n")


def test_launcher_opens_a_program(launch: Launch, boot: Path) -> None:
    launched = launch(str(boot))
    assert launched.greeting == f"Reading symbols from {boot}...\n{BEGIN}\n"
    assert ON in launched.run(SETTING)
    launched.run("tbreak main.main")
    assert "is stopped" not in launched.run("run")  # not attached


def test_launcher_opens_a_program_without_go(launch: Launch) -> None:
    assert "go-boot" not in launch(shutil.which("sleep") or "sleep").greeting


def test_scripts_that_the_user_allows_are_loaded(
    launch: Launch, tmp_path: Path, boot: Path, go: Go
) -> None:
    directory = Path(go.environment()["GOROOT"]) / "src" / "runtime"
    (tmp_path / ".gdbinit").write_text(f"add-auto-load-safe-path {directory}\n", encoding="utf-8")
    assert LOADED in launch(str(boot)).greeting


def test_setting_that_is_off_stays_off(launch: Launch, tmp_path: Path, boot: Path) -> None:
    (tmp_path / ".gdbinit").write_text("set auto-load python-scripts off\n", encoding="utf-8")
    assert "is off" in launch(str(boot)).run(SETTING)


def test_sourced_in_an_attached_process(parked: subprocess.Popen[str], launch: Launch) -> None:
    launched = launch("-p", str(parked.pid), plain=True)
    check_attached(launched.greeting)
    assert "is stopped" not in launched.greeting
    source = f"source {paths.gdbinit()}"
    assert launched.run(source) == f"{STOPPED.format(pid=parked.pid)}\n"
    assert launched.run(source) == ""
    assert "is stopped" not in launched.run("detach")


def test_line_in_chinese(parked: subprocess.Popen[str], open_gdb: Open) -> None:
    session = open_gdb()
    session.quietly("set gogdb lang zh")
    attach(session, parked)
    session.run("detach")
    assert f"进程 {parked.pid} 已停住：" in session.run(f"attach {parked.pid}")


def test_no_line_in_a_program_without_go(open_gdb: Open) -> None:
    session = open_gdb()
    with running("sleep", "60") as program:
        output = session.run(f"attach {program.pid}")
        session.run("detach")
    assert "is stopped" not in output


def test_no_line_without_a_user(gdb: Gdb, parked: subprocess.Popen[str]) -> None:
    commands = ("-x", str(paths.gdbinit()), "-ex", "info inferiors")
    done = gdb_log.run([*quiet(gdb.path), "-p", parked.pid, *commands])
    assert "is stopped" not in done.stdout + done.stderr


def test_glossary_without_a_program(open_gdb: Open) -> None:
    session = open_gdb()
    assert "safe point" in session.run("go-boot glossary")
    assert session.run("go-boot glossary auxv").startswith("auxv\nThe auxiliary vector: ")
    assert session.run("go-boot glossary gobof") == (
        "the glossary has no gobof: did you mean gobuf?\n"
    )
    assert session.run("go-boot glossary ''") == (
        "the glossary has no '': `go-boot glossary` lists its terms\n"
    )
