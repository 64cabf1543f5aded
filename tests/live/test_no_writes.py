"""Commands about goroutines write no memory and no register; but for go-until, nothing runs.

The packets that GDB sends to a gdbserver show it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.builds import DEBUG, Compile
from tests.support.gdbserver import listening
from tests.support.packets import is_read, sent_by
from tests.support.parked import Park
from tests.support.process import waiting_program
from tests.support.proxy import Proxy, proxy
from tests.support.session import Open, Session

LISTS = (
    ("go-gmp", r"main\.link"),
    ("go-gmp g --tree", r"main\.link"),
    *((f"go-gmp g --group-by {by}", r"main\.") for by in ("where", "creator", "start")),
    ("go-gmp g --group-by label", "conn"),
    ("go-gmp g --group-by reason", "chan receive"),
    ("go-gmp g --label conn=1", r"main\.works"),
    ("go-stacks --label conn=1", "conn: 1"),
    ("go-stacks --all --system --memory", r"main\.link"),
    ("go-gobuf g0", "sp"),
    ("p $go_goid()", r"\$\d"),
)
IN_A_GOROUTINE = (
    ("bt", r"main\.link .*\n(?s:.*)runtime\.goexit"),
    ("bt -full", r"left=\d"),
    ("go-goroutine", r"main\.link"),
    ("up", r"^#\d+ "),
    ("down", r"^#\d+ "),
    ("frame function main.link", r"main\.link"),
    ("info frame", "Stack level"),
    ("info args", r"left = \d"),
    ("info locals", "No locals"),
    ("print left", r"= \d"),
    ("list", "never"),
    ("x/4i $pc", "main.link"),
    ("x/4gx $sp", "0x"),
    ("info registers", "rip"),
    *((command, "does not run, and") for command in ("step", "nexti", "finish", "return")),
)
FRONT_ENDS = tuple(
    (f'interpreter-exec mi "{command}"', r"\^done,")
    for command in ("-go-goroutines --label conn", "-go-gmp", "-go-stacks", "-go-gobuf g0")
)
RUNS = re.compile(r"vCont[;?]|[zZ]0,|QPassSignals:|QProgramSignals:|QThreadEvents:")


class Connected(NamedTuple):
    """A GDB that is connected to a gdbserver through a proxy."""

    session: Session
    proxy: Proxy

    def check(self, *commands: tuple[str, str]) -> int:
        """Run commands, each of which must print its pattern and only read; count the packets."""
        count = 0
        for command, pattern in commands:
            output, packets = sent_by(self.session, command, self.proxy)
            assert re.search(pattern, output, re.M), (command, output)
            assert [packet for packet in packets if not is_read(packet)] == [], command
            count += len(packets)
        return count

    def writes(self, command: str, packet: str) -> bool:
        """Report whether a command sends such a packet, and it is not taken for one that reads."""
        _, packets = sent_by(self.session, command, self.proxy)
        return any(re.match(packet, each) and not is_read(each) for each in packets)


@contextmanager
def connected(session: Session, *command: str | Path) -> Iterator[Connected]:
    """Connect GDB to a gdbserver that such a command starts."""
    with listening(*command) as (_, port), proxy(int(port)) as passing:
        assert "Remote debugging" in session.run(f"target remote localhost:{passing.port}")
        yield Connected(session, passing)


def test_lists_and_a_selected_goroutine(
    park: Park, open_gdb: Open, compiled: Compile, gdbserver: Path, tmp_path: Path
) -> None:
    program = compiled("created", *DEBUG)
    pid = park(program).pid
    # GDB writes a core without memory then; with it, that takes thousands of packets
    Path(f"/proc/{pid}/coredump_filter").write_text("0")
    session = open_gdb(program, width=0)
    with connected(session, gdbserver, "--attach", "localhost:0", str(pid)) as remote:
        assert remote.check(*LISTS) > 50
        goid = goid_of_link(session)
        remote.check((f"go-goroutine {goid} bt", r"main\.link"))
        remote.check((f"go-goroutine {goid} p $pc", r"main\.link"))
        remote.check((f"go-goroutine {goid}", rf"Switching to g{goid}: "))
        assert remote.check(*IN_A_GOROUTINE)
        remote.check(("go-goroutine off", "#0 "))
        remote.check((f"go-break main.works --goid {goid}", "Breakpoint 1 "), ("delete 1", "^$"))
        remote.check(*FRONT_ENDS)
        core = tmp_path / "core"
        assert remote.check((f"go-gcore {core} --all", r"goroutines and \d+ threads"))


def goid_of_link(session: Session) -> int:
    """Return the goid of one of the goroutines that are in main.link."""
    answer = json.loads(session.run("go-gmp g --json --where main.link"))
    return int(answer["gs"][4]["goid"])


def check_that_writes_are_seen(remote: Connected) -> None:
    """Write and run, which the packets must not show elsewhere."""
    sp = "int(gdb.parse_and_eval('$sp'))"
    inferior = "gdb.selected_inferior()"
    same_bytes = f"{inferior}.write_memory({sp}, bytes({inferior}.read_memory({sp}, 8)))"
    assert remote.writes(f"python {same_bytes}", "[MX]")
    assert remote.writes("set var $r15 = $r15 + 1", "[PG]")
    remote.session.run("handle SIGURG nopass")  # a preempted goroutine would leave the thread
    assert remote.writes("stepi", "vCont;")
    remote.session.quietly("set breakpoint always-inserted on")
    assert remote.writes("break main.main", "Z0,")


def test_every_state(open_gdb: Open, compiled: Compile, gdbserver: Path, tmp_path: Path) -> None:
    """Goroutines in each of many states, and threads on a system stack."""
    program = compiled("states", *DEBUG)
    arguments = ["stand", "20"]
    with waiting_program(program, tmp_path, "crash", arguments) as (process, _):
        attach = "--attach", "localhost:0", str(process.pid)
        with connected(open_gdb(program, width=0), gdbserver, *attach) as remote:
            remote.check(("set gogdb thread-names on", "^$"))
            remote.check(("info threads", r'"g\d+ main\.'))
            assert remote.check(("go-apply all -q -s bt 5", r"main\.spins"))
            assert remote.check(("go-apply all -q -s frame apply 5 -q info locals", " = "))
            # sysmon is on m1, or on m2: with cgo m1 has no thread. m0 need not stand in mstart
            remote.check(("go-apply g0 m1.g0 m2.g0 -c bt", "runtime.mstart"))
            remote.check(("set gogdb thread-names off", "^$"))
            remote.check(("set gogdb stitch on", "^$"), ("thread apply all bt", r"main\."))
            remote.check(("info unwinder", "gogdb stitch"), ("set gogdb frame-filter on", "^$"))
            remote.check(("thread apply all bt", r"main\."), ("set gogdb frame-filter off", "^$"))
            remote.check(("set gogdb stitch off", "^$"))


def test_waiting_for_a_goroutine(open_gdb: Open, compiled: Compile, gdbserver: Path) -> None:
    """go-until lets the program run, with breakpoints, and writes nothing else."""
    program = compiled("created", *DEBUG)
    session = open_gdb(program, width=0)
    with connected(session, gdbserver, "localhost:0", program) as remote:
        session.run("tbreak main.main")
        assert "main.main" in session.run("continue")
        for place in (r"main.settled", r"os.(*File).Read"):
            output, packets = sent_by(session, f"go-until 1 {place}", remote.proxy)
            assert place in output
            others = [packet for packet in packets if not is_read(packet)]
            assert {"vCont;", "Z0,", "z0,"} <= {re.sub(r"(?<=[;,]).*", "", each) for each in others}
            assert [each for each in others if not RUNS.match(each)] == []


def test_values(open_gdb: Open, compiled: Compile, gdbserver: Path) -> None:
    program = compiled("values", *DEBUG)
    session = open_gdb(program, width=0)
    with connected(session, gdbserver, "localhost:0", program) as remote:
        session.run("tbreak main.stop")
        assert "main.stop" in session.run("continue")
        remote.check(("set gogdb printers on", "^$"), ("set print elements 30", "^$"))
        names = re.findall(r" main\.(\w+);$", session.run("info variables -q ^main\\."), re.M)
        assert len(names) > 80
        printed = [(f"print main.{name}", r"^\$\d+ = ") for name in names]
        assert remote.check(*printed) > len(names)
        remote.check(("up", "main.main"), ("info locals", r"local = map\["))
        remote.check(("info pretty-printer", "gogdb"), ("set gogdb printers off", "^$"))
        check_that_writes_are_seen(remote)
