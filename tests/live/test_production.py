"""The sessions of docs/production.md, as far as one machine can run them.

UPDATE_GOLDEN=1 rewrites them. gogdb is loaded from its archive, the program is stripped.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from gogdb.launch.tools import Gdb, Go
from tests.support import transcripts
from tests.support.attaching import check_attached
from tests.support.builds import DEBUG, FIXED_HEAP, Builds
from tests.support.container import contained
from tests.support.gdb_command import LOAD
from tests.support.gdbserver import listening
from tests.support.parked import attach_to, parked_process
from tests.support.process import (
    TIMEOUT,
    NotAllowedError,
    core_of,
    kernel_writes_here,
    only_core,
    reads_input,
    wait_until,
    waiting_program,
)
from tests.support.rounds import is_running
from tests.support.session import Open, Session

PAGE = Path(__file__).parents[2] / "docs/production.md"
OF = (1, 27)  # the release of Go that the page was written with
GOID = re.compile(r"\bg(?:oroutine )?(\d+)\b")
M = re.compile(r"\bm\d+\b")
TYPED = re.compile(r"(?<=^go-goroutine )\d+")

Start = Callable[[str], Session]


@pytest.fixture
def place(builds: Builds, go: Go, tmp_path: Path) -> Path:
    """A directory with the archive, a stripped program, and two with debug information."""
    place = tmp_path / "place"
    place.mkdir()
    shutil.copy(builds.bundle(), place)
    program = builds.program("parked", go, ["-ldflags=-s -w"], FIXED_HEAP)
    shutil.copy(program, place / "app")
    shutil.copy(builds.fixed_heap("chat", go), place)
    shutil.copy(builds.program("shop", go, DEBUG, FIXED_HEAP), place)
    return place


@pytest.fixture
def start(
    place: Path, tmp_path: Path, gdb: Gdb, gdbserver: Path, open_gdb: Open
) -> Iterator[Start]:
    """Start what a session of the page is about, and a GDB as its command does."""
    with ExitStack() as started:

        def process() -> int:
            return started.enter_context(parked_process(place / "app")).pid

        def container() -> int:
            inside = tmp_path / "inside"
            inside.mkdir()
            return started.enter_context(contained(place / "app", inside))[1]

        def server() -> int:
            return started.enter_context(waiting_program(place / "chat", tmp_path, "crash"))[0].pid

        def crash() -> str:
            waiting = waiting_program(place / "shop", tmp_path, "crash", core=True)
            crashed, _ = started.enter_context(waiting)
            wait_until(lambda: not is_running(crashed.pid))  # its workers wait as well
            if not kernel_writes_here():
                pytest.skip("the kernel writes cores elsewhere: core(5) says why")
            crashed.communicate(b"\n", TIMEOUT)
            return str(only_core(tmp_path))

        def core() -> str:
            waiting = waiting_program(place / "app", tmp_path, "crash", core=True)
            killed, _ = started.enter_context(waiting)
            wait_until(partial(reads_input, killed.pid))
            try:
                return str(core_of(gdb.path, killed, tmp_path))
            except NotAllowedError as error:
                pytest.skip(f"this machine does not permit {error}")

        def attached(pid: int) -> Session:
            session = open_gdb(bare=True, cwd=place)
            attach_to(session, pid)
            return session

        def start(command: str) -> Session:
            if command == "$ gdb -q -p $(pidof chat)":
                return attached(server())
            if command == "$ gdb -q -p $(pidof app)":
                return attached(reading(process()))
            if command == "$ sudo gdb -q -p $(pgrep -x app)":
                return attached(reading(container()))
            session = open_gdb(bare=True, cwd=place)
            if command == "$ gdb -q app core":
                session.run("file app")
                session.run(f"core-file {core()}")
            elif command == "$ gdb -q shop core":
                session.run("file shop")
                session.run(f"core-file {crash()}")
            else:
                assert command == "$ gdb -q -ex 'target remote localhost:2345'"
                pid = str(reading(process()))
                serve = (gdbserver, "--once", "--attach", "localhost:0", pid)
                _, port = started.enter_context(listening(*serve))
                session.run(f"target remote localhost:{port}")
            return session

        yield start


def reading(pid: int) -> int:
    """Return the id of a process once it waits for input."""
    wait_until(partial(reads_input, pid))
    return pid


def without_goids(lines: Sequence[str]) -> list[str]:
    return [M.sub("m", GOID.sub("g", line)) for line in lines]


SESSIONS = [step.command for step in transcripts.read(PAGE.read_text("utf-8")) if step.starts]


def session_of(text: str, command: str, goids: Mapping[str, str]) -> Iterator[transcripts.Step]:
    """Yield the steps of the session that a command starts; `goids` are those typed instead."""
    is_wanted = False
    for step in transcripts.read(text):
        is_wanted = step.command == command if step.starts else is_wanted
        if is_wanted:
            yield replace(step, command=TYPED.sub(lambda goid: goids[goid[0]], step.command))


def goids_of(shown: Sequence[str], output: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the goids in lines that are shown, each with the one in the same line of an output."""
    lines = {_without_widths(line): line for line in output}
    for line in shown:
        same = lines.get(_without_widths(line), "")
        yield from zip(GOID.findall(line), GOID.findall(same), strict=False)


