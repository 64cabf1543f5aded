"""go-until ended by Ctrl-C or by --timeout: the program stands, and nothing is left."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.builds import DEBUG, Compile
from tests.support.parked import Park, attach
from tests.support.process import wait_until
from tests.support.rounds import own_breakpoints
from tests.support.session import Open
from tests.support.until import Rounds, begin, goids_said, reach, state, until


@pytest.fixture(params=["attached", "gdbserver"])
def rounds_either_way(
    request: pytest.FixtureRequest, park: Park, open_gdb: Open, compiled: Compile, gdbserver: Path
) -> Rounds:
    """The same, also of a GDB that is connected to a gdbserver.

    A gdbserver can interrupt only a process that leads a process group, as a server's does.
    """
    setsid = shutil.which("setsid")
    if setsid is None:
        pytest.skip("no setsid: apt install util-linux")
    program = park(Path(setsid), compiled("rounds", *DEBUG))
    session = open_gdb(compiled("rounds", *DEBUG), width=0)
    if request.param == "attached":
        attach(session, program)
    else:
        session.run(f"target remote | {gdbserver} --attach - {program.pid}")
    return session, program, goids_said(program)


def test_timeout(rounds_either_way: Rounds) -> None:
    """The thread stays selected; afterwards the program can go on."""
    session, _, goids = rounds_either_way
    session.run("thread 2")
    before = state(session)
    stays, spins = goids["stays"], goids["spins"]
    for arguments, heading in (
        (f"{stays} running", f"g{stays}: waiting, select (no cases)"),
        (f"{spins} parked", f"g{spins}: run"),
        (f"{stays} main.handle", f"g{stays}: waiting, "),
    ):
        said = session.run(f"go-until {arguments} --timeout 1")
        assert said.splitlines()[-1].startswith(f"  ! not within 1 s (--timeout); {heading}")
        assert "\n#" not in said
        assert session.value("gdb.selected_thread().num") == "2"
    answer = until(session, f"{stays} running --timeout 1")
    assert (answer["reached"], answer["stopped"]) == (False, "timeout")
    assert (answer["goroutine"]["status"], answer["goroutine"]["frame"]) == ("waiting", None)
    assert state(session) == before
    reach(session, f"{goids['receives']} main.handle")


def test_timeout_where_the_program_cannot_be_interrupted(
    park: Park, open_gdb: Open, compiled: Compile, gdbserver: Path
) -> None:
    """The next goroutine that is put on a CPU ends the waiting."""
    program = park(compiled("rounds", *DEBUG))
    session = open_gdb(compiled("rounds", *DEBUG), width=0)
    session.run(f"target remote | {gdbserver} --attach - {program.pid}")
    stays = goids_said(program)["stays"]
    said = session.run(f"go-until {stays} running --timeout 1")
    assert said.endswith(f"  ! not within 1 s (--timeout); g{stays}: waiting, select (no cases)\n")
    assert own_breakpoints(session) == []


def test_interrupt(rounds: Rounds) -> None:
    """Not over gdbserver, where a Ctrl-C is lost that GDB sends while a stop is reported."""
    session, program, goids = rounds
    session.run("thread 2")
    before = state(session)
    for arguments in ("running", "main.handle", "running --timeout 0"):
        begin(session, program, f"go-until {goids['stays']} {arguments}")
        said = session.interrupt()
        assert said.splitlines()[-1] == (
            f"  ! interrupted; g{goids['stays']}: waiting, select (no cases)"
        )
        assert session.value("gdb.selected_thread().num") == "2"
        assert state(session) == before
    reach(session, f"{goids['receives']} main.handle")


_CTRL_C_IN_AN_UNWINDER = """
import os, signal, gdb.unwinder

class Typing(gdb.unwinder.Unwinder):
    def __call__(self, pending_frame):
        if self.enabled:
            self.enabled = False
            os.kill(os.getpid(), signal.SIGINT)

typing = Typing("typing")
typing.enabled = False
gdb.unwinder.register_unwinder(None, typing)

