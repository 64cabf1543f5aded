"""`go-boot follow`: a goroutine leaves the CPU, for each exit reason, and comes back."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gogdb.launch.tools import Go
from gogdb.runtime.goversion import GoVersion, parse
from tests.support.builds import DEBUG, Compile
from tests.support.parked import attach
from tests.support.places import PROGRAMS
from tests.support.process import wait_until
from tests.support.reports import Page
from tests.support.rounds import ONE_P, at, goid, is_running, own_breakpoints, run_to, surround
from tests.support.schema import schema
from tests.support.session import PROMPT, Open, Session

Build = Callable[..., Path]

QUESTION = "which goroutine runs next?"  # a question that a text asks
MOST_ROUNDS = 30  # until sysmon takes the P while it is watched
SETTINGS = ("scheduler-locking", "confirm", "width", "height", "language", "pagination")

# Steps in parentheses are missed if another thread resumes the goroutine while this one is held
_LEAVES = "mcall mcall-sp"
_BACK = "execute gogo gogo-sp gogo-jmp back"
PARKS = f"gopark {_LEAVES} waiting (schedule )?(next )?ready (runqput )?{_BACK}"
_QUEUED = f"runnable (schedule )?(next )?{_BACK}"
YIELDS = f"gosched {_LEAVES} {_QUEUED}"
PREEMPTED = f"async-preempt {_LEAVES} {_QUEUED}"
IN_PROLOGUE = f"morestack morestack-sp {_QUEUED}"
ENDS = f"goexit {_LEAVES} dead"
KERNEL = f"entersyscall (handoff )?exitsyscall (resumed|no-p {_LEAVES} {_QUEUED})"


def follow(session: Session, tmp_path: Path, args: str) -> Any:
    """Follow a goroutine to the end of its round and return the JSON.

    Every claim must hold, and every placeholder in the texts must have a value.
    """
    file = tmp_path / "round.json"
    session.run(f"go-boot follow {args} --json --out {file}")
    answer = json.loads(file.read_text())
    assert list(schema("go-boot").iter_errors(answer)) == []
    claims = [(s["id"], c) for s in answer["stages"] for c in s["claims"]]
    assert [(id, claim["text"]) for id, claim in claims if not claim["holds"]] == []
    texts = [claim["text"] for _, claim in claims] + [s["narration"] for s in answer["stages"]]
    assert [text for text in texts if "?" in text.replace(QUESTION, "")] == []
    assert answer["summary"]["complete"], answer["summary"]["ended"]
    assert own_breakpoints(session) == []
    return answer


def steps(answer: Any) -> str:
    return " ".join(step["id"] for step in answer["stages"])


def step(answer: Any, name: str) -> Any:
    return next(step for step in answer["stages"] if step["id"] == name)


def check_back(answer: Any, saved: str) -> None:
    """Check that the registers at the end are what the gobuf held after the step `saved`."""
    gobuf, now = step(answer, saved)["gobuf"], step(answer, "back")["registers"]
    assert (now["rsp"], now["rip"], now["rbp"]) == (gobuf["sp"], gobuf["pc"], gobuf["bp"])
    assert step(answer, "back")["status"] == "running"


def test_page_of_a_round(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("park"))
    surround(session, *ONE_P)
    at(session, "park", "send")
    path = tmp_path / "round.html"
    output = session.run(f"go-boot follow 1 gopark --out {path}")
    written = re.search(rf"^(\d+) steps written to {path}\n\Z", output, re.M)
    assert written, output
    page = Page(path.read_text(encoding="utf-8"))
    ids = [str(e.attributes["id"]) for e in page.all("section")]
    first, *ids, summary, glossary = ids
    assert (first, summary, glossary) == ("start", "summary", "glossary")
    assert len(ids) == int(written[1])
    assert re.fullmatch(PARKS, " ".join(id.rpartition("-")[0] for id in ids))
    rsp = int(session.value("hex(int(gdb.parse_and_eval('$rsp')))"), 16)
    assert f"{rsp:#x}" in page.by_id(ids[-1]).text
    assert own_breakpoints(session) == []


def test_goroutine_parks(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    """With one P, main parks, and the consumer that it created runs and wakes it up."""
    session = open_gdb(build("park"))
    surround(session, *ONE_P)
    at(session, "park", "send")
    answer = follow(session, tmp_path, "1 gopark")
    assert re.fullmatch(PARKS, steps(answer))
    check_back(answer, "mcall")
    status = [stage["status"] for stage in answer["stages"]]
    assert status[:4] == ["running", "running", "running", "waiting"]
    assert step(answer, "ready")["status"] == "runnable"
    changed = {change["what"] for change in step(answer, "mcall")["changes"]}
    assert {"g1.sched.sp", "g1.sched.pc", "g1.sched.bp"} <= changed
    assert step(answer, "gogo-jmp")["gobuf"]["sp"] == "0x0"


def test_card_names_the_waker(open_gdb: Open, build: Build) -> None:
    session = open_gdb(build("park"))
    at(session, "park", "send")
    output = session.run("go-boot follow 1 gopark --full")
    (parts,) = re.findall(r"· ready ━(.*?)\n━━", output, re.S)
    card = " ".join(parts.split())
    waker = re.search(r"(g\d+) has woken it up, in main\.consumer", card)
    assert waker
    assert f"{waker[1]}'s stack" in card  # and the system stack on which ready runs
    assert "main.consumer" in card
    assert "every claim held" in output
    assert "✗" not in output
    assert max(map(len, output.splitlines())) == 80


def test_scheduler_wakes_it_up(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    """main sleeps, and the scheduler finds its timer."""
    session = open_gdb(build("syscall"))
    surround(session, *ONE_P)
    session.run("tbreak main.reader")
    session.run("run")
    answer = follow(session, tmp_path, "1")
    assert re.fullmatch(f"parked ready (runqput )?{_BACK}", steps(answer))
    assert (
        "No goroutine has woken it up: the runtime itself has" in step(answer, "ready")["narration"]
    )
    assert "runtime.goroutineReady" in step(answer, "ready")["narration"]


def test_user_settings_are_kept(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("park"))
    surround(session, *ONE_P)
    at(session, "park", "send")
    session.run("break runtime.park_m")
    breakpoints = session.run("info breakpoints")
    session.quietly("set scheduler-locking on")
    settings = [session.run(f"show {name}") for name in SETTINGS]
    selected = session.value("gdb.selected_thread().num")
    answer = follow(session, tmp_path, "1 gopark")
    assert re.fullmatch(PARKS, steps(answer))
    assert session.run("info breakpoints") == breakpoints
    assert session.value("gdb.selected_thread().num") == selected  # main is back on it
    assert [session.run(f"show {name}") for name in SETTINGS] == settings


def test_found_parked(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("park"))
    surround(session, *ONE_P)
    at(session, "park", "close")  # the consumer waits for this
    answer = follow(session, tmp_path, str(goid(session)))
    assert re.fullmatch(f"parked ready (runqput )?{_BACK}", steps(answer))
    check_back(answer, "parked")
    assert "chan receive" in step(answer, "parked")["narration"]


def test_goroutine_that_never_ran(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("park"))
    surround(session, *ONE_P)
    at(session, "park", "send")
    answer = follow(session, tmp_path, str(goid(session)))
    assert steps(answer) == f"queued {_BACK}"
    assert "It has never run" in step(answer, "queued")["narration"]
    check_back(answer, "queued")
    back = step(answer, "back")
    assert back["function"].startswith("main.")
    assert "has never run: the jump goes to" in step(answer, "gogo-jmp")["narration"]
    assert back["offset"] == 0  # the first instruction of the `go` statement's function


def test_goroutine_ends(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("park"))
    surround(session, *ONE_P)
    at(session, "park", "send")
    answer = follow(session, tmp_path, f"{goid(session)} goexit")
    assert steps(answer) == ENDS
    assert step(answer, "dead")["status"] == "dead"
    assert session.run(f"go-boot follow {answer['goroutine']['address']}").startswith("goroutine ")


def test_goroutine_that_ends_first(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    """A consumer never calls Gosched, and the next one gets its g."""
    session = open_gdb(build("park"))
    surround(session, "GOMAXPROCS=1")
    at(session, "park", "send")
    first = goid(session)
    answer = follow(session, tmp_path, f"{first} gosched")
    assert steps(answer) == ENDS
    assert step(answer, "goexit")["narration"].startswith(f"g{first} ends. ")


def test_system_call(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("syscall"))
    at(session, "syscall", "write")
    answer = follow(session, tmp_path, f"{goid(session)} entersyscall")
    assert re.fullmatch(KERNEL, steps(answer))
    assert step(answer, "entersyscall")["status"] == "syscall"


def test_found_in_a_system_call(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("syscall"))
    surround(session, *ONE_P)  # main goes on only when the reader's P is taken
    at(session, "syscall", "write")
    answer = follow(session, tmp_path, str(goid(session)))
    assert re.fullmatch(KERNEL.replace("entersyscall", "in-syscall"), steps(answer))


def test_sysmon_takes_the_p(open_gdb: Open, compiled: Compile, tmp_path: Path) -> None:
    """sysmon runs while GDB stops the program, and may take the P before the first stop.

    With idle Ps it waits for 10 ms, so that this happens in about half of the rounds.
    """
    session = open_gdb(compiled("reads", *DEBUG))
    surround(session, "GOMAXPROCS=4")
    run_to(session, PROGRAMS / "reads", "write")
    reader = goid(session)
    rounds = (follow(session, tmp_path, f"{reader} entersyscall") for _ in range(MOST_ROUNDS))
    answer = next(answer for answer in rounds if "handoff" in steps(answer))
    handoff = step(answer, "handoff")
    assert handoff["function"] == "runtime.handoffp"
    assert handoff["thread"] != step(answer, "entersyscall")["thread"]


def test_goroutine_yields(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("preempt"))
    at(session, "preempt", "yield")
    answer = follow(session, tmp_path, "1 gosched")
    assert re.fullmatch(YIELDS, steps(answer))
    check_back(answer, "mcall")


def test_preempted_by_a_signal(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("preempt"))
    at(session, "preempt", "spin")
    answer = follow(session, tmp_path, f"{goid(session)} async-preempt")
    assert re.fullmatch(PREEMPTED, steps(answer))
    check_back(answer, "mcall")
    assert "main.spin" in step(answer, "async-preempt")["narration"]


def test_preempted_in_a_prologue(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("preempt"))
    surround(session, "GODEBUG=asyncpreemptoff=1")
    session.quietly("set args calls")
    at(session, "preempt", "call")
    answer = follow(session, tmp_path, f"{goid(session)} morestack")
    assert re.fullmatch(IN_PROLOGUE, steps(answer))
    check_back(answer, "morestack")
    assert "main.call" in step(answer, "morestack")["narration"]


@pytest.mark.parametrize(
    "flags", [(), ("-gcflags", "all=-N -l"), ("-buildmode=pie",)], ids=" ".join
)
def test_other_builds(open_gdb: Open, build: Build, tmp_path: Path, flags: tuple[str, ...]) -> None:
    session = open_gdb(build("park", flags))
    session.run("tbreak main.main")
    session.run("run")
    answer = follow(session, tmp_path, "1 gopark")
    assert re.fullmatch(PARKS, steps(answer))
    check_back(answer, "mcall")


@pytest.fixture
def at_iterator(open_gdb: Open, compiled: Compile, go: Go) -> Session:
    """Stop a program when it has made a coroutine and has not used it yet."""
    if find_release(go) < GoVersion(1, 23):
        pytest.skip("iter.Pull came with Go 1.23")
    session = open_gdb(compiled("coroutines", *DEBUG))
    surround(session, "GODEBUG=asyncpreemptoff=1")
    run_to(session, PROGRAMS / "coroutines", "pulled")
    return session


def coroutine(session: Session) -> int:
    """Return the goid of the goroutine in which the iterator runs."""
    gs = json.loads(session.run("go-gmp g --reason coroutine --json"))["gs"]
    return int(gs[0]["goid"])


def test_coroutine_is_switched_away_from_and_back_to(at_iterator: Session, tmp_path: Path) -> None:
    """main calls next, and the iterator yields a value."""
    answer = follow(at_iterator, tmp_path, "1 coroswitch")
    assert steps(answer) == f"coroswitch {_LEAVES} handover handback gogo gogo-sp gogo-jmp back"
    check_back(answer, "mcall")
    other = f"g{coroutine(at_iterator)}"
    assert other in step(answer, "handover")["narration"]
    assert step(answer, "handover")["status"] == "waiting"
    assert "It will wait" in step(answer, "coroswitch")["narration"]


def test_coroutine_that_never_ran_and_ends(at_iterator: Session, tmp_path: Path) -> None:
    goid = coroutine(at_iterator)
    answer = follow(at_iterator, tmp_path, str(goid))
    assert steps(answer) == "parked handback gogo gogo-sp gogo-jmp back"
    assert "It has never run" in step(answer, "parked")["narration"]
    assert step(answer, "back")["function"] == "runtime.corostart"
    for ends in (False, False, False, True):
        answer = follow(at_iterator, tmp_path, f"{goid} coroswitch")
        assert ends == ("coroexit" in step(answer, "coroswitch")["narration"])
    assert steps(answer) == f"coroswitch {_LEAVES} dead"


def test_card_of_a_coroutine(at_iterator: Session) -> None:
    output = at_iterator.run("go-boot follow 1 coroswitch --full")
    assert "· handover ━" in output
    assert "every claim held" in output
    assert "✗" not in output
    assert max(map(len, output.splitlines())) == 80


def find_release(go: Go) -> GoVersion:
    release = parse(f"go{go.version}")
    assert release is not None
    return release


def is_held(pid: int) -> bool:
    """Report whether a debugger holds any thread of the process."""
    states = (file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/stat"))
    return any(state.rpartition(")")[2].split()[0] == "t" for state in states)


def test_attached_process(parked: subprocess.Popen[str], open_gdb: Open, tmp_path: Path) -> None:
    """main waits in the kernel for a byte, which comes once the program runs again."""
    session = open_gdb()
    attach(session, parked)
    file = tmp_path / "round.json"
    session.send(f"go-boot follow 1 --json --out {file}")
    wait_until(lambda: not is_held(parked.pid))
    assert parked.stdin is not None
    parked.stdin.write("x")
    parked.stdin.flush()
    session.ready()
    answer = json.loads(file.read_text())
    assert re.fullmatch(KERNEL.replace("entersyscall", "in-syscall"), steps(answer))
    assert answer["summary"]["failed"] == 0
    assert own_breakpoints(session) == []


def test_interrupt_ends_following(open_gdb: Open, build: Build) -> None:
    """The loop never parks: Ctrl-C ends the command and leaves GDB as it was."""
    session = open_gdb(build("preempt"))
    surround(session, "GODEBUG=asyncpreemptoff=1")
    at(session, "preempt", "yield")
    session.run("break main.call")
    spinning = goid(session)
    pid = int(session.value("gdb.selected_inferior().pid"))
    session.send(f"go-boot follow {spinning} --full")
    session.wait_for("· back ━")  # its loop has begun
    session.ready()
    session.send(f"go-boot follow {spinning} gopark --full")
    assert session.wait_for(f"waiting for g{spinning} to park; Ctrl-C ends it\r\n") == "  → "
    wait_until(lambda: is_running(pid))
    output = session.interrupt()
    assert "! interrupted; seen until then: 0 steps" in output
    assert own_breakpoints(session) == []
    assert "main.call" in session.run("info breakpoints")
    assert f"goroutine {spinning}" in session.run(f"go-stacks {spinning}")


def test_errors_of_wrong_goroutines(open_gdb: Open, build: Build) -> None:
    session = open_gdb(build("park"))
    assert session.run("go-boot follow 1").startswith("the program is not running: ")
    at(session, "park", "send")
    assert session.run("go-boot follow g0").startswith("g0 is a system stack: ")
    assert session.run("go-boot follow 4711") == "no goroutine 4711: `go-gmp g` lists them\n"
    assert session.run("go-boot follow 1 away").startswith("no way off the CPU is called 'away'")
    assert session.run("go-boot follow 1 gopark more").startswith("go-boot: wrong number of")
    assert PROMPT not in session.run("go-boot follow nobody")


def test_core_is_refused(open_gdb: Open, build: Build, tmp_path: Path) -> None:
    session = open_gdb(build("park"))
    at(session, "park", "send")
    session.run(f"gcore {tmp_path}/core")
    session.run("kill", "y")
    session.run(f"core-file {tmp_path}/core")
    assert session.run("go-boot follow 1").startswith("a core file cannot be run: ")


def test_program_exits(open_gdb: Open, build: Build) -> None:
    session = open_gdb(build("park"))
    # GDB 18 may crash if the program ends while one of its threads is stepped over a breakpoint:
    # the goroutine that lets main go on ends before main can run
    surround(session, *ONE_P)
    at(session, "park", "send")
    output = session.run("go-boot follow 1 entersyscallblock")
    assert re.search(r"! the program exited.*; seen until then: 0 steps", output)