def _without_widths(line: str) -> str:
    return without_goids([" ".join(line.split())])[0]


def test_there_are_sessions() -> None:
    assert len(SESSIONS) == len(set(SESSIONS)) == 6


@pytest.mark.parametrize("command", SESSIONS)
def test_a_session(command: str, start: Start, go: Go, update: bool) -> None:
    if tuple(map(int, go.version.split(".")[:2])) != OF:
        pytest.skip(f"the page is of Go {OF[0]}.{OF[1]}")
    text = PAGE.read_text(encoding="utf-8")
    answers, goids = [], dict[str, str]()
    for step, output, _ in transcripts.run(session_of(text, command, goids), start):
        holds = transcripts.alike(without_goids(step.shown), without_goids(output))
        answers.append((step, output, holds))
        goids.update(goids_of(step.shown, output))
    if update:
        PAGE.write_text(transcripts.rewritten(text, answers), encoding="utf-8")
        return
    assert len(answers) > 1
    for step, output, holds in answers:
        wrong = f"{PAGE.name}:{step.first + 1}: (gdb) {step.command}"
        assert holds, "\n".join([wrong, "shown:", *step.shown, "said:", *output])


def command_line() -> str:
    """Return the page's command line without a prompt."""
    block = re.compile(r"^```sh\n(gdb -nx -q -batch .*?)^```", re.M | re.S)
    (found,) = block.findall(PAGE.read_text(encoding="utf-8"))
    return str(found)


def test_the_command_line(gdb: Gdb, place: Path) -> None:
    """It writes the files, and the program goes on."""
    with parked_process(place / "app") as process:
        wait_until(partial(reads_input, process.pid))
        done = subprocess.run(
            ["sh", "-c", f'gdb() {{ "{gdb.path}" "$@"; }}\n{command_line()}'],
            cwd=place,
            env={"PATH": "/usr/bin:/bin", "PID": str(process.pid)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        check_attached(done.stderr)
        assert done.returncode == 0, done.stderr
        gs = json.loads((place / "gs.json").read_text())["gs"]
        stacks = json.loads((place / "stacks.json").read_text())["goroutines"]
        assert [g["goid"] for g in gs] == [g["goid"] for g in stacks]
        assert "main.locks" in {frame["function"] for g in stacks for frame in g["frames"]}
        assert "sync.Mutex.Lock" in (place / "groups.txt").read_text()
        assert process.communicate("\n", 60)[0] == ""
        assert process.returncode == 0


def test_gdb_is_killed(open_gdb: Open, place: Path) -> None:
    """The process goes on without it."""
    with parked_process(place / "app") as process:
        wait_until(partial(reads_input, process.pid))
        session = open_gdb(bare=True, cwd=place)
        attach_to(session, process.pid)
        session.run(LOAD)
        assert "main.locks" in session.run("go-stacks --group")
        assert session.child.pid is not None
        os.kill(session.child.pid, signal.SIGKILL)
        assert process.communicate("\n", 60)[0] == ""
        assert process.returncode == 0
