"""A process that is gone, or a connection that is lost, is reported as such by every command."""

from __future__ import annotations

import json
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.support.builds import DEBUG, Compile
from tests.support.gdbserver import listening
from tests.support.output import error_line
from tests.support.parked import attach, parked_process
from tests.support.process import wait_until
from tests.support.proxy import proxy
from tests.support.session import Open, Session

COMMANDS = (
    "go-gmp",
    "go-gmp g --json",
    "go-gobuf g0",
    "go-stacks --all --json",
    "go-boot list",
    "go-boot step",
    "go-boot follow 1",
    "p $go_goid()",
    "p $go_g(1)",
)
LOST = (
    "the connection to the program is lost (Remote connection closed): "
    "`target remote` connects again"
)


def serving(gdbserver: Path, pid: int) -> AbstractContextManager[tuple[subprocess.Popen[str], str]]:
    """Attach a gdbserver to a process; it and the port it listens on."""
    return listening(gdbserver, "--once", "--attach", "localhost:0", str(pid))


def connect(session: Session, port: str) -> None:
    assert "Remote debugging" in session.run(f"target remote localhost:{port}")


@pytest.mark.parametrize("used_before", [True, False])
def test_killed_gdbserver(
    parked: subprocess.Popen[str],
    open_gdb: Open,
    gdbserver: Path,
    compiled: Compile,
    used_before: bool,
) -> None:
    session = open_gdb(compiled("parked", *DEBUG))
    for command in COMMANDS:
        with serving(gdbserver, parked.pid) as (server, port):
            connect(session, port)
            if used_before:
                assert '"goid": 1' in session.run("go-gmp g --json")
            server.kill()
            server.wait()
            assert error_line(session.run(command)) == LOST, command
            assert error_line(session.run("go-gmp")).startswith("the program is not running: ")
    assert parked.poll() is None


@pytest.mark.parametrize(
    "command",
    [
        "go-gmp",
        "go-gmp --json",
        "go-gmp g --where nowhere",
        "go-gobuf g0",
        "go-stacks --all --json",
        "p $go_g(1)",
    ],
)
def test_connection_lost_within_a_command(
    parked: subprocess.Popen[str],
    open_gdb: Open,
    gdbserver: Path,
    compiled: Compile,
    command: str,
) -> None:
    """GDB 16 to 18 would abort if it had read memory by `Inferior.read_memory`."""
    session = open_gdb(compiled("parked", *DEBUG))

    def run(lost_after: int | None) -> tuple[str, int]:
        """Return the command's output, and how many bytes of replies it has got."""
        with serving(gdbserver, parked.pid) as (_, port), proxy(int(port)) as connection:
            connect(session, str(connection.port))
            session.run("go-gmp g --json")  # what is read once is read
            connection.lose_after(lost_after)
            output = session.run(command)
            received = connection.passed
            if received != lost_after:
                session.run("disconnect")
            return output, received

    _, size = run(None)
    for tenths in range(0, 10, 2):
        output, received = run(size * tenths // 10)
        while received < size * tenths // 10:  # its threads have moved: there is less to read
            size = received
            output, received = run(size * tenths // 10)
        check_lost(output, command)
        assert error_line(session.run("go-gmp")).startswith("the program is not running: ")
    assert parked.poll() is None


def check_lost(output: str, command: str) -> None:
    """Check what a command says that has lost its connection on the way."""
    text = " ".join(output.split())
    assert "the connection to the program is lost" in text
    assert "Python" not in output
    assert "none of" not in output
    if output.startswith("{"):
        text = json.loads(output)["interrupted"]
        assert text.startswith("interrupted after ")
        assert text.endswith(LOST.partition(": ")[0])
    elif "--json" in command:
        assert error_line(output) == LOST


def test_killed_process_behind_gdbserver(
    open_gdb: Open, gdbserver: Path, compiled: Compile
) -> None:
    session = open_gdb(compiled("parked", *DEBUG))
    with (
        parked_process(compiled("parked", *DEBUG)) as process,
        serving(gdbserver, process.pid) as (_, port),
    ):
        connect(session, port)
        kill(process)
        for command in COMMANDS:
            check_gone(session, command, process.pid)


def test_killed_process(parked: subprocess.Popen[str], open_gdb: Open, compiled: Compile) -> None:
    session = open_gdb(compiled("parked", *DEBUG))
    attach(session, parked)
    kill(parked)
    for command in COMMANDS:
        check_gone(session, command, parked.pid)
    assert "detached" in session.run("detach")
    assert error_line(session.run("go-gmp")).startswith("the program is not running: ")


def kill(process: subprocess.Popen[str]) -> None:
    """Kill a process, whose debugger does not know it when this returns."""
    process.kill()
    tasks = Path(f"/proc/{process.pid}/task")

    def is_gone() -> bool:  # as long as a thread is there, so is the memory
        states = (stat.read_text().rpartition(")")[2].split()[0] for stat in tasks.glob("*/stat"))
        return all(state == "Z" for state in states)

    wait_until(is_gone)


def check_gone(session: Session, command: str, pid: int) -> None:
    assert error_line(session.run(command)) == (
        f"process {pid} can no longer be read: "
        "it has ended, or its server does not answer: `detach` lets it go"
    ), command