def type_ctrl_c(event):
    typing.enabled = True
    gdb.events.cont.disconnect(type_ctrl_c)
"""


@pytest.mark.parametrize("goal", ["running", "main.handle"])
def test_interrupt_while_gdb_unwinds(rounds: Rounds, tmp_path: Path, goal: str) -> None:
    """Left to itself, GDB 13 ends `continue` with "Quit", and the program runs on."""
    session, program, goids = rounds
    script = tmp_path / "typing.py"
    script.write_text(_CTRL_C_IN_AN_UNWINDER)
    session.run(f"source {script}")
    for _ in range(3):
        session.run("python gdb.events.cont.connect(type_ctrl_c)")
        said = session.run(f"go-until {goids['stays']} {goal}")
        assert said.splitlines()[-1] == (
            f"  ! interrupted; g{goids['stays']}: waiting, select (no cases)"
        )
        assert own_breakpoints(session) == []
    assert program.poll() is None
    reach(session, f"{goids['receives']} main.handle")


@pytest.mark.parametrize("is_interrupted", [True, False])
def test_end_after_the_selected_thread_has_ended(
    park: Park, open_gdb: Open, compiled: Compile, is_interrupted: bool
) -> None:
    program = park(compiled("leaves", *DEBUG))
    session = open_gdb(compiled("leaves", *DEBUG), width=0)
    attach(session, program)
    assert program.stderr is not None
    assert program.stdin is not None
    lwp = int(program.stderr.readline())
    select = f"each.switch() for each in gdb.selected_inferior().threads() if each.ptid[1] == {lwp}"
    session.run(f"python [{select}]")
    assert session.value("gdb.selected_thread().ptid[1]") == str(lwp)
    (stays,) = json.loads(session.run("go-gmp g --where main.stays --json"))["gs"]
    program.stdin.write("x")  # it ends as soon as it runs
    program.stdin.flush()
    limit = 0 if is_interrupted else 1
    session.send(f"go-until {stays['goid']} running --timeout {limit}")
    session.wait_for("Ctrl-C ends it")
    if is_interrupted:
        wait_until(lambda: not Path(f"/proc/{program.pid}/task/{lwp}").exists())
    said = session.interrupt() if is_interrupted else session.ready()
    why = "interrupted" if is_interrupted else "not within 1 s (--timeout)"
    assert said.splitlines()[-1] == f"  ! {why}; g{stays['goid']}: waiting, select (no cases)"
    assert own_breakpoints(session) == []


@pytest.mark.parametrize(
    "place",
    ["until._say_what_is_awaited", "debugger.GdbDebugger.arm", "goal.Pursuit._is_loaded"],
    ids=["before the program runs", "while breakpoints are set", "in a condition"],
)
def test_interrupt_in_gogdbs_own_code(rounds: Rounds, place: str) -> None:
    session, _, goids = rounds
    session.run("python import gogdb.gdbhost.debugger as debugger, gogdb.commands.until as until")
    session.run("python import gogdb.follow.goal as goal")
    session.run("python def typed(*_): raise KeyboardInterrupt")
    session.run(f"python before, {place} = {place}, typed")
    said = session.run(f"go-until {goids['stays']} running")
    assert said.splitlines()[-1].startswith(f"  ! interrupted; g{goids['stays']}: waiting, ")
    assert own_breakpoints(session) == []
    session.run(f"python {place} = before")
    reach(session, f"{goids['receives']} main.handle")


def test_program_that_runs_on_is_not_ended(rounds: Rounds) -> None:
    """GDB may end `continue` by an error while the threads run: they do not count as lost then."""
    session, program, goids = rounds
    session.run("python import gogdb.gdbhost.debugger as debugger")
    session.run("python def fails(command): gdb.execute('continue &'); raise gdb.error('failed')")
    session.run("python debugger.execute = fails")
    session.send(f"go-until {goids['stays']} running")
    assert "Ctrl-C ends it" in session.wait_for("  ! the program ")
    assert "stopped: failed" in session.ready()
    assert program.poll() is None
